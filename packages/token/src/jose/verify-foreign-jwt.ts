import type { JsonObject } from "@portcullis/core";
import { isBase64Url } from "../internal/base64url.ts";
import { isList } from "../internal/read-jws.ts";
import type { JwksSource } from "./jwks-source.ts";
import { readStrictSegment, verifyJws } from "./verify-jws.ts";

/** An issuer of subject or actor tokens. */
export interface TrustedIssuer {
  /** Its `iss`. */
  readonly issuer: string;
  /** Signature algorithms that it uses, such as `RS256`; never one with a shared secret. */
  readonly algorithms: readonly string[];
  readonly keys: JwksSource;
  /** `typ` of its tokens. Default `at+jwt` (RFC 9068 §2.1) for subjects, `actor+jwt` for actors. */
  readonly type?: string;
  /**
   * Our name for its `sub`. Default the same text, which only one issuer of a list may have: two
   * issuers may call different people or agents by one name.
   */
  readonly toName?: (sub: string) => string;
}

/** What one is expected to be. */
export interface ExpectedJwt {
  readonly issuers: readonly TrustedIssuer[];
  /** Who it has to be for. */
  readonly audience: string;
  /** `typ` where the issuer says no other. */
  readonly type: string;
  readonly nowSeconds: number;
  readonly skewSeconds: number;
}

/** A token whose signature, issuer, audience and times hold. */
export interface ForeignJwt {
  readonly issuer: TrustedIssuer;
  readonly claims: JsonObject;
  readonly sub: string;
  /** Our name for it. */
  readonly name: string;
  readonly jti: string;
  readonly iat: number | undefined;
  readonly exp: number;
}

/** The keys cannot be had now: not the token's fault. */
export class KeysUnavailable extends Error {}

const MAX_LENGTH = 16_384;

/**
 * Verifies a JWT of another system, read as strictly as our own: canonical base64url, no duplicate
 * members, the algorithm, type and audience that are configured, `sub`, `exp` and `jti`.
 *
 * Resolves to the reason where it is not acceptable, for logs.
 *
 * @throws {KeysUnavailable} when its issuer's keys cannot be had.
 */
export async function verifyForeignJwt(
  token: string,
  expected: ExpectedJwt,
): Promise<ForeignJwt | string> {
  const segments = token.length > MAX_LENGTH ? [] : token.split(".", 4);
  const [headerSegment = "", payloadSegment = ""] = segments;
  if (segments.length !== 3 || !segments.every(isBase64Url)) return "malformed";
  const header = readStrictSegment(headerSegment);
  const claims = readStrictSegment(payloadSegment);
  if (header === undefined || claims === undefined) return "malformed";
  const issuer = expected.issuers.find((each) => each.issuer === claims["iss"]);
  if (issuer === undefined) return "issuer";
  const { alg, typ, kid } = header;
  if (typeof alg !== "string" || !issuer.algorithms.includes(alg)) return "algorithm";
  if (!isType(typ, issuer.type ?? expected.type)) return "type";
  if (kid !== undefined && typeof kid !== "string") return "header";
  const jwk = await issuer.keys.find(kid).catch((cause: unknown) => {
    throw new KeysUnavailable("The issuer's keys cannot be had.", { cause });
  });
  if (jwk === undefined) return "key";
  if (!(await verifyJws(token, jwk)).valid) return "signature";
  return readClaims(claims, issuer, expected);
}

function readClaims(
  claims: JsonObject,
  issuer: TrustedIssuer,
  { audience, nowSeconds, skewSeconds }: ExpectedJwt,
): ForeignJwt | string {
  const { aud, sub, jti, exp, iat, nbf } = claims;
  if (aud !== audience && !(isList(aud) && aud.includes(audience))) return "audience";
  if (!isText(sub) || !isText(jti)) return "claims";
  if (typeof exp !== "number" || !(exp > nowSeconds - skewSeconds)) return "expired";
  if (iat !== undefined && !(typeof iat === "number" && iat <= nowSeconds + skewSeconds)) {
    return "issued-in-future";
  }
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= nowSeconds + skewSeconds)) {
    return "not-yet";
  }
  const name = issuer.toName?.(sub) ?? sub;
  return { issuer, claims, sub, name, jti, iat, exp };
}

function isType(typ: unknown, wanted: string): boolean {
  if (typeof typ !== "string") return false;
  const name = typ.toLowerCase();
  return name === wanted || name === `application/${wanted}`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 256;
}
