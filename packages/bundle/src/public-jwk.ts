import { canonicalize } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import { readBase64Url, toBase64Url } from "./internal/base64url.ts";
import { isJsonObject } from "./internal/canonical-document.ts";
import { sha256 } from "./internal/sha256.ts";
import { isWeakEd25519Point } from "./internal/ed25519-point.ts";

/** Algorithms that sign documents. */
export type SignatureAlgorithm = "Ed25519" | "ES256" | "ML-DSA-65";

/** A public key with exactly the members that its thumbprint covers (RFC 7638 §3.2). */
export type PublicJwk =
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  | { readonly kty: "AKP"; readonly alg: "ML-DSA-65"; readonly pub: string };

const COORDINATE_BYTES = 32;
const ML_DSA_65_BYTES = 1952;

/** Tells whether a text names an algorithm that signs documents. */
export function isSignatureAlgorithm(name: string): name is SignatureAlgorithm {
  return name === "Ed25519" || name === "ES256" || name === "ML-DSA-65";
}

/** The one algorithm that a key signs with. */
export function algorithmOf(jwk: PublicJwk): SignatureAlgorithm {
  if (jwk.kty === "OKP") return "Ed25519";
  return jwk.kty === "EC" ? "ES256" : "ML-DSA-65";
}

/**
 * Reads a public key strictly: no member more or less, canonical base64url, exact lengths, no
 * Ed25519 point of small order. Undefined for everything else. Without this, one key in two
 * spellings would count as two.
 */
export function readPublicJwk(value: Json): PublicJwk | undefined {
  if (!isJsonObject(value)) return undefined;
  const { kty, crv, alg, x, y, pub } = value;
  const members = Object.keys(value).toSorted().join(" ");
  if (kty === "OKP" && crv === "Ed25519" && members === "crv kty x") {
    const point = readExactly(x, COORDINATE_BYTES);
    if (point === undefined || typeof x !== "string" || isWeakEd25519Point(point)) return undefined;
    return Object.freeze({ kty, crv, x });
  }
  if (kty === "EC" && crv === "P-256" && members === "crv kty x y") {
    const isWhole = [x, y].every((part) => readExactly(part, COORDINATE_BYTES) !== undefined);
    if (!isWhole || typeof x !== "string" || typeof y !== "string") return undefined;
    return Object.freeze({ kty, crv, x, y });
  }
  if (kty === "AKP" && alg === "ML-DSA-65" && members === "alg kty pub") {
    if (readExactly(pub, ML_DSA_65_BYTES) === undefined || typeof pub !== "string") {
      return undefined;
    }
    return Object.freeze({ kty, alg, pub });
  }
  return undefined;
}

/**
 * The name of a key in documents: its SHA-256 thumbprint (RFC 7638).
 *
 * @example
 * ```ts
 * import type { PublicJwk } from "@portcullis/bundle";
 * import { thumbprintOf } from "@portcullis/bundle";
 *
 * declare const jwk: PublicJwk;
 * const keyId = await thumbprintOf(jwk); // 43 characters
 * ```
 */
export async function thumbprintOf(jwk: PublicJwk): Promise<string> {
  return toBase64Url(await sha256(canonicalize(jwk).text));
}

function readExactly(value: Json | undefined, length: number): Uint8Array | undefined {
  if (typeof value !== "string") return undefined;
  const bytes = readBase64Url(value);
  return bytes?.length === length ? bytes : undefined;
}
