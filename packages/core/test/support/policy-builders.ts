import { compilePolicy } from "../../src/compile-policy.ts";
import type { CompiledPolicy, CompileOptions } from "../../src/compile-policy.ts";
import { evaluatePolicy } from "../../src/evaluate-policy.ts";
import type { EvaluationRequest } from "../../src/evaluation-request.ts";
import { explainRules } from "../../src/explain.ts";
import type { Json } from "../../src/json.ts";
import type { ApprovalTerms, PolicyDocument, Rule, ToolEntry } from "../../src/policy-document.ts";
import type { FactProvider } from "../../src/ports/fact-provider.ts";
import type { SessionSnapshot } from "../../src/ports/session-store.ts";
import type { Party, Principal } from "../../src/principal.ts";
import type { FactNode, LitNode, Node, StaticType, VarNode } from "../../src/rule-ast.ts";

/** 20 November 2026, 09:00 UTC. */
export const NOW: number = Date.UTC(2026, 10, 20, 9);

export const APPROVAL: ApprovalTerms = {
  queue: "default",
  priority: "normal",
  expiresSeconds: 900,
  approvers: [{ roles: [], count: 1 }],
  scope: "once",
  editable: [],
};

/** A literal; its type is guessed where it is not given: whole numbers are ints. */
export function lit(value: Json, t?: StaticType): LitNode {
  return { op: "lit", t: t ?? guessType(value), value };
}

function guessType(value: Json): StaticType {
  if (value === null) return "null";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "double";
  if (Array.isArray(value)) return { list: value.length === 0 ? "dyn" : guessType(value[0]) };
  return { map: "dyn" };
}

/** A path, `args.a.0.b`: dotted, digits are indices. */
export function path(text: string, t: StaticType = "dyn"): VarNode {
  const [name = "", ...steps] = text.split(".");
  return {
    op: "var",
    t,
    name,
    path: steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
  };
}

/** A field of the fact `word@1`. */
export function word(at: string, field: string, t: StaticType, more: object = {}): FactNode {
  return { op: "fact", t, type: "word@1", at, field, ...more };
}

type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "in";
type TextTest = "startsWith" | "endsWith" | "contains";
type Arithmetic = "add" | "sub" | "mul" | "div" | "mod";

export const op2 = (op: Comparison | TextTest, a: Node, b: Node): Node => ({ op, t: "bool", a, b });
export const and = (...of: Node[]): Node => ({ op: "and", t: "bool", of });
export const or = (...of: Node[]): Node => ({ op: "or", t: "bool", of });
export const not = (a: Node): Node => ({ op: "not", t: "bool", a });
export const has = (a: VarNode | FactNode): Node => ({ op: "has", t: "bool", a });
export const size = (a: Node): Node => ({ op: "size", t: "int", a });
export const said = (a: VarNode): Node => ({ op: "userSaid", t: "bool", a });
export const anomaly = (a: VarNode): Node => ({ op: "anomaly", t: "double", a });
export const matches = (a: Node, pattern: string): Node => ({
  op: "matches",
  t: "bool",
  a,
  pattern,
});
export const cond = (c: Node, a: Node, b: Node): Node => ({ op: "cond", t: a.t, c, a, b });
export const orValue = (a: VarNode, b: LitNode): Node => ({ op: "orValue", t: b.t, a, b });
export const calc = (op: Arithmetic, t: StaticType, a: Node, b: Node): Node => ({ op, t, a, b });
export const neg = (a: Node): Node => ({ op: "neg", t: a.t, a });
export const convert = (
  to: "int" | "double" | "string" | "bool" | "timestamp" | "duration",
  a: Node,
): Node => ({ op: "convert", t: to, to, a });
export const each = (
  op: "all" | "exists" | "existsOne",
  over: Node,
  body: Node,
  as = "x",
): Node => ({
  op,
  t: "bool",
  over,
  as,
  body,
});

/** A condition that is always an error where `args.absent` is. */
export const ERROR: Node = op2("eq", path("args.absent"), lit(1));
export const TRUE: Node = lit(true);
export const FALSE: Node = lit(false);

export function toolEntry(more: Partial<ToolEntry> = {}): ToolEntry {
  return {
    class: "read",
    sensitivity: "internal",
    reversible: true,
    origin: "local",
    input: { type: "object", additionalProperties: true },
    result: { labels: [] },
    ...more,
  };
}

export function rule(id: string, effect: Rule["effect"], more: Partial<Rule> = {}): Rule {
  const base = effect === "permit" ? { tools: ["act"] } : {};
  const carried: Partial<Rule> =
    effect === "require"
      ? { obligations: [{ type: "notify", channel: id, priority: "low", required: false }] }
      : {};
  return { id, effect, ...base, ...carried, ...more };
}

export function documentOf(more: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    ast: 1,
    name: "test",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: { admin: {}, support: {} },
    tools: { act: toolEntry(), other: toolEntry({ class: "pay", reversible: false }) },
    rules: [],
    limits: [],
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [],
      approval: [],
    },
    approval: APPROVAL,
    audit: { level: "basic" },
    ...more,
  };
}

export function party(id: string, ...roles: string[]): Party {
  return { id, roles };
}

export function principalOf(
  chain: readonly Party[] = [party("bot", "support")],
  more: Partial<Principal> = {},
): Principal {
  const agent = chain[0] ?? party("bot");
  return { agent, chain, ceiling: "unlimited", user: party("user:ann", "admin"), ...more };
}

/** A principal with no person behind the agent. */
export function withoutUser(chain: readonly Party[] = [party("bot")]): Principal {
  return { agent: chain[0] ?? party("bot"), chain, ceiling: "unlimited" };
}

export function sessionOf(more: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return { calls: [], truncated: false, turn: 0, startedAt: NOW, labels: [], ...more };
}

export function requestOf(more: Partial<EvaluationRequest> = {}): EvaluationRequest {
  return {
    tool: "act",
    args: {},
    principal: principalOf(),
    session: sessionOf(),
    now: NOW,
    ...more,
  };
}

/**
 * A fact that fails on anything but lower-case letters: fields `text`, `length`, `letters`.
 * Extractions are counted in `calls`.
 */
export function wordFacts(calls: string[] = []): FactProvider {
  return {
    type: "word",
    version: 1,
    fields: { text: "string", length: "int", letters: { list: "string" } },
    predicates: {
      within: {
        field: "text",
        test(field, operand) {
          if (operand === "throw") throw new Error("cannot compare");
          return (
            typeof field === "string" && typeof operand === "string" && operand.includes(field)
          );
        },
      },
    },
    prepare(options) {
      if (Object.hasOwn(options, "bad")) throw new Error("bad option");
      return (value) => {
        calls.push(JSON.stringify(value));
        if (value === "throw") throw new Error("broken extractor");
        if (typeof value !== "string" || !/^[a-z]+$/.test(value)) {
          return { ok: false, code: "malformed" };
        }
        return { ok: true, value: { text: value, length: value.length, letters: value.split("") } };
      };
    },
  };
}

/** How a condition decides and what it costs: a forbid with it applies, erred, or does not. */
export function decisionOf(
  when: Node,
  request: Partial<EvaluationRequest> = {},
  options: CompileOptions = { facts: [wordFacts()] },
): { readonly outcome: boolean | "error"; readonly work: number; readonly policy: CompiledPolicy } {
  const document = documentOf({ rules: [rule("asked", "forbid", { when })] });
  const policy = compilePolicy(document, options);
  const { rules, work } = evaluatePolicy(policy, requestOf(request));
  const [match] = rules;
  return { outcome: match === undefined ? false : match.erred ? "error" : true, work, policy };
}

/**
 * What a condition comes to, found through the whole pipeline: a forbid with it applies, applies
 * erred, or does not apply. The trace that explains the decision has to say the same.
 */
export function outcomeOf(
  when: Node,
  request: Partial<EvaluationRequest> = {},
  options: CompileOptions = { facts: [wordFacts()] },
): boolean | "error" {
  const { outcome, policy } = decisionOf(when, request, options);
  if (request.workLimit !== undefined) return outcome;
  const [trace] = explainRules(policy, requestOf(request));
  if (trace?.result === outcome) return outcome;
  throw new Error(`Decided ${String(outcome)}, explained as ${String(trace?.result)}.`);
}
