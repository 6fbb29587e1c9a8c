import type { Clock, Digest, ExpectedCaller } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import { LIMITS } from "../claims.ts";
import type { RevocationView } from "../ports.ts";
import type { RevocationReason } from "../token-error.ts";
import { tokenError } from "../token-error.ts";
import { inTime } from "./in-time.ts";
import type { CommonClaims } from "./read-claims.ts";
import type { VerifiedLinks } from "./verify-links.ts";

/** What the checks need that are made at every call, whether the chain was seen before or not. */
export interface StateParts {
  readonly revocation: RevocationView | undefined;
  readonly clock: Clock;
  readonly digest: Digest;
  readonly audience: string;
  readonly skewSeconds: number;
  readonly timeoutMs: number;
}

/**
 * Checks that now lies within the life of every link, and that each is for this audience.
 *
 * @throws {PortcullisError} `ERR_TOKEN_EXPIRED`, `ERR_TOKEN_AUDIENCE`.
 */
export function checkTimes(links: VerifiedLinks, now: number, parts: StateParts): void {
  for (const [depth, { claims }] of links.links.entries()) {
    checkTime(claims, { now, depth, skewSeconds: parts.skewSeconds });
    if (!claims.aud.includes(parts.audience)) throw tokenError("wrong-audience", { depth });
  }
}

/**
 * Checks that now lies within a token's life.
 *
 * @throws {PortcullisError} `ERR_TOKEN_EXPIRED`.
 */
export function checkTime(
  { iat, exp }: CommonClaims,
  { now, depth, skewSeconds }: { now: number; depth: number; skewSeconds: number },
): void {
  // Written so that a clock that gives no number refuses.
  if (!(exp > now - skewSeconds)) throw tokenError("expired", { depth });
  if (!(iat <= now + skewSeconds)) throw tokenError("issued-in-future", { depth });
}

/** A call token lives five seconds at most, whatever its issuer wrote. */
export function checkCallLife({ iat, exp }: CommonClaims, depth: number): void {
  if (exp <= iat || exp - iat > LIMITS.callSeconds) throw tokenError("lifetime", { depth });
}

/**
 * Asks what is known about revocation now.
 *
 * @throws {PortcullisError} `ERR_TOKEN_REVOKED`, or `ERR_TOKEN_UNAVAILABLE` when it cannot be known.
 */
export async function checkRevocation(
  links: VerifiedLinks,
  { now, risk, callId }: { now: number; risk: "normal" | "high"; callId: string | undefined },
  parts: StateParts,
): Promise<void> {
  const { revocation } = parts;
  if (revocation === undefined) return;
  const { claims } = links.grant;
  const ids = links.links.map((link) => link.claims.jti);
  const query = {
    subject: claims.sub,
    ...(claims.subVersion === undefined ? {} : { subjectVersion: claims.subVersion }),
    issuedAt: claims.iat,
    tokenIds: callId === undefined ? ids : [...ids, callId],
    actors: links.leaf.claims.actors,
    keyThumbprints: links.links.map(({ thumbprint }) => thumbprint),
    risk,
  };
  let reason: RevocationReason | undefined;
  try {
    const asked = revocation.check(query, now);
    reason =
      asked instanceof Promise ? await inTime(parts.clock, parts.timeoutMs, () => asked) : asked;
  } catch (cause) {
    throw tokenError("revocation", { cause });
  }
  if (reason !== undefined) throw tokenError(reason);
}

/**
 * Checks what the grant is bound to: the policy in force and the user's own words.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `wrong-bundle` or `wrong-request`.
 */
export async function checkBindings(
  links: VerifiedLinks,
  { bundle, request }: Pick<ExpectedCaller, "bundle" | "request">,
  digest: Digest,
): Promise<void> {
  const { policy, requestDigest } = links.grant.claims;
  if (policy !== undefined) {
    const isRight =
      bundle !== undefined && bundle.name === policy.name && bundle.serial >= policy.minSerial;
    const isSame = policy.digest === undefined || policy.digest === bundle?.digest;
    if (!isRight || !isSame) throw tokenError("wrong-bundle", { depth: 0 });
  }
  if (requestDigest !== undefined) {
    const actual =
      request === undefined ? undefined : await digest.sha256(canonicalize(request).text);
    if (actual !== requestDigest) throw tokenError("wrong-request", { depth: 0 });
  }
}
