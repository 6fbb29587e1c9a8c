import type { DecisionRecord, FactProvider, PolicyDocument, Principal } from "@portcullis/core";
import { compilePolicy, couldPermit, UNKNOWN, withPolicyRoles } from "@portcullis/core";

/** A tool with how often it was called. */
export interface ObservedTool {
  readonly tool: string;
  /** Calls that were permitted. */
  readonly calls: number;
}

/** A tool that was asked for and refused. */
export interface RefusedTool {
  readonly tool: string;
  /** Calls that were refused, or that nobody approved. */
  readonly calls: number;
  /** Denial codes with how often they were given, sorted. */
  readonly codes: Readonly<Record<string, number>>;
  /** Whether other calls of the tool were permitted. */
  readonly wasPermitted: boolean;
}

/** What one agent may do, did and asked for. */
export interface AgentRights {
  readonly agent: string;
  /** What it may do with some arguments and did. */
  readonly used: readonly ObservedTool[];
  /** What it may do with some arguments and never did. */
  readonly unused: readonly string[];
  /** What it did although the policy at hand does not permit it with any arguments. */
  readonly gone: readonly string[];
  /** What it asked for and was refused. */
  readonly refused: readonly RefusedTool[];
}

/** How a permit rule can be narrowed without refusing anything that was observed. */
export interface NarrowedRule {
  readonly rule: string;
  /** `file:line:column` where it is known. */
  readonly at?: string;
  /** Tools that stay; empty = the rule permitted nothing and can go. */
  readonly tools: readonly string[];
  /** Tools that no permitted call rested on this rule for. */
  readonly drop: readonly string[];
}

/** What a policy grants beyond what a log shows. */
export interface ExcessRights {
  /** Records that were read, without those of definitions in lists. */
  readonly records: number;
  /** By agent, sorted. */
  readonly agents: readonly AgentRights[];
  /** Permit rules that are wider than what was observed, in the policy's order. */
  readonly narrower: readonly NarrowedRule[];
}

/** Options of {@link findExcessRights}. */
export interface ExcessRightsOptions {
  /** Typed facts that the policy's conditions use. */
  readonly facts?: readonly FactProvider[];
  /** Roles of agents that neither the policy nor the log says, by agent id. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
}

type Seen = Pick<
  DecisionRecord,
  "decisionId" | "agent" | "user" | "tool" | "action" | "code" | "rules" | "result" | "listed"
>;

/**
 * Compares what a policy grants with what a decision log shows: what an agent may do and never did,
 * what it asked for and never had, and which permit rules could be narrower.
 *
 * `may` means with some arguments, for the users of the log, and with the roles that the policy gives;
 * roles from tokens and resolvers are in no log and have to be handed in. A log shows what happened,
 * not what is needed once a year: the answer is a draft for people, and it never widens.
 *
 * @example
 * ```ts
 * import type { DecisionRecord, PolicyDocument } from "@portcullis/core";
 * import { findExcessRights } from "@portcullis/policy";
 *
 * declare const policy: PolicyDocument;
 * declare const log: readonly DecisionRecord[];
 * for (const { agent, unused } of findExcessRights(policy, log).agents) unused.map((tool) => [agent, tool]);
 * ```
 */
export function findExcessRights(
  policy: PolicyDocument,
  log: Iterable<Seen>,
  { facts = [], roles = {} }: ExcessRightsOptions = {},
): ExcessRights {
  const compiled = compilePolicy(policy, { facts });
  const decisions = new Map<string, Seen>();
  for (const record of log) {
    // The outcome comes after the intent of the same decision and says more.
    if (record.listed !== true) decisions.set(record.decisionId, record);
  }
  const seen = [...decisions.values()];
  const mayUse = (agent: string, users: readonly (string | undefined)[], tool: string): boolean =>
    users.some((user) =>
      couldPermit(compiled, {
        tool,
        args: UNKNOWN,
        session: UNKNOWN,
        principal: toPrincipal(policy, { agent, user, roles: own(roles, agent) ?? [] }),
        now: 0,
      }),
    );
  const agents = [...groupBy(seen, ({ agent }) => agent)].flatMap(([agent, records]) =>
    agent === undefined ? [] : [toRights(policy, { agent, records, mayUse })],
  );
  return {
    records: seen.length,
    agents: agents.toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
    narrower: findNarrower(policy, seen),
  };
}

function toRights(
  policy: PolicyDocument,
  at: {
    readonly agent: string;
    readonly records: readonly Seen[];
    readonly mayUse: (
      agent: string,
      users: readonly (string | undefined)[],
      tool: string,
    ) => boolean;
  },
): AgentRights {
  const { agent, records, mayUse } = at;
  const users = [...new Set(records.map(({ user }) => user))];
  const permitted = countBy(records.filter(isPermitted), ({ tool }) => tool);
  const granted = Object.keys(policy.tools).filter((tool) => mayUse(agent, users, tool));
  const isGranted = new Set(granted);
  const refused = groupBy(
    records.filter((record) => !isPermitted(record)),
    ({ tool }) => tool,
  );
  return {
    agent,
    used: sortedNames(permitted.keys())
      .filter((tool) => isGranted.has(tool))
      .map((tool) => ({ tool, calls: permitted.get(tool) ?? 0 })),
    unused: granted.filter((tool) => !permitted.has(tool)).toSorted(),
    gone: sortedNames(permitted.keys()).filter((tool) => !isGranted.has(tool)),
    refused: sortedNames(refused.keys()).map((tool) => {
      const calls = refused.get(tool) ?? [];
      const codes = [...countBy(calls, ({ code }) => code ?? "unknown")];
      return {
        tool,
        calls: calls.length,
        codes: Object.fromEntries(codes.toSorted(([a], [b]) => (a < b ? -1 : 1))),
        wasPermitted: permitted.has(tool),
      };
    }),
  };
}

/** What ran, also where it was aborted or suspended, approved by a person, or only shadowed. */
function isPermitted({ action }: Seen): boolean {
  return action === "permit";
}

function findNarrower(policy: PolicyDocument, seen: readonly Seen[]): readonly NarrowedRule[] {
  const toolsOf = new Map<string, Set<string>>();
  for (const { rules, tool } of seen.filter(isPermitted)) {
    for (const { id, effect } of rules) {
      if (effect !== "permit") continue;
      const tools = toolsOf.get(id) ?? new Set<string>();
      toolsOf.set(id, tools.add(tool));
    }
  }
  return policy.rules.flatMap(({ id, effect, tools = [], at }): readonly NarrowedRule[] => {
    if (effect !== "permit") return [];
    const observed = toolsOf.get(id);
    const drop = tools.filter((tool) => observed?.has(tool) !== true);
    if (drop.length === 0) return [];
    const kept = tools.filter((tool) => observed?.has(tool) === true);
    return [{ rule: id, ...(at === undefined ? {} : { at }), tools: kept, drop }];
  });
}

function toPrincipal(
  policy: PolicyDocument,
  known: {
    readonly agent: string;
    readonly user: string | undefined;
    readonly roles: readonly string[];
  },
): Principal {
  const agent = { id: known.agent, roles: known.roles };
  const base = { agent, chain: [agent], ceiling: "unlimited" } as const;
  const user = known.user === undefined ? undefined : { id: known.user, roles: [] };
  return withPolicyRoles(user === undefined ? base : { ...base, user }, policy);
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function sortedNames(names: Iterable<string>): readonly string[] {
  return [...names].toSorted();
}

function countBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(key(item)) ?? [];
    group.push(item);
    groups.set(key(item), group);
  }
  return groups;
}
