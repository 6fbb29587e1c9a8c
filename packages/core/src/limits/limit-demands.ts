import { canonicalize } from "../canonical-json.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Budget, Limit, LimitScope, PolicyDocument } from "../policy-document.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import type { Principal } from "../principal.ts";
import { Refusal } from "../refusal.ts";

/** What the limits of a policy are asked about. */
export interface LimitedCall {
  readonly tool: string;
  readonly principal: Principal;
  /** The host's facts; `tenant` is a part of every key where it is set. */
  readonly facts: JsonObject;
  /** The session's ledger key. */
  readonly sessionKey: string;
  /** What the call costs the budget of a limit; `undefined` when it cannot be evaluated. */
  costOf(limit: string): number | undefined;
  /** After so long the slot of a call is free again even if nobody settled it. Default 900. */
  readonly leaseSeconds?: number;
}

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
 * @throws {Refusal} `limit-unavailable` when a value of `per` is missing, or a cost errs, is
 * negative or is not finite.
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
      return toKeys(policy.name, limit, call).flatMap((key) => toDemands(limit, key, cost, call));
    });
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
  if (limit.budget !== undefined) {
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
  // Tokens are counted from reports, not from a call's arguments; no such budget is loaded.
  if (budget.unit === "tokens") throw unavailable(limit);
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

function toKeys(policy: string, limit: Limit, call: LimitedCall): readonly string[] {
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
  call: LimitedCall,
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

function unavailable({ id, at }: Limit): Refusal {
  const rule = { id: `limit:${id}` };
  return new Refusal("limit-unavailable", {
    retryable: "no",
    rule: at === undefined ? rule : { ...rule, source: at },
  });
}
