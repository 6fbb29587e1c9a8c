import type { SignatureAlgorithm } from "../public-jwk.ts";

/** How Web Crypto knows an algorithm. */
interface AlgorithmFacts {
  readonly parameters: { readonly name: string; readonly hash?: string };
  /** Length of every signature. */
  readonly bytes: number;
}

/** What Web Crypto calls each algorithm (RFC 9864 §2.2, RFC 7518 §3.4), and how long signatures are. */
export const SIGNATURE_ALGORITHMS: Readonly<Record<SignatureAlgorithm, AlgorithmFacts>> = {
  Ed25519: { parameters: { name: "Ed25519" }, bytes: 64 },
  ES256: { parameters: { name: "ECDSA", hash: "SHA-256" }, bytes: 64 },
  "ML-DSA-65": { parameters: { name: "ML-DSA-65" }, bytes: 3309 },
};
