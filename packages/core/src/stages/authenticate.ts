import type {
  CallContext,
  ContextInput,
  Credential,
  SessionRef,
  TaskToken,
} from "../call-context.ts";
import { canonicalize } from "../canonical-json.ts";
import { PortcullisError } from "../errors.ts";
import { withPolicyRoles } from "../evaluate/policy-roles.ts";
import type { ActivePolicy } from "../internal/active-policy.ts";
import { readSignal } from "../internal/call-state.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { JsonObject } from "../json.ts";
import type { ToolEntry } from "../policy-document.ts";
import type {
  CredentialVerifier,
  ExpectedCall,
  VerifiedCaller,
  VerifiedCredential,
} from "../ports/credential-verifier.ts";
import type { Party, Principal } from "../principal.ts";
import { isTrustedPrincipal } from "../principal.ts";
import { Refusal } from "../refusal.ts";
import { toTokenDenialCode } from "../token-denial-code.ts";

/** A call whose identity is proven. */
export interface Authenticated {
  readonly principal: Principal;
  readonly context: CallContext;
  /** The host's facts, canonical and frozen. */
  readonly facts: JsonObject;
  /** The user's own words, or undefined where the host gives none. */
  readonly request: readonly string[] | undefined;
  /** Ledger key: a digest over policy name, tenant, person or root agent, kind and id. */
  readonly sessionKey: string;
  readonly sessionIsNew: boolean;
  /** The verified token or permit; undefined for the host's own word. */
  readonly credential: VerifiedCredential | undefined;
  /** Where the token says who acts; undefined for the host's own word. */
  readonly token: VerifiedCaller | undefined;
}

/** What the caller is about to do. */
export interface Subject {
  /** Empty where no tool is concerned. */
  readonly tool: string;
  readonly entry: ToolEntry | undefined;
  /** False for what authorises nothing, such as the tools that are shown. */
  readonly isCall: boolean;
}

const NO_FACTS: JsonObject = Object.freeze({});

/**
 * Stage 2: who acts, for whom, in which session. A missing identity is a refusal, never a default.
 *
 * @throws {Refusal} `context-missing`, `session-mismatch`, `identity-unavailable`, or the code of
 * the token error.
 */
export async function authenticate(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  subject: Subject,
  input: ContextInput | undefined,
): Promise<Authenticated> {
  const context = toCallContext(input);
  const request = toRequest(context.request);
  const facts = toFacts(policy, context.facts);
  const { credential, token, principal } = await verify(runtime, policy, {
    context,
    request,
    subject,
  });
  const live = withPolicyRoles(await withResolvedRoles(runtime, principal), policy.document);
  const session = toSession(context.session, token, live);
  return {
    principal: live,
    context,
    facts,
    request,
    sessionKey: await digestSession(runtime, policy, { principal: live, facts, session }),
    sessionIsNew: session.isNew,
    credential,
    token,
  };
}

/** Reads a context once, whichever way its identity is written. */
function toCallContext(input: ContextInput | undefined): CallContext {
  if (typeof input !== "object" || input === null) throw new Refusal("context-missing");
  const given = ["credential", "principal", "token"].filter((name) => Object.hasOwn(input, name));
  if (given.length !== 1) throw new Refusal("context-missing");
  const { session, request, facts, signal } = input;
  if (signal !== undefined && readSignal(input) === undefined) {
    throw new Refusal("context-missing", {
      message: "The host's `signal` must be an AbortSignal.",
    });
  }
  return {
    credential: toCredential(input),
    ...(session === undefined ? {} : { session }),
    ...(request === undefined ? {} : { request }),
    ...(facts === undefined ? {} : { facts }),
    ...(signal === undefined ? {} : { signal }),
  };
}

function toCredential(input: ContextInput): Credential {
  if ("principal" in input) return input.principal;
  if ("token" in input) return { token: input.token };
  return input.credential;
}

interface Verified {
  readonly principal: Principal;
  readonly credential: VerifiedCredential | undefined;
  readonly token: VerifiedCaller | undefined;
}

async function verify(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  call: {
    readonly context: CallContext;
    readonly request: readonly string[] | undefined;
    readonly subject: Subject;
  },
): Promise<Verified> {
  const { credential } = call.context;
  if (isTrustedPrincipal(credential)) {
    if (policy.document.identity !== "host") throw new Refusal("context-missing");
    return { principal: credential, credential: undefined, token: undefined };
  }
  // Equal JSON is not a trusted principal; only a token or a permit goes to the verifier.
  if (typeof credential !== "object" || credential === null || Object.hasOwn(credential, "agent")) {
    throw new Refusal("context-missing");
  }
  const verifier = runtime.options.credentials;
  if (verifier === undefined) throw new Refusal("token-unavailable");
  const { tool, entry } = call.subject;
  const expected = {
    tool,
    risk: entry?.class === "read" ? "normal" : "high",
    bundle: policy.ref,
    ...(call.request === undefined ? {} : { request: call.request }),
  } as const;
  try {
    if (!call.subject.isCall && "token" in credential) {
      const token = await identify(verifier, credential, expected);
      return { principal: refuseNobody(token), credential: undefined, token };
    }
    const verified = await verifier.verify(credential, expected);
    return { principal: refuseNobody(verified), credential: verified, token: verified };
  } catch (cause) {
    throw toTokenRefusal(cause, "token-unavailable");
  }
}

function identify(
  verifier: CredentialVerifier,
  credential: TaskToken,
  expected: ExpectedCall,
): Promise<VerifiedCaller> {
  if (verifier.verifyChain === undefined) return verifier.verify(credential, expected);
  const { tool: _, ...caller } = expected;
  return verifier.verifyChain(credential, caller);
}

function refuseNobody({ principal }: VerifiedCaller): Principal {
  if (principal.chain.length === 0) throw new Refusal("token-invalid");
  return principal;
}

/** Turns a thrown token error into its own denial code. */
export function toTokenRefusal(cause: unknown, otherwise: Refusal["code"]): Refusal {
  if (cause instanceof Refusal) return cause;
  if (!PortcullisError.isInstance(cause)) return new Refusal(otherwise);
  return new Refusal(toTokenDenialCode(cause) ?? otherwise, {}, cause.fields.caller);
}

async function withResolvedRoles(runtime: GuardRuntime, principal: Principal): Promise<Principal> {
  const resolver = runtime.options.roles;
  if (resolver === undefined) return principal;
  const resolve = async (kind: "agent" | "user", party: Party): Promise<Party> => {
    const found = await resolver.resolve(kind, party.id);
    if (!Array.isArray(found) || !found.every((role) => typeof role === "string")) {
      throw new Refusal("identity-unavailable");
    }
    return { id: party.id, roles: [...new Set([...party.roles, ...found])] };
  };
  try {
    const chain = await Promise.all(principal.chain.map((actor) => resolve("agent", actor)));
    const agent = chain[0];
    if (agent === undefined) throw new Refusal("identity-unavailable");
    const base = { agent, chain, ceiling: principal.ceiling };
    if (principal.user === undefined) return base;
    return { ...base, user: await resolve("user", principal.user) };
  } catch {
    throw new Refusal("identity-unavailable");
  }
}

function toRequest(request: unknown): readonly string[] | undefined {
  if (request === undefined) return undefined;
  if (!Array.isArray(request) || !request.every((text) => typeof text === "string")) {
    throw new Refusal("context-missing", {
      message: "The host's `request` must be a list of texts.",
    });
  }
  return Object.freeze([...request]);
}

function toFacts(policy: ActivePolicy, given: unknown): JsonObject {
  if (given === undefined && policy.contextValidator === undefined) return NO_FACTS;
  const facts = readFacts(given ?? NO_FACTS);
  if (facts === undefined || policy.contextValidator?.validate(facts).ok === false) {
    throw new Refusal("context-missing", {
      message: "The host's facts do not fit the policy's context schema.",
    });
  }
  return facts;
}

function readFacts(given: unknown): JsonObject | undefined {
  try {
    const { value } = canonicalize(given, { dropUndefined: true });
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface ResolvedSession {
  readonly kind: "task" | "explicit" | "principal";
  readonly id: string;
  readonly isNew: boolean;
}

function toSession(
  given: SessionRef | undefined,
  token: VerifiedCaller | undefined,
  principal: Principal,
): ResolvedSession {
  if (given !== undefined && !isSessionId(given.id)) throw new Refusal("session-mismatch");
  const isNew = given?.isNew === true;
  if (token !== undefined) {
    if (given !== undefined && given.id !== token.session) {
      throw new Refusal("session-mismatch");
    }
    return { kind: "task", id: token.session, isNew };
  }
  if (given !== undefined) return { kind: "explicit", id: given.id, isNew };
  const ids = principal.chain.map(({ id }) => id);
  return { kind: "principal", id: JSON.stringify(ids), isNew: false };
}

function isSessionId(id: unknown): boolean {
  return typeof id === "string" && id.length > 0 && id.length <= 256;
}

async function digestSession(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  of: {
    readonly principal: Principal;
    readonly facts: JsonObject;
    readonly session: ResolvedSession;
  },
): Promise<string> {
  const { principal, session } = of;
  const tenant = Object.hasOwn(of.facts, "tenant") ? (of.facts["tenant"] ?? null) : null;
  const root = principal.chain.at(-1)?.id ?? "";
  const owner = principal.user === undefined ? ["agent", root] : ["user", principal.user.id];
  const parts = [policy.document.name, tenant, owner, session.kind, session.id];
  return runtime.digest.sha256(JSON.stringify(parts));
}
