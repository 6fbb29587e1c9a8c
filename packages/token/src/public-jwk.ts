import type { Digest, Json } from "@portcullis/core";
import { fromBase64Url, isBase64Url, toBytes } from "./internal/base64url.ts";
import { isObject } from "./internal/read-jws.ts";

/** Signature algorithms of task tokens. `ML-DSA-65` only where it is configured. */
export type TokenAlgorithm = "Ed25519" | "ES256" | "ML-DSA-65";

/** A public key with exactly the members that its thumbprint is made of (RFC 7638 §3.2). */
export type PublicJwk =
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  | { readonly kty: "AKP"; readonly alg: "ML-DSA-65"; readonly pub: string };

/**
 * Ed25519 `y` of small order, little-endian without the sign bit: whoever holds such a key signs
 * everything.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  `ec${"ff".repeat(30)}7f`,
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]);

/**
 * Reads a public key: exact members, canonical base64url, exact lengths, no Ed25519 point of small
 * order and none that is not reduced. Each key has one spelling, so one thumbprint.
 *
 * Undefined for anything else, a private key among it.
 *
 * @example
 * ```ts
 * parsePublicJwk({ kty: "OKP", crv: "Ed25519", x: "ZP3jvAHQGYRiRpqBHlVfbSmRJ1Mku3yddCDK9AztARA" });
 * ```
 */
export function parsePublicJwk(value: Json | undefined): PublicJwk | undefined {
  if (!isObject(value)) return undefined;
  const { kty, crv, alg, x, y, pub } = value;
  const size = Object.keys(value).length;
  if (kty === "OKP" && crv === "Ed25519" && size === 3 && isBytes(x, 32) && isSafePoint(x)) {
    return Object.freeze({ kty, crv, x });
  }
  if (kty === "EC" && crv === "P-256" && size === 4 && isBytes(x, 32) && isBytes(y, 32)) {
    return Object.freeze({ kty, crv, x, y });
  }
  if (kty === "AKP" && alg === "ML-DSA-65" && size === 3 && isBytes(pub, 1952)) {
    return Object.freeze({ kty, alg, pub });
  }
  return undefined;
}

/** The one algorithm that a key is for (RFC 8725 §3.1). */
export function algorithmOf(jwk: PublicJwk): TokenAlgorithm {
  if (jwk.kty === "OKP") return "Ed25519";
  return jwk.kty === "EC" ? "ES256" : "ML-DSA-65";
}

/** RFC 7638 thumbprint: base64url SHA-256 of the required members in canonical JSON. */
export async function thumbprintOf(jwk: PublicJwk, digest: Digest): Promise<string> {
  return digest.sha256(jwkText(jwk));
}

/** The canonical JSON of a key: two keys are the same exactly if it is. */
export function jwkText(jwk: PublicJwk): string {
  if (jwk.kty === "OKP") return `{"crv":"${jwk.crv}","kty":"OKP","x":"${jwk.x}"}`;
  if (jwk.kty === "EC") return `{"crv":"${jwk.crv}","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
  return `{"alg":"${jwk.alg}","kty":"AKP","pub":"${jwk.pub}"}`;
}

function isBytes(value: Json | undefined, length: number): value is string {
  if (typeof value !== "string" || value.length !== Math.ceil((length * 4) / 3)) return false;
  return isBase64Url(value);
}

function isSafePoint(x: string): boolean {
  const bytes = toBytes(fromBase64Url(x));
  const last = bytes[31];
  if (last === undefined) return false;
  bytes[31] = last & 0x7f;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (SMALL_ORDER.has(hex)) return false;
  // y is at least the field's prime 2^255 - 19.
  return !(hex.slice(2) === `${"ff".repeat(30)}7f` && Number.parseInt(hex.slice(0, 2), 16) >= 0xed);
}
