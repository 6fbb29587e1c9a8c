import type { Json, JsonObject } from "@portcullis/core";
import { readStrictJson } from "@portcullis/core";
import { compactVerify, importJWK } from "jose";
import { decodeUtf8, fromBase64Url, isBase64Url, toBytes } from "../internal/base64url.ts";
import { isList, isObject } from "../internal/read-jws.ts";
import { parsePublicJwk } from "../public-jwk.ts";

/** Why a JWS is not valid. One that contains `unsupported` says nothing about the signature. */
export type JwsRefusal =
  | "serialization-unsupported"
  | "algorithm-unsupported"
  | "critical-header-unsupported"
  | "malformed"
  | "header-invalid"
  | "key-invalid"
  | "key-mismatch"
  | "signature-invalid";

/** Whether a JWS is valid. */
export type JwsResult =
  | { readonly valid: true; readonly header: JsonObject; readonly payload: string }
  | { readonly valid: false; readonly code: JwsRefusal };

interface Kind {
  readonly kty: "OKP" | "EC" | "RSA";
  readonly crv?: string;
  /** Bytes of a coordinate. */
  readonly size?: number;
}

const RSA: Kind = { kty: "RSA" };
const ED25519: Kind = { kty: "OKP", crv: "Ed25519", size: 32 };
/** Algorithms with public keys alone: whoever can verify cannot sign. */
const KINDS: Readonly<Record<string, Kind>> = {
  Ed25519: ED25519,
  EdDSA: ED25519,
  ES256: { kty: "EC", crv: "P-256", size: 32 },
  ES384: { kty: "EC", crv: "P-384", size: 48 },
  ES512: { kty: "EC", crv: "P-521", size: 66 },
  RS256: RSA,
  RS384: RSA,
  RS512: RSA,
  PS256: RSA,
  PS384: RSA,
  PS512: RSA,
};

const MAX_LENGTH = 262_144;

/**
 * Verifies one compact JWS (RFC 7515 §5.2) with one JWK, strictly: canonical base64url, a header
 * without duplicate members, no extension that would have to be understood, and an algorithm that is
 * that of the key and of the header. `none` and everything with a shared secret is not taken.
 *
 * Private members of the key are left aside.
 *
 * @example
 * ```ts
 * await verifyJws("e30.e30.AA", { kty: "OKP" }); // { valid: false, code: "header-invalid" }
 * ```
 */
export async function verifyJws(jws: Json, jwk: Json): Promise<JwsResult> {
  if (typeof jws !== "string") {
    return refused(isObject(jws) ? "serialization-unsupported" : "malformed");
  }
  const segments = jws.length > MAX_LENGTH ? [] : jws.split(".", 4);
  const [headerSegment = "", payload = "", signature = ""] = segments;
  const isWellFormed =
    segments.length === 3 &&
    isBase64Url(headerSegment) &&
    (payload === "" || isBase64Url(payload)) &&
    (signature === "" || isBase64Url(signature));
  if (!isWellFormed) return refused("malformed");
  const header = readHeader(headerSegment);
  if (header === undefined) return refused("header-invalid");
  const { alg } = header;
  if (typeof alg !== "string") return refused("header-invalid");
  const kind = Object.hasOwn(KINDS, alg) ? KINDS[alg] : undefined;
  if (kind === undefined) return refused("algorithm-unsupported");
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) {
    return refused("critical-header-unsupported");
  }
  if (signature === "") return refused("signature-invalid");
  const key = readKey(jwk, alg, kind);
  if (typeof key === "string") return refused(key);
  try {
    const imported = await importJWK(key, alg);
    await compactVerify(jws, imported, { algorithms: [alg] });
  } catch {
    return refused("signature-invalid");
  }
  return { valid: true, header, payload };
}

/**
 * Reads a JSON object from a segment; undefined where two readers could take it for different ones.
 */
export function readStrictSegment(segment: string): JsonObject | undefined {
  const text = decodeUtf8(fromBase64Url(segment));
  const result = text === undefined ? undefined : readStrictJson(text);
  return result?.ok === true && isObject(result.value) ? result.value : undefined;
}

function readHeader(segment: string): JsonObject | undefined {
  return readStrictSegment(segment);
}

/** The public members of a key that is for the algorithm and for verifying. */
function readKey(
  jwk: Json,
  alg: string,
  { kty, crv, size }: Kind,
): Record<string, string> | "key-invalid" | "key-mismatch" {
  if (!isObject(jwk)) return "key-invalid";
  if (jwk["kty"] !== kty || (crv !== undefined && jwk["crv"] !== crv)) return "key-mismatch";
  const { use, key_ops: operations } = jwk;
  if (Object.hasOwn(jwk, "alg") && jwk["alg"] !== alg) return "key-mismatch";
  if (Object.hasOwn(jwk, "use") && use !== "sig") return "key-mismatch";
  if (Object.hasOwn(jwk, "key_ops")) {
    const isForThis =
      isList(operations) && (operations.includes("verify") || operations.includes("sign"));
    if (!isForThis) return "key-mismatch";
  }
  if (kty === "RSA") return readRsaKey(jwk);
  const { x, y } = jwk;
  if (!isCoordinate(x, size)) return "key-invalid";
  if (kty === "EC") {
    return isCoordinate(y, size) ? { kty, crv: crv ?? "", x, y } : "key-invalid";
  }
  // A point of small order verifies what nobody signed.
  const isSafe = parsePublicJwk({ kty, crv: crv ?? "", x }) !== undefined;
  return isSafe ? { kty, crv: crv ?? "", x } : "key-invalid";
}

function readRsaKey(jwk: JsonObject): Record<string, string> | "key-invalid" {
  const { n, e } = jwk;
  if (!isInteger(n) || !isInteger(e)) return "key-invalid";
  const modulus = toBytes(fromBase64Url(n));
  // At least 2048 bits (RFC 7518 §3.3), odd, and an exponent that is none of the broken ones.
  const isLong = modulus.length > 256 || (modulus.length === 256 && (modulus[0] ?? 0) >= 0x80);
  const isOdd = ((modulus.at(-1) ?? 0) & 1) === 1;
  const exponent = toBytes(fromBase64Url(e));
  const value = exponent.reduce((sum, byte) => sum * 256 + byte, 0);
  const isGood = value >= 65_537 && value <= 0xff_ff_ff_ff && value % 2 === 1;
  return isLong && modulus.length <= 2048 && isOdd && isGood ? { kty: "RSA", n, e } : "key-invalid";
}

function isInteger(value: Json | undefined): value is string {
  return typeof value === "string" && value.length < 4096 && isBase64Url(value);
}

function isCoordinate(value: Json | undefined, size: number | undefined): value is string {
  return (
    typeof value === "string" && isBase64Url(value) && Math.floor((value.length * 3) / 4) === size
  );
}

function refused(code: JwsRefusal): JwsResult {
  return { valid: false, code };
}
