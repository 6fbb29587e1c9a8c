import { flattenedVerify, importJWK } from "jose";
import type { CryptoKey } from "jose";
import type { SignatureBackend, VerificationKey } from "../ports.ts";
import type { PublicJwk } from "../public-jwk.ts";
import { algorithmOf } from "../public-jwk.ts";

/**
 * Creates a signature backend on Web Crypto, for runtimes other than Node.
 *
 * @example
 * ```ts
 * createJoseSignatureBackend().algorithms; // ["Ed25519", "ES256", "ML-DSA-65"]
 * ```
 */
export function createJoseSignatureBackend(): SignatureBackend {
  const keys = new WeakMap<VerificationKey, CryptoKey>();
  return Object.freeze({
    algorithms: Object.freeze(["Ed25519", "ES256", "ML-DSA-65"] as const),
    async importPublicKey(jwk: PublicJwk) {
      const algorithm = algorithmOf(jwk);
      const imported = await importJWK({ ...jwk }, algorithm);
      if (imported instanceof Uint8Array) throw new TypeError("The key is not a public one.");
      const key = Object.freeze({ algorithm });
      keys.set(key, imported);
      return key;
    },
    async verify(key: VerificationKey, signingInput: string, signature: string) {
      const known = keys.get(key);
      if (known === undefined) throw new TypeError("The key is of another backend.");
      const [header, payload] = signingInput.split(".", 2);
      if (header === undefined || payload === undefined) return false;
      try {
        const jws = { protected: header, payload, signature };
        await flattenedVerify(jws, known, { algorithms: [key.algorithm] });
        return true;
      } catch {
        return false;
      }
    },
  } satisfies SignatureBackend);
}
