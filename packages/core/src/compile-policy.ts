import { compileCondition, compileValue } from "./compile-condition.ts";
import type { ConditionParts } from "./compile-condition.ts";
import type { MatchedRule, RiskScore } from "./decision.ts";
import type { Condition, ToolView, Value } from "./evaluate/frame.ts";
import { toolAttributes } from "./evaluate/roots.ts";
import { createVariable } from "./evaluate/variables.ts";
import type { Place } from "./argument-labels.ts";
import { exemptPlaces } from "./flow/exempt-places.ts";
import { legalArguments, valueSources } from "./flow/value-sources.ts";
import type { LegalArgument, ValueSource } from "./flow/value-sources.ts";
import { isParsedPolicy, parsePolicy } from "./parse-policy.ts";
import { createIssueReport, policyInvalid } from "./policy/issue-report.ts";
import { historyArguments } from "./policy/history-arguments.ts";
import type { ComparedOperand, HistoryArgument } from "./policy/history-arguments.ts";
import { sampledArguments } from "./policy/sampled-arguments.ts";
import type { SampledArgument } from "./policy/sampled-arguments.ts";
import { linkPolicy } from "./policy/link-policy.ts";
import type { PolicyDocument, Rule, ToolEntry } from "./policy-document.ts";
import type { FactProvider } from "./ports/fact-provider.ts";
import type { PatternMatcher } from "./ports/pattern-matcher.ts";

/** Who a rule is about. */
export interface CompiledParties {
  readonly ids: ReadonlySet<string>;
  readonly roles: readonly string[];
}

/** A rule whose condition is a closure. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly id: string;
  readonly effect: Rule["effect"];
  /** True for a rule of shadow mode: recorded, never counted. */
  readonly isShadow: boolean;
  /** Tested only where the index does not already say it; absent = every agent. */
  readonly agents: CompiledParties | undefined;
  /** Absent = every or no user. */
  readonly users: CompiledParties | undefined;
  /** Tested only where the index does not already say it. */
  readonly tools: ReadonlySet<string> | undefined;
  /** Absent = always. */
  readonly condition: Condition | undefined;
  /** What a decision lists when the rule applies without an error. */
  readonly match: MatchedRule;
}

/** Rules of one tool, or of all tools: by exact agent id, and the others. */
interface RuleSlot {
  readonly byAgent: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Rules without agents, with roles, or with more than 16 agents. */
  readonly residual: readonly CompiledRule[];
}

/** One catalogued tool. */
export interface CompiledTool extends RuleSlot {
  readonly name: string;
  readonly entry: ToolEntry;
  readonly view: ToolView;
  /** Places of arguments without labels; empty where no condition reads labels of values. */
  readonly exempt: readonly Place[];
  /** Arguments that may come from declared results. */
  readonly legal: readonly LegalArgument[];
  /** Places of its results that arguments may come from. */
  readonly sources: readonly ValueSource[];
  /** The score without additions. */
  readonly baseRisk: RiskScore;
}

/** One addition to the risk score. */
interface CompiledRiskFactor {
  readonly condition: Condition;
  readonly points: number;
  readonly factor: string;
}

/** A policy ready to be evaluated; frozen, made by `compilePolicy` only. */
export interface CompiledPolicy {
  /** The document as `parsePolicy` gave it. */
  readonly document: PolicyDocument;
  /** Catalogued tools with the rules that name them. */
  readonly tools: ReadonlyMap<string, CompiledTool>;
  /** Rules about all tools or more than 16. */
  readonly anyTool: RuleSlot;
  readonly riskFactors: readonly CompiledRiskFactor[];
  /** Costs of budgets by limit id; a limit without one costs 1. */
  readonly costs: ReadonlyMap<string, Value>;
  /** Arguments whose numbers the session keeps of completed calls, as `anomaly` reads them. */
  readonly sampled: readonly SampledArgument[];
  /** What conditions read of the arguments of earlier calls. */
  readonly history: CompiledHistory;
  /** Prepared facts and patterns, for `explainRules`. */
  readonly parts: ConditionParts;
}

/** What arguments of earlier calls are compared with. */
interface ComparedValue extends Pick<ComparedOperand, "isSpread" | "tools"> {
  readonly read: Value;
}

/** What the conditions of a policy read of the arguments of earlier calls. */
interface CompiledHistory {
  /** Kept of every call. */
  readonly kept: readonly HistoryArgument[];
  /** What they are compared with; with its elements where it is the right side of `in`. */
  readonly compared: readonly ComparedValue[];
}

/** What conditions may refer to besides the request. */
export interface CompileOptions {
  /** Providers of typed facts; default none. */
  readonly facts?: readonly FactProvider[];
  /** Engine for patterns that are not of the native class; default none. */
  readonly matcher?: PatternMatcher;
}

const MAX_KEYS = 16;
const NO_PLACES: readonly Place[] = Object.freeze([]);
const NO_SOURCES: readonly ValueSource[] = Object.freeze([]);
const ROLE = "role:";

/**
 * Compiles a policy to closures over an index tool → agent → residual. Done once per policy, off
 * the request path; nothing is generated as code.
 *
 * A document that does not come from `parsePolicy` is parsed first.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue: an unknown fact type, version,
 * field, option or predicate, or a pattern that needs a linear engine where none is given.
 *
 * @example
 * ```ts
 * declare const bundled: unknown;
 * const policy = compilePolicy(parsePolicy(bundled));
 * ```
 */
export function compilePolicy(
  document: PolicyDocument,
  options: CompileOptions = {},
): CompiledPolicy {
  const parsed = isParsedPolicy(document) ? document : parsePolicy(document);
  const report = createIssueReport();
  const links = { facts: options.facts ?? [], matcher: options.matcher };
  const parts = linkPolicy(parsed, links, report);
  if (report.issues.length > 0) throw policyInvalid(report.issues);

  const sources = valueSources(parsed.tools);
  const byTool = new Map<string, CompiledRule[]>();
  const anyTool: CompiledRule[] = [];
  for (const rule of parsed.rules) {
    const compiled = compileRule(rule, parts);
    if (compiled.tools !== undefined || rule.tools === undefined) anyTool.push(compiled);
    else for (const tool of rule.tools) listAt(byTool, tool).push(compiled);
  }
  return Object.freeze({
    document: parsed,
    tools: new Map(
      Object.entries(parsed.tools).map(([name, entry]) => [
        name,
        compileTool(parsed, {
          name,
          entry,
          rules: byTool.get(name) ?? [],
          exempt: parts.readsLabels ? exemptPlaces(entry) : NO_PLACES,
          sources: sources.get(name) ?? NO_SOURCES,
        }),
      ]),
    ),
    anyTool: toSlot(anyTool),
    riskFactors: parsed.risk.add.map(({ when, points, factor }) =>
      Object.freeze({ condition: compileCondition(when, parts), points, factor }),
    ),
    costs: compileCosts(parsed, parts),
    sampled: sampledArguments(parsed),
    history: compileHistory(parsed, parts),
    parts,
  });
}

function compileHistory(document: PolicyDocument, parts: ConditionParts): CompiledHistory {
  const { kept, compared } = historyArguments(document);
  return Object.freeze({
    kept,
    compared: Object.freeze(
      compared.map(({ node, ...use }) => ({ read: compileValue(node, parts), ...use })),
    ),
  });
}

function compileRule(rule: Rule, parts: ConditionParts): CompiledRule {
  const { id, effect, when, at } = rule;
  const isShadow = rule.mode === "shadow";
  const hasManyTools = (rule.tools?.length ?? 0) > MAX_KEYS;
  const match = { id, effect, erred: false, shadow: isShadow };
  return Object.freeze({
    rule,
    id,
    effect,
    isShadow,
    agents: toParties(rule.agents),
    users: toParties(rule.users),
    tools: hasManyTools ? new Set(rule.tools) : undefined,
    condition: when === undefined ? undefined : compileCondition(when, parts),
    match: Object.freeze(at === undefined ? match : { ...match, source: at }),
  });
}

function toParties(names: readonly string[] | undefined): CompiledParties | undefined {
  if (names === undefined) return undefined;
  return {
    ids: new Set(names.filter((name) => !isRole(name))),
    roles: names.filter(isRole).map((name) => name.slice(ROLE.length)),
  };
}

function isRole(name: string): boolean {
  return name.startsWith(ROLE);
}

function compileTool(
  { risk }: PolicyDocument,
  tool: {
    readonly name: string;
    readonly entry: ToolEntry;
    readonly rules: readonly CompiledRule[];
    readonly exempt: readonly Place[];
    readonly sources: readonly ValueSource[];
  },
): CompiledTool {
  const { name, entry, rules, exempt, sources } = tool;
  const points = risk.base[entry.class];
  const factors = Object.freeze([Object.freeze({ factor: `class:${entry.class}`, points })]);
  return Object.freeze({
    name,
    entry,
    view: Object.freeze({
      attributes: toolAttributes(name, entry),
      resourceType: entry.resource?.type,
      resourceId: entry.resource && createVariable(entry.resource.id, []),
    }),
    exempt,
    legal: legalArguments(entry),
    sources,
    baseRisk: Object.freeze({ score: points, factors }),
    ...toSlot(rules),
  });
}

// Roles are live, so only exact ids are keys; nothing in a condition ever is.
function toSlot(rules: readonly CompiledRule[]): RuleSlot {
  const byAgent = new Map<string, CompiledRule[]>();
  const residual: CompiledRule[] = [];
  for (const rule of rules) {
    const { agents } = rule;
    if (agents === undefined || agents.roles.length > 0 || agents.ids.size > MAX_KEYS) {
      residual.push(rule);
    } else {
      // Under its key the index already says who the rule is about.
      const keyed = Object.freeze({ ...rule, agents: undefined });
      for (const id of agents.ids) listAt(byAgent, id).push(keyed);
    }
  }
  return { byAgent, residual };
}

function listAt(lists: Map<string, CompiledRule[]>, key: string): CompiledRule[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: CompiledRule[] = [];
  lists.set(key, list);
  return list;
}

function compileCosts(document: PolicyDocument, parts: ConditionParts): ReadonlyMap<string, Value> {
  const costs = new Map<string, Value>();
  for (const { id, budget } of document.limits) {
    if (budget?.cost !== undefined) costs.set(id, compileValue(budget.cost, parts));
  }
  return costs;
}
