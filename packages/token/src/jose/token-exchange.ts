import type { Json } from "@portcullis/core";
import { PortcullisConfigError, PortcullisError, runtimeDefaults } from "@portcullis/core";
import { isAttenuation } from "../constraints/is-attenuation.ts";
import { parseToolConstraints } from "../constraints/tool-constraints.ts";
import type { GrantClaims } from "../create-task-token-mint.ts";
import { createTaskTokenMint } from "../create-task-token-mint.ts";
import { CAPABILITY, LIMITS } from "../claims.ts";
import { inTime } from "../internal/in-time.ts";
import { isObject } from "../internal/read-jws.ts";
import { thumbprintOf } from "../public-jwk.ts";
import type { CeilingDecision, SubjectRecord, TokenExchangeOptions } from "./exchange-options.ts";
import { ExchangeRefusal, toErrorResponse, toJsonResponse } from "./exchange-refusal.ts";
import type { ExchangeRequest } from "./read-exchange-request.ts";
import { GRANT_TYPE_URN, readExchangeRequest } from "./read-exchange-request.ts";
import type { ForeignJwt } from "./verify-foreign-jwt.ts";
import { KeysUnavailable, verifyForeignJwt } from "./verify-foreign-jwt.ts";

/** Longest life of an actor token, in seconds. */
const ACTOR_SECONDS = 60;

/**
 * Creates a token exchange endpoint (RFC 8693) that gives a task grant for a person's token and an
 * agent's token, as a function of the web platform's `Request`; mount it at one path in Hono, Express
 * or Next.
 *
 * Both tokens are required, so nobody is impersonated. The agent's is bound to the key that the grant
 * is made for, lives a minute at most and works once. What is asked for lies within the ceiling of
 * this person, agent and audience now, or the request is refused: nothing is narrowed silently.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option cannot work.
 *
 * @example
 * ```ts
 * import type { TokenExchangeOptions } from "@portcullis/token/jose";
 *
 * declare const options: TokenExchangeOptions;
 * const handle = createTokenExchangeHandler(options);
 * declare const request: Request;
 * const response = await handle(request);
 * ```
 */
export function createTokenExchangeHandler(
  options: TokenExchangeOptions,
): (request: Request) => Promise<Response> {
  checkOptions(options);
  const { onRefusal } = options;
  return async (request) => {
    try {
      return await exchange(request, options);
    } catch (cause) {
      const { error, reason } = toRefusal(cause);
      onRefusal?.({ error, reason });
      return toErrorResponse(error);
    }
  };
}

function toRefusal(cause: unknown): ExchangeRefusal {
  if (cause instanceof ExchangeRefusal) return cause;
  if (cause instanceof KeysUnavailable) {
    return new ExchangeRefusal("temporarily_unavailable", "keys");
  }
  if (PortcullisError.isInstance(cause)) {
    return new ExchangeRefusal("invalid_request", cause.fields.reason ?? "claims");
  }
  // A part of the host's failed or took too long.
  return new ExchangeRefusal("temporarily_unavailable", "internal");
}

async function exchange(request: Request, options: TokenExchangeOptions): Promise<Response> {
  const { clock = runtimeDefaults.clock, timeoutMs = 2000 } = options;
  const within = <T>(work: () => T | Promise<T>): Promise<T> => inTime(clock, timeoutMs, work);
  const { authenticateClient } = options;
  const isKnown =
    authenticateClient === undefined || (await within(() => authenticateClient(request)));
  if (!isKnown) {
    throw new ExchangeRefusal("invalid_client", "client");
  }
  const asked = await readExchangeRequest(request);
  const now = clock.now() / 1000;
  const subject = await verifySubject(asked, options, now);
  const actor = await verifyActor(asked, options, now);
  checkActs(subject, actor, options);
  await useActorToken(actor, options, within);
  const { name } = subject;
  if (name === actor.name) throw new ExchangeRefusal("invalid_request", "circular");
  const record = await within(() => options.findSubject(name));
  if (record?.isActive !== true) throw new ExchangeRefusal("invalid_request", "subject-disabled");
  if (!asked.audience.every((target) => options.targets.includes(target))) {
    throw new ExchangeRefusal("invalid_target", "target");
  }
  const { purpose } = asked;
  const decision = await within(() =>
    options.ceiling({
      subject: name,
      actor: actor.name,
      audience: asked.audience,
      ...(purpose === undefined ? {} : { purpose }),
    }),
  );
  if (decision === undefined) throw new ExchangeRefusal("invalid_target", "ceiling");
  checkScopes(subject, asked, decision);
  checkTools(asked, decision);
  const about = { name, subject, actor, record, now };
  return issue(asked, decision, { about: { ...about, now: clock.now() / 1000 }, options });
}

async function verifySubject(
  asked: ExchangeRequest,
  { subjectIssuers, audience, skewSeconds = 2 }: TokenExchangeOptions,
  nowSeconds: number,
): Promise<ForeignJwt> {
  const expected = { issuers: subjectIssuers, audience, type: "at+jwt", nowSeconds, skewSeconds };
  const subject = await verifyForeignJwt(asked.subjectToken, expected);
  if (typeof subject === "string") {
    throw new ExchangeRefusal("invalid_request", `subject-${subject}`);
  }
  return subject;
}

async function verifyActor(
  asked: ExchangeRequest,
  {
    actorIssuers,
    audience,
    skewSeconds = 2,
    digest = runtimeDefaults.digest,
  }: TokenExchangeOptions,
  nowSeconds: number,
): Promise<ForeignJwt> {
  const expected = { issuers: actorIssuers, audience, type: "actor+jwt", nowSeconds, skewSeconds };
  const actor = await verifyForeignJwt(asked.actorToken, expected);
  if (typeof actor === "string") throw new ExchangeRefusal("invalid_request", `actor-${actor}`);
  const { iat, exp, claims } = actor;
  if (iat === undefined || exp <= iat || exp - iat > ACTOR_SECONDS) {
    throw new ExchangeRefusal("invalid_request", "actor-lifetime");
  }
  const { cnf } = claims;
  const jkt = isObject(cnf) && Object.keys(cnf).length === 1 ? cnf["jkt"] : undefined;
  if (jkt !== (await thumbprintOf(asked.jwk, digest))) {
    throw new ExchangeRefusal("invalid_request", "actor-key");
  }
  return actor;
}

/** Who may act: never somebody else than the subject token names, never the same one twice. */
function checkActs(
  { claims }: ForeignJwt,
  actor: ForeignJwt,
  { actorIssuers }: TokenExchangeOptions,
): void {
  const { may_act: mayAct, act } = claims;
  if (mayAct !== undefined) {
    const named = isObject(mayAct) ? mayAct["sub"] : undefined;
    const from = isObject(mayAct) ? mayAct["iss"] : undefined;
    const isFrom = from === undefined ? actorIssuers.length === 1 : from === actor.issuer.issuer;
    const isNamed = named === actor.sub && isFrom;
    if (!isNamed) throw new ExchangeRefusal("invalid_request", "may-act");
  }
  if (act === undefined) return;
  // A token that was delegated already is for whom it says, unless it names the next one.
  if (mayAct === undefined) throw new ExchangeRefusal("invalid_request", "act");
  let level: Json | undefined = act;
  for (let depth = 0; level !== undefined; depth += 1) {
    if (!isObject(level) || typeof level["sub"] !== "string" || depth >= LIMITS.depth) {
      throw new ExchangeRefusal("invalid_request", "act");
    }
    if (level["sub"] === actor.sub) throw new ExchangeRefusal("invalid_request", "circular");
    level = level["act"];
  }
}

async function useActorToken(
  { issuer, jti, iat = 0, exp }: ForeignJwt,
  { replay }: TokenExchangeOptions,
  within: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<void> {
  const answer = await within(() => replay.consume(JSON.stringify([issuer.issuer, jti]), iat, exp));
  if (answer === "ok") return;
  if (answer === "replayed") throw new ExchangeRefusal("invalid_request", "actor-replayed");
  throw new ExchangeRefusal("temporarily_unavailable", "replay-store");
}

function checkScopes(
  { claims }: ForeignJwt,
  asked: ExchangeRequest,
  decision: CeilingDecision,
): void {
  const { scope } = claims;
  const held = new Set(typeof scope === "string" ? scope.split(" ") : []);
  if (![...decision.requiredScopes, ...asked.scopes].every((each) => held.has(each))) {
    throw new ExchangeRefusal("invalid_scope", "scope");
  }
}

function checkTools({ tools }: ExchangeRequest, decision: CeilingDecision): void {
  try {
    const beyond = isAttenuation(parseToolConstraints(tools), parseToolConstraints(decision.tools));
    if (beyond === undefined) return;
  } catch {
    throw new ExchangeRefusal("invalid_authorization_details", "constraint");
  }
  throw new ExchangeRefusal("invalid_authorization_details", "beyond-ceiling");
}

interface About {
  readonly name: string;
  readonly subject: ForeignJwt;
  readonly actor: ForeignJwt;
  readonly record: SubjectRecord;
  readonly now: number;
}

async function issue(
  asked: ExchangeRequest,
  decision: CeilingDecision,
  { about, options }: { readonly about: About; readonly options: TokenExchangeOptions },
): Promise<Response> {
  const { name, subject, actor, record, now } = about;
  const left = Math.floor(subject.exp) - Math.floor(now);
  const ttlSeconds = Math.min(Math.floor(decision.ttlSeconds), left, LIMITS.linkSeconds);
  // Within the tolerance of a token that is over no life is left.
  if (!(ttlSeconds >= 1)) throw new ExchangeRefusal("invalid_request", "subject-expired");
  const { claims } = subject;
  const txn = isTask(claims["txn"]) ? claims["txn"] : decision.txn;
  const delegateOnly = (decision.delegateOnly ?? []).filter((tool) =>
    Object.hasOwn(asked.tools, tool),
  );
  const grant: GrantClaims = {
    subject: name,
    agent: actor.name,
    publicJwk: asked.jwk,
    audience: asked.audience,
    tools: asked.tools,
    ttlSeconds,
    maxDepth: decision.maxDepth,
    ...(record.version === undefined ? {} : { subjectVersion: record.version }),
    ...(delegateOnly.length === 0 ? {} : { delegateOnly }),
    ...(txn === undefined ? {} : { txn }),
    ...(decision.policy === undefined ? {} : { policy: decision.policy }),
    ...(asked.purpose === undefined ? {} : { purpose: asked.purpose }),
    ...(asked.requestDigest === undefined ? {} : { requestDigest: asked.requestDigest }),
    ...(claims["act"] === undefined ? {} : { originAct: toActor(claims["act"]) }),
  };
  const { clock, random, digest } = { ...runtimeDefaults, ...definedOf(options) };
  const token = await createTaskTokenMint({ clock, random, digest }).issueGrant(
    options.issuer,
    grant,
  );
  return toJsonResponse(
    {
      access_token: token,
      issued_token_type: GRANT_TYPE_URN,
      token_type: "N_A",
      expires_in: ttlSeconds,
      authorization_details: [{ type: CAPABILITY, tools: asked.tools }],
    },
    200,
  );
}

function definedOf({
  clock,
  random,
  digest,
}: TokenExchangeOptions): Pick<TokenExchangeOptions, "clock" | "random" | "digest"> {
  return {
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** `act` with the names alone: other members are of the other system. */
function toActor(act: Json): Json {
  if (!isObject(act)) return null;
  const { sub, act: before } = act;
  return before === undefined ? { sub: sub ?? null } : { sub: sub ?? null, act: toActor(before) };
}

function isTask(txn: Json | undefined): txn is string {
  return typeof txn === "string" && txn.length > 0 && txn.length <= 256;
}

function checkOptions(options: TokenExchangeOptions): void {
  const { subjectIssuers, actorIssuers, skewSeconds = 2, timeoutMs = 2000 } = options;
  if (!(skewSeconds >= 0 && skewSeconds <= 2)) {
    throw new PortcullisConfigError("skewSeconds", "`skewSeconds` must be from 0 to 2.");
  }
  if (!(timeoutMs > 0 && timeoutMs <= 60_000)) {
    throw new PortcullisConfigError("timeoutMs", "`timeoutMs` must be above 0 and at most 60000.");
  }
  for (const { algorithms } of [...subjectIssuers, ...actorIssuers]) {
    if (algorithms.length === 0 || algorithms.some((each) => /^(HS|none)/i.test(each))) {
      throw new PortcullisConfigError(
        "algorithms",
        "An issuer needs a list of `algorithms`, none of them with a shared secret.",
      );
    }
  }
  for (const issuers of [subjectIssuers, actorIssuers]) {
    if (issuers.length > 1 && issuers.some(({ toName }) => toName === undefined)) {
      throw new PortcullisConfigError(
        "toName",
        "With several issuers each needs `toName`: they may call two parties by one name.",
      );
    }
  }
}
