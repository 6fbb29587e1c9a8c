import type { Json, JsonObject } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import { LIMITS } from "../claims.ts";
import type { TokenReason } from "../token-error.ts";
import { tokenError } from "../token-error.ts";
import { decodeUtf8, fromBase64Url, isBase64Url } from "./base64url.ts";

/** A compact JWS (RFC 7515 §7.1) whose form is right; nothing in it is believed. */
export interface ReadJws {
  readonly header: JsonObject;
  /** What the signature is over: `header.payload`. */
  readonly signingInput: string;
  /** Not decoded: nothing of it is parsed before the signature was verified. */
  readonly payload: string;
  readonly signature: string;
}

/**
 * Splits a token and reads its header: three segments of canonical base64url, the header an object
 * whose bytes are its canonical JSON, which leaves no duplicate members and no second spelling.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `too-large`, `malformed` or `header`.
 */
export function readJws(token: string, depth: number): ReadJws {
  if (token.length > LIMITS.token) throw tokenError("too-large", { depth });
  const segments = token.split(".", 4);
  const [header, payload, signature] = segments;
  if (
    segments.length !== 3 ||
    header === undefined ||
    payload === undefined ||
    signature === undefined
  ) {
    throw tokenError("malformed", { depth });
  }
  if (![header, payload, signature].every(isBase64Url)) throw tokenError("malformed", { depth });
  return {
    header: readCanonicalObject(header, "header", depth),
    signingInput: `${header}.${payload}`,
    payload,
    signature,
  };
}

/**
 * Reads a segment as an object written in canonical JSON (RFC 8785).
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with the given reason.
 */
export function readCanonicalObject(
  segment: string,
  reason: TokenReason,
  depth: number,
): JsonObject {
  const text = decodeUtf8(fromBase64Url(segment));
  let value: Json;
  try {
    if (text === undefined) throw tokenError(reason, { depth });
    const canonical = canonicalize(JSON.parse(text));
    if (canonical.text !== text) throw tokenError(reason, { depth });
    ({ value } = canonical);
  } catch {
    // What the platform says about a text may quote it.
    throw tokenError(reason, { depth });
  }
  if (!isObject(value)) throw tokenError(reason, { depth });
  return value;
}

/** Tells an object from the other JSON values. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells a list from the other JSON values. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
