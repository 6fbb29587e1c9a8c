import { canonicalize } from "../canonical-json.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Budget, Limit, LimitScope, PolicyDocument } from "../policy-document.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import type { Usage } from "../ports/session-store.ts";
import type { Principal } from "../principal.ts";
import { Refusal } from "../refusal.ts";

/** Whose counters a limit has. */
interface Owner {
  /** Absent of token use, which belongs to no tool. */
  readonly tool?: string;
  readonly principal: Principal;
  /** The host's facts; `tenant` is a part of every key where it is set. */
  readonly facts: JsonObject;
  /** The session's ledger key. */
  readonly sessionKey: string;
}

/** What the limits of a policy are asked about. */
export interface LimitedCall extends Owner {
  readonly tool: string;
  /** What the call costs the budget of a limit; `undefined` when it cannot be evaluated. */
  costOf(limit: string): number | undefined;
  /** Use of the model request that proposed the call; absent when none was reported. */
  readonly usage?: Usage;
  /** After so long the slot of a call is free again even if nobody settled it. Default 900. */
  readonly leaseSeconds?: number;
}

const TOKENS = "tokens";
const DEFAULT_LEASE_SECONDS = 900;
const SCOPES = ["agent", "user", "session", "tool", "tenant"] as const;

/**
 * Lists the counters that a call must fit into, in the order of the policy's limits.
 *
 * A key is the canonical JSON list of policy name, limit id, tenant if the host set one, and the
 * values of `per` in the order agent, user, session, tool, tenant. `agent` is every actor of the
 * chain, once each: a delegate spends its delegators' limits too.
 *
 * ```json
 * {"kind":"rate","limit":"support-rate","key":"[\"customer-support\",\"support-rate\",\"bot\"]","rate":{"count":100,"windowSeconds":60}}
 * ```
 *
 * A budget of tokens is spent by {@link tokenSpends} alone: the call adds nothing to it, and fits as
 * long as what was reported does. One of a single request is judged at once, without a counter.
 *
 * @throws {Refusal} `limit-unavailable` when a value of `per` is missing, a cost errs, is negative
 * or is not finite, or the use of the model request is not known; `limit-exceeded` when it is above
 * a budget of one request.
 *
 * @example
 * ```ts
 * declare const policy: PolicyDocument;
 * const demands = limitDemands(policy, {
 *   tool: "issue_refund",
 *   principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } }),
 *   facts: { tenant: "acme" },
 *   sessionKey: "s1",
 *   costOf: () => 20,
 * });
 * ```
 */
export function limitDemands(
  policy: Pick<PolicyDocument, "name" | "limits">,
  call: LimitedCall,
): readonly LimitDemand[] {
  return policy.limits
    .filter(({ tools }) => tools === undefined || tools.includes(call.tool))
    .flatMap((limit) => {
      const cost = limit.budget === undefined ? 0 : toCost(limit.budget, limit, call);
      if (limit.budget?.windowSeconds === 0) refuseLargeRequest(limit.budget, limit, call);
      return toKeys(policy.name, limit, call).flatMap((key) => toDemands(limit, key, cost, call));
    });
}

/** Reported use, and whose it is. */
export interface SpentTokens extends Owner {
  /** Finite and not negative. */
  readonly tokens: number;
}

/**
 * Lists the counters that reported use of tokens goes into, as costs that always fit: what was used
 * is counted even above the amount, and it is the calls that are refused then.
 *
 * A limit with a missing value of `per` counts nothing, as it permits no call either.
 */
export function tokenSpends(
  policy: Pick<PolicyDocument, "name" | "limits">,
  { tokens, ...owner }: SpentTokens,
): readonly LimitDemand[] {
  return policy.limits.flatMap((limit) => {
    const { budget } = limit;
    if (budget?.unit !== TOKENS || budget.windowSeconds === 0) return [];
    const { windowSeconds } = budget;
    return keysOrNone(policy.name, limit, owner).map((key) => ({
      kind: "budget",
      limit: limit.id,
      key,
      amount: Number.MAX_VALUE,
      windowSeconds,
      cost: tokens,
    }));
  });
}

function keysOrNone(policy: string, limit: Limit, owner: Owner): readonly string[] {
  try {
    return toKeys(policy, limit, owner);
  } catch (cause) {
    if (cause instanceof Refusal) return [];
    throw cause;
  }
}

function refuseLargeRequest(budget: Budget, limit: Limit, { usage }: LimitedCall): void {
  if (budget.unit !== TOKENS || usage === undefined) throw unavailable(limit);
  // Not above, rather than below: it must refuse what is no number as well.
  if (!(usage.inputTokens + usage.outputTokens <= budget.amount)) {
    throw new Refusal("limit-exceeded", { retryable: "no", rule: toRule(limit) });
  }
}

function toDemands(
  limit: Limit,
  key: string,
  cost: number,
  { leaseSeconds = DEFAULT_LEASE_SECONDS }: LimitedCall,
): readonly LimitDemand[] {
  const base = { limit: limit.id, key };
  const demands: LimitDemand[] = (limit.rates ?? []).map((rate) => ({
    kind: "rate",
    ...base,
    rate,
  }));
  if (limit.budget !== undefined && limit.budget.windowSeconds > 0) {
    const { amount, windowSeconds, soft } = limit.budget;
    const budget = { kind: "budget", ...base, amount, windowSeconds, cost } as const;
    demands.push(soft === undefined ? budget : { ...budget, softAmount: share(amount, soft.at) });
  }
  if (limit.concurrent !== undefined) {
    demands.push({ kind: "concurrent", ...base, most: limit.concurrent, leaseSeconds });
  }
  return demands;
}

/** `amount * at`, without the last digits that only binary fractions produce. */
function share(amount: number, at: number): number {
  return Number((amount * at).toPrecision(15));
}

function toCost(budget: Budget, limit: Limit, call: LimitedCall): number {
  if (budget.unit === TOKENS) {
    if (call.usage === undefined) throw unavailable(limit);
    return 0;
  }
  if (budget.cost === undefined) return 1;
  let cost: number | undefined;
  try {
    cost = call.costOf(limit.id);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw unavailable(limit);
  }
  if (cost === undefined || !Number.isFinite(cost) || cost < 0) throw unavailable(limit);
  return cost === 0 ? 0 : cost;
}

function toKeys(policy: string, limit: Limit, call: Owner): readonly string[] {
  const tenant = tenantOf(limit, call.facts);
  const head = tenant === undefined ? [policy, limit.id] : [policy, limit.id, tenant];
  const scopes = SCOPES.filter((scope) => limit.per.includes(scope));
  if (scopes.length === 0 || scopes.length !== new Set(limit.per).size) throw unavailable(limit);
  const agents = scopes.includes("agent")
    ? [...new Set(call.principal.chain.map(({ id }) => id))]
    : [""];
  if (agents.length === 0) throw unavailable(limit);
  return agents.map((agent) => {
    const values = scopes.map((scope) => {
      const value = scope === "agent" ? agent : valueOf(scope, call, tenant);
      if (value === undefined || value === "") throw unavailable(limit);
      return value;
    });
    return toText([...head, ...values], limit);
  });
}

function valueOf(
  scope: Exclude<LimitScope, "agent">,
  call: Owner,
  tenant: string | number | undefined,
): string | number | undefined {
  if (scope === "user") return call.principal.user?.id;
  if (scope === "session") return call.sessionKey;
  return scope === "tool" ? call.tool : tenant;
}

function tenantOf(limit: Limit, facts: JsonObject): string | number | undefined {
  const tenant: Json | undefined = Object.hasOwn(facts, "tenant") ? facts["tenant"] : undefined;
  if (tenant === undefined) return undefined;
  if ((typeof tenant === "string" && tenant !== "") || Number.isSafeInteger(tenant)) {
    return typeof tenant === "string" ? tenant : Number(tenant);
  }
  throw unavailable(limit);
}

function toText(parts: readonly Json[], limit: Limit): string {
  try {
    return canonicalize(parts).text;
  } catch {
    throw unavailable(limit);
  }
}

function unavailable(limit: Limit): Refusal {
  return new Refusal("limit-unavailable", { retryable: "no", rule: toRule(limit) });
}

function toRule({ id, at }: Limit): { readonly id: string; readonly source?: string } {
  const rule = { id: `limit:${id}` };
  return at === undefined ? rule : { ...rule, source: at };
}
