import type { Clock, Digest, Json, JsonObject, Random } from "@portcullis/core";
import { canonicalize, runtimeDefaults } from "@portcullis/core";
import { CAPABILITY, LIMITS, SEPARATOR, THUMBPRINT_URI, TYPES } from "./claims.ts";
import type { Position } from "./claims.ts";
import { isAttenuation } from "./constraints/is-attenuation.ts";
import { encodeText } from "./internal/base64url.ts";
import type { LinkClaims } from "./internal/read-claims.ts";
import { readCallClaims, readLinkClaims } from "./internal/read-claims.ts";
import { isObject, readCanonicalObject, readJws } from "./internal/read-jws.ts";
import type { ChainInput } from "./internal/split-chain.ts";
import { splitChain } from "./internal/split-chain.ts";
import { uuidV7 } from "./internal/uuid-v7.ts";
import type { HolderKey } from "./ports.ts";
import type { PublicJwk } from "./public-jwk.ts";
import { parsePublicJwk, thumbprintOf } from "./public-jwk.ts";
import type { PermittedCall } from "./task-token-verifier.ts";
import { tokenError } from "./token-error.ts";

/** Parts of {@link createTaskTokenMint}; each defaults to the platform's. */
export interface TaskTokenMintOptions {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly digest?: Digest;
}

/** Who signs grants. */
export interface GrantIssuer {
  /** The `iss` of its grants. */
  readonly url: string;
  /** Its key; `kid` is the key's RFC 7638 thumbprint. */
  readonly key: HolderKey;
}

/** What a grant says. */
export interface GrantClaims {
  /** On whose behalf (`sub`). */
  readonly subject: string;
  /** Version of the subject's entitlements (`sub_ver`). */
  readonly subjectVersion?: number;
  /** The first agent (`act.sub`). */
  readonly agent: string;
  /** Key of that agent (`cnf`). */
  readonly publicJwk: PublicJwk;
  /** Who may be called (`aud`), 1 to 8. */
  readonly audience: readonly string[];
  /** Tool name to argument name to constraint, as on the wire; `{}` leaves the arguments free. */
  readonly tools: JsonObject;
  /** Tools of `tools` that the agent may pass on and not use (`delegate_only`). */
  readonly delegateOnly?: readonly string[];
  /** Task id and session (`txn`). Default a fresh one. */
  readonly txn?: string;
  /** Life in seconds, at most 900. Default 300. */
  readonly ttlSeconds?: number;
  /** Most delegations below it, at most 8. Default 2. */
  readonly maxDepth?: number;
  /** The only agent that may be delegated to (`may_act`). */
  readonly mayAct?: string;
  /** `act` of the subject token that was exchanged, for records. */
  readonly originAct?: Json;
  /** The bundle that the enforcement point must at least have. */
  readonly policy?: { readonly name: string; readonly minSerial: number; readonly digest?: string };
  /** What the ceiling was decided for, at most 256 characters. */
  readonly purpose?: string;
  /** The user's own words, whose digest the grant is bound to. */
  readonly request?: readonly string[];
  /** That digest, where the words themselves are not known here. */
  readonly requestDigest?: string;
}

/** What is handed on, and to whom. What is left out stays as the parent has it. */
export interface DelegationOptions {
  /** Name of the agent that is delegated to. */
  readonly agent: string;
  /** Its key. */
  readonly publicJwk: PublicJwk;
  /** Tools and constraints, as on the wire. */
  readonly tools?: JsonObject;
  /** Tools that the agent may pass on and not use. Default none. */
  readonly delegateOnly?: readonly string[];
  readonly audience?: readonly string[];
  /** Life in seconds. Default 60, never past the parent. */
  readonly ttlSeconds?: number;
  /** Deepest hop below it, counted from the grant. Default the parent's. */
  readonly maxDepth?: number;
  /** The only agent that the next link may name. */
  readonly mayAct?: string;
}

/** A call to be proven. */
export interface CallTokenOptions extends PermittedCall {
  /** Enforcement point that will verify it. */
  readonly audience: string;
}

/** Makes grants, delegations and call tokens. */
export interface TaskTokenMint {
  /**
   * Signs a grant: the chain of one.
   *
   * @throws {PortcullisError} `ERR_TOKEN_INVALID` when a claim is not one that verification takes.
   */
  issueGrant(issuer: GrantIssuer, claims: GrantClaims): Promise<string>;
  /**
   * Appends a delegation, offline; the chain's last holder signs.
   *
   * @throws {PortcullisError} `ERR_TOKEN_…` or `ERR_DELEGATION_…` where verification would refuse it.
   */
  delegateTask(chain: ChainInput, holder: HolderKey, options: DelegationOptions): Promise<string>;
  /**
   * Appends a call token that lives five seconds; the chain's last holder signs.
   *
   * @throws {PortcullisError} `ERR_TOKEN_INVALID` where verification would refuse it.
   */
  issueCallToken(chain: ChainInput, holder: HolderKey, call: CallTokenOptions): Promise<string>;
}

/** The last link of a chain, read and not verified: whoever mints trusts its own chain. */
interface Parent {
  readonly tokens: readonly string[];
  readonly claims: LinkClaims;
  /** `authorization_details` and `act` as they are written there. */
  readonly json: JsonObject;
  readonly digest: string;
  readonly iss: string;
}

/** A link that was read before, by its exact text. */
interface KnownParent {
  readonly holder: HolderKey;
  readonly depth: number;
  readonly parent: Omit<Parent, "tokens">;
}

const MAX_PARENTS = 64;

/**
 * Creates what makes tokens. It refuses to make what verification refuses, and needs no network.
 *
 * @example
 * ```ts
 * declare const issuer: GrantIssuer;
 * declare const planner: HolderKey;
 * declare const refunder: HolderKey;
 * const mint = createTaskTokenMint();
 * const grant = await mint.issueGrant(issuer, {
 *   subject: "user:alice",
 *   agent: "agent:planner",
 *   publicJwk: planner.publicJwk,
 *   audience: ["urn:svc:payments"],
 *   tools: { "payments.refund": { amount: { constraint_type: "range", min: 0, max: 500 } } },
 * });
 * const chain = await mint.delegateTask(grant, planner, {
 *   agent: "agent:refunder",
 *   publicJwk: refunder.publicJwk,
 *   tools: { "payments.refund": { amount: { constraint_type: "range", min: 0, max: 50 } } },
 * });
 * ```
 */
export function createTaskTokenMint(options: TaskTokenMintOptions = {}): TaskTokenMint {
  const {
    clock = runtimeDefaults.clock,
    random = runtimeDefaults.random,
    digest = runtimeDefaults.digest,
  } = options;
  // One holder makes many call tokens under the same link.
  const parents = new Map<string, KnownParent>();
  const readNow = (): number => Math.floor(clock.now() / 1000);
  const freshId = (): string => uuidV7(clock, random);

  const readParent = async (
    chain: ChainInput,
    holder: HolderKey,
    most: number,
  ): Promise<Parent> => {
    const tokens = splitChain(chain, { least: 1, most });
    const depth = tokens.length - 1;
    const last = tokens[depth] ?? "";
    const known = parents.get(last);
    if (known?.holder === holder && known.depth === depth) return { tokens, ...known.parent };
    const jws = readJws(last, depth);
    const position = depth === 0 ? "grant" : "delegation";
    if (jws.header["typ"] !== TYPES[position]) throw tokenError("wrong-type", { depth });
    const json = readCanonicalObject(jws.payload, "malformed", depth);
    const claims = readLinkClaims(json, position, depth);
    const thumbprint = await thumbprintOf(claims.jwk, digest);
    if (thumbprint !== (await thumbprintOf(holder.publicJwk, digest))) {
      throw tokenError("wrong-delegator", { depth: depth + 1 });
    }
    const iss = `${THUMBPRINT_URI}${thumbprint}`;
    const parent = { claims, json, digest: await digest.sha256(jws.signingInput), iss };
    const [oldest] = parents.keys();
    if (parents.size >= MAX_PARENTS && oldest !== undefined) parents.delete(oldest);
    parents.set(last, { holder, depth, parent });
    return { tokens, ...parent };
  };

  return Object.freeze({
    async issueGrant({ url, key }: GrantIssuer, claims: GrantClaims) {
      const iat = readNow();
      const { ttlSeconds = 300, maxDepth = 2, policy, request } = claims;
      const payload = toPayload({
        iss: url,
        sub: claims.subject,
        sub_ver: claims.subjectVersion,
        aud: claims.audience,
        txn: claims.txn ?? freshId(),
        jti: freshId(),
        iat,
        exp: iat + Math.min(ttlSeconds, LIMITS.linkSeconds),
        act: { sub: claims.agent },
        may_act: claims.mayAct === undefined ? undefined : { sub: claims.mayAct },
        origin_act: claims.originAct,
        cnf: { jwk: publicOf(claims.publicJwk) },
        del_depth: 0,
        del_max_depth: maxDepth,
        authorization_details: [{ type: CAPABILITY, tools: claims.tools }],
        delegate_only: claims.delegateOnly,
        policy:
          policy === undefined
            ? undefined
            : { name: policy.name, min_serial: policy.minSerial, digest: policy.digest },
        purpose: claims.purpose,
        request_s256:
          request === undefined
            ? claims.requestDigest
            : await digest.sha256(canonicalize(request).text),
      });
      const checked = readLinkClaims(payload.claims, "grant", 0);
      if (checked.exp <= checked.iat) throw tokenError("lifetime", { depth: 0 });
      const kid = await thumbprintOf(key.publicJwk, digest);
      return sign("grant", payload, { key, kid });
    },
    async delegateTask(chain: ChainInput, holder: HolderKey, to: DelegationOptions) {
      const parent = await readParent(chain, holder, LIMITS.depth + 1);
      const { claims } = parent;
      const depth = claims.depth + 1;
      const { ttlSeconds = 60, maxDepth = claims.maxDepth } = to;
      const iat = Math.max(readNow(), claims.iat);
      const payload = toPayload({
        iss: parent.iss,
        sub: claims.sub,
        aud: to.audience ?? claims.aud,
        txn: claims.txn,
        jti: freshId(),
        iat,
        exp: Math.min(claims.exp, iat + Math.min(ttlSeconds, LIMITS.linkSeconds)),
        act: { sub: to.agent, act: claims.act },
        may_act: to.mayAct === undefined ? undefined : { sub: to.mayAct },
        cnf: { jwk: publicOf(to.publicJwk) },
        del_depth: depth,
        del_max_depth: Math.min(maxDepth, claims.maxDepth),
        par_hash: parent.digest,
        authorization_details:
          to.tools === undefined
            ? (parent.json["authorization_details"] ?? null)
            : [{ type: CAPABILITY, tools: to.tools }],
        delegate_only: to.delegateOnly,
      });
      checkDelegation(payload.claims, claims, depth);
      return [...parent.tokens, await sign("delegation", payload, { key: holder })].join(SEPARATOR);
    },
    async issueCallToken(chain: ChainInput, holder: HolderKey, call: CallTokenOptions) {
      const parent = await readParent(chain, holder, LIMITS.depth + 1);
      const { claims } = parent;
      const iat = Math.max(readNow(), claims.iat);
      const payload = toPayload({
        iss: parent.iss,
        aud: call.audience,
        jti: freshId(),
        iat,
        exp: Math.min(iat + LIMITS.callSeconds, claims.exp),
        par_hash: parent.digest,
        aat_id: claims.jti,
        aat_tool: call.tool,
        args_s256: await digest.sha256(call.canonicalArguments),
        approval: call.approval,
        dry_run: call.mode === "dry-run" ? true : undefined,
      });
      const { exp } = readCallClaims(payload.claims, parent.tokens.length);
      if (exp <= iat) throw tokenError("expired", { depth: parent.tokens.length });
      if (!claims.tools.has(call.tool) || claims.delegateOnly.has(call.tool)) {
        throw tokenError("tool-not-granted");
      }
      return [...parent.tokens, await sign("call", payload, { key: holder })].join(SEPARATOR);
    },
  } satisfies TaskTokenMint);
}

/** What may not be made, because verification refuses it. */
function checkDelegation(payload: JsonObject, parent: LinkClaims, depth: number): void {
  if (depth > parent.maxDepth) throw tokenError("depth", { depth });
  const claims = readLinkClaims(payload, "delegation", depth);
  if (claims.maxDepth < claims.depth) throw tokenError("depth", { depth });
  if (claims.exp <= claims.iat) throw tokenError("expired", { depth });
  if (!claims.aud.every((audience) => parent.aud.includes(audience))) {
    throw tokenError("audience-widened", { depth });
  }
  if (parent.mayAct !== undefined && parent.mayAct !== claims.actors[0]) {
    throw tokenError("may-act", { depth });
  }
  const issue = isAttenuation(claims.tools, parent.tools);
  if (issue !== undefined) throw tokenError(issue, { depth });
}

/** Exactly the members that a public key has: a private one handed in by mistake stays here. */
function publicOf(jwk: PublicJwk): PublicJwk {
  const parsed = parsePublicJwk({ ...jwk });
  if (parsed === undefined) throw tokenError("confirmation-key", { claim: "cnf" });
  return parsed;
}

interface Payload {
  readonly claims: JsonObject;
  /** Its canonical JSON. */
  readonly text: string;
}

/** The claims that are there, as plain data. */
function toPayload(given: Readonly<Record<string, unknown>>): Payload {
  const { value, text } = canonicalize(given, { dropUndefined: true });
  if (!isObject(value)) throw tokenError("claims");
  return { claims: value, text };
}

async function sign(
  position: Position,
  payload: Payload,
  { key, kid }: { readonly key: HolderKey; readonly kid?: string },
): Promise<string> {
  const header = {
    alg: key.algorithm,
    typ: TYPES[position],
    ...(kid === undefined ? {} : { kid }),
  };
  const parts = [canonicalize(header).text, payload.text];
  const signingInput = parts.map(encodeText).join(".");
  return `${signingInput}.${await key.sign(signingInput)}`;
}
