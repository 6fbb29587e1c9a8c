import { importJWK } from "jose";
import type { CryptoKey } from "jose";
import type { PublicJwk } from "../public-jwk.ts";
import { algorithmOf } from "../public-jwk.ts";

/** A key that this runtime can verify with, or why it cannot. */
export type ImportedKey =
  | { readonly ok: true; readonly key: CryptoKey }
  /** `algorithm`: the runtime does not know it; `key`: it is no key of that algorithm. */
  | { readonly ok: false; readonly reason: "algorithm" | "key" };

/** Imports a public key; a point off its curve is no key. */
export async function importPublicKey(jwk: PublicJwk): Promise<ImportedKey> {
  const algorithm = algorithmOf(jwk);
  try {
    const key = await importJWK({ ...jwk }, algorithm);
    if (key instanceof Uint8Array) return { ok: false, reason: "key" };
    return { ok: true, key };
  } catch (cause) {
    const isUnknown = cause instanceof Error && cause.name === "NotSupportedError";
    return { ok: false, reason: isUnknown ? "algorithm" : "key" };
  }
}
