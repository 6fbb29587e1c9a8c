import type { PublicJwk } from "../public-jwk.ts";
import { algorithmOf } from "../public-jwk.ts";
import { importPublicKey } from "./import-key.ts";
import { SIGNATURE_ALGORITHMS } from "./signature-algorithms.ts";

/** Whether a signature is good; `algorithm` where the runtime does not know the key's. */
export type RawVerdict = "good" | "bad" | "algorithm";

/** Verifies one signature over bytes; every failure is a verdict. */
export async function verifyRaw(
  jwk: PublicJwk,
  message: Uint8Array<ArrayBuffer>,
  signature: Uint8Array,
): Promise<RawVerdict> {
  const { parameters, bytes } = SIGNATURE_ALGORITHMS[algorithmOf(jwk)];
  if (signature.length !== bytes) return "bad";
  const imported = await importPublicKey(jwk);
  if (!imported.ok) return imported.reason === "algorithm" ? "algorithm" : "bad";
  try {
    const { key } = imported;
    const isGood = await crypto.subtle.verify(parameters, key, new Uint8Array(signature), message);
    return isGood ? "good" : "bad";
  } catch {
    return "bad";
  }
}
