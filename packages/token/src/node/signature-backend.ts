import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { SignatureBackend, VerificationKey } from "../ports.ts";
import type { PublicJwk, TokenAlgorithm } from "../public-jwk.ts";
import { algorithmOf, jwkText } from "../public-jwk.ts";

/** Bytes of a signature. */
const LENGTHS: Readonly<Record<TokenAlgorithm, number>> = {
  Ed25519: 64,
  ES256: 64,
  "ML-DSA-65": 3309,
};

/** Most keys that are kept ready. */
const MAX_IMPORTED = 512;

/**
 * Creates the signature backend of Node: synchronous, without a trip to the thread pool. `ML-DSA-65`
 * needs Node 24.
 *
 * @example
 * ```ts
 * createNodeSignatureBackend().algorithms; // ["Ed25519", "ES256", "ML-DSA-65"]
 * ```
 */
export function createNodeSignatureBackend(): SignatureBackend {
  const keys = new WeakMap<VerificationKey, KeyObject>();
  // An import costs a quarter of a verification; issuers and agents come back.
  const imported = new Map<string, VerificationKey>();
  return Object.freeze({
    algorithms: Object.freeze(["Ed25519", "ES256", "ML-DSA-65"] as const),
    importPublicKey(jwk: PublicJwk) {
      const text = jwkText(jwk);
      const known = imported.get(text);
      if (known !== undefined) return known;
      const key = Object.freeze({ algorithm: algorithmOf(jwk) });
      keys.set(key, createPublicKey({ key: { ...jwk }, format: "jwk" }));
      const [oldest] = imported.keys();
      if (imported.size >= MAX_IMPORTED && oldest !== undefined) imported.delete(oldest);
      imported.set(text, key);
      return key;
    },
    verify(key: VerificationKey, signingInput: string, signature: string) {
      const known = keys.get(key);
      if (known === undefined) throw new TypeError("The key is of another backend.");
      const bytes = Buffer.from(signature, "base64url");
      if (bytes.length !== LENGTHS[key.algorithm]) return false;
      const data = Buffer.from(signingInput, "latin1");
      if (key.algorithm !== "ES256") return verify(null, data, known, bytes);
      return verify("sha256", data, { key: known, dsaEncoding: "ieee-p1363" }, bytes);
    },
  } satisfies SignatureBackend);
}
