import { canonicalize } from "@portcullis/core";
import type {
  CanonicalArgs,
  EvaluationRequest,
  Json,
  Node,
  PolicyDocument,
  Rule,
  SessionSnapshot,
  ToolEntry,
} from "@portcullis/core";

/** One rule as every contender reads it: exact tool, agent and role, path prefix, upper bound. */
export interface PlainRule {
  readonly id: string;
  readonly tool: string;
  readonly agent: string;
  readonly role: string;
  readonly prefix: string;
  readonly max: number;
}

/** One call as every contender reads it. */
export interface PlainRequest {
  readonly tool: string;
  readonly agent: string;
  readonly role: string;
  readonly path: string;
  readonly amount: number;
  /** The one rule that permits it; absent where none does. */
  readonly rule?: string;
}

/**
 * `hit`: one of ten rules all over the policy permits; `hit-spread`: one of up to 256 rules does;
 * `near-miss`: a `hit` of which one test fails; `miss`: there is no such tool.
 *
 * The ten rules are as many as the smallest policy has: a larger policy is then compared with it
 * on equally much memory in use, and only the number of rules differs.
 */
export type DecisionCase = "hit" | "hit-spread" | "near-miss" | "miss";

/** The cases, in the order in which they are reported. */
export const CASES: readonly DecisionCase[] = ["hit", "hit-spread", "near-miss", "miss"];

/** Distinct requests of each case. */
export const REQUESTS = 256;

/** Distinct rules behind the requests, but for `hit-spread`. */
const RULES_IN_USE = 10;
const RULES_PER_TOOL = 10;
const AGENTS = 20;
const ROLES = 5;
const NOW = Date.UTC(2026, 10, 20, 9);
// Coprime with every size: the hits visit rules all over the policy, and each place in a tool.
const STRIDE = 7919;

/** Ten rules for each tool, 20 agents, 5 roles; no two rules of a tool share an agent. */
export function createRules(count: number): readonly PlainRule[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `rule-${index}`,
    tool: `tool_${Math.floor(index / RULES_PER_TOOL)}`,
    agent: `agent-${index % AGENTS}`,
    role: `role-${index % ROLES}`,
    prefix: `/data/team-${index}/`,
    max: 100 + index,
  }));
}

/** {@link REQUESTS} distinct requests of one case. */
export function createRequests(
  rules: readonly PlainRule[],
  kind: DecisionCase,
): readonly PlainRequest[] {
  return Array.from({ length: REQUESTS }, (_, index) => {
    const rule =
      kind === "hit-spread" ? rules[(index * STRIDE) % rules.length] : inUse(rules, index);
    const { id, tool, agent, role, prefix, max } = rule!;
    const request = {
      tool,
      agent,
      role,
      path: `${prefix}report-${index}.txt`,
      amount: index % 100,
    };
    if (kind === "hit" || kind === "hit-spread") return { ...request, rule: id };
    if (kind === "miss") return { ...request, tool: `absent_${index}` };
    if (index % 3 === 0) return { ...request, amount: max + 1 + index };
    if (index % 3 === 1) return { ...request, path: `/etc/report-${index}.txt` };
    return { ...request, role: `role-${ROLES + index}` };
  });
}

// Of each tenth of the policy one rule, each at another place within its tool.
function inUse(rules: readonly PlainRule[], index: number): PlainRule | undefined {
  const tenth = index % RULES_IN_USE;
  const place = rules.length > RULES_IN_USE ? tenth : 0;
  return rules[(Math.floor((tenth * rules.length) / RULES_IN_USE) + place) % rules.length];
}

/** The policy document of the rules; each tool has a schema and its own entry. */
export function createDocument(rules: readonly PlainRule[]): PolicyDocument {
  const names = new Set(rules.map(({ tool }) => tool));
  const roles = Array.from({ length: ROLES }, (_, index) => [`role-${index}`, {}] as const);
  return {
    ast: 1,
    name: "bench",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: Object.fromEntries(roles),
    tools: Object.fromEntries([...names].map((name) => [name, TOOL])),
    rules: rules.map(toRule),
    limits: [],
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [],
      approval: [],
    },
    approval: {
      queue: "default",
      priority: "normal",
      expiresSeconds: 900,
      approvers: [{ roles: [], count: 1 }],
      scope: "once",
      editable: [],
    },
    audit: { level: "basic" },
  };
}

/** Requests as the evaluator reads them. */
export function toEvaluationRequests(
  requests: readonly PlainRequest[],
): readonly EvaluationRequest[] {
  return requests.map(({ tool, agent: id, role, path, amount }) => {
    const agent = Object.freeze({ id, roles: Object.freeze([role]) });
    return {
      tool,
      args: toArgs({ path, amount }),
      principal: Object.freeze({ agent, chain: Object.freeze([agent]), ceiling: "unlimited" }),
      session: SESSION,
      now: NOW,
    };
  });
}

/** Canonical, frozen arguments. */
function toArgs(args: { readonly [name: string]: Json }): CanonicalArgs {
  return canonicalize(args).value as CanonicalArgs;
}

const SESSION: SessionSnapshot = Object.freeze({
  calls: Object.freeze([]),
  truncated: false,
  turn: 0,
  startedAt: NOW,
  labels: Object.freeze([]),
});

const TOOL: ToolEntry = {
  class: "read",
  sensitivity: "internal",
  reversible: true,
  origin: "local",
  input: {
    type: "object",
    properties: { path: { type: "string" }, amount: { type: "integer" } },
    required: ["path", "amount"],
  },
  result: { labels: [] },
};

function toRule({ id, tool, agent, role, prefix, max }: PlainRule): Rule {
  const when: Node = {
    op: "and",
    t: "bool",
    of: [
      {
        op: "in",
        t: "bool",
        a: { op: "lit", t: "string", value: role },
        b: { op: "var", t: { list: "string" }, name: "principal", path: ["agent", "roles"] },
      },
      {
        op: "startsWith",
        t: "bool",
        a: { op: "var", t: "string", name: "args", path: ["path"] },
        b: { op: "lit", t: "string", value: prefix },
      },
      {
        op: "le",
        t: "bool",
        a: { op: "var", t: "int", name: "args", path: ["amount"] },
        b: { op: "lit", t: "int", value: max },
      },
    ],
  };
  return { id, effect: "permit", agents: [agent], tools: [tool], when };
}
