import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import { UNKNOWN } from "../src/evaluation-request.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import { explainRules } from "../src/explain.ts";
import type { ClauseTrace, RuleTrace } from "../src/explain.ts";
import type { Rule } from "../src/policy-document.ts";
import type { Node } from "../src/rule-ast.ts";
import * as b from "./support/policy-builders.ts";

const { rule, lit, path, op2, and, each, party, ERROR, TRUE, FALSE } = b;

function explain(
  rules: readonly Rule[],
  request: Partial<EvaluationRequest> = {},
): readonly RuleTrace[] {
  const policy = compilePolicy(b.documentOf({ rules }), { facts: [b.wordFacts()] });
  return explainRules(policy, b.requestOf(request));
}

function clauseOf(when: Node, request: Partial<EvaluationRequest> = {}): ClauseTrace {
  const [trace] = explain([rule("r", "forbid", { when })], request);
  if (trace?.condition === undefined) throw new Error("no condition");
  return trace.condition;
}

describe("rules", () => {
  test("about the tool are listed by id, with what they say of themselves", () => {
    const traces = explain([
      rule("b", "permit", { at: "p.yaml:3:1", text: "true", when: TRUE }),
      rule("a", "forbid", { mode: "shadow", when: FALSE }),
      rule("c", "permit", { tools: ["other"] }),
    ]);
    expect(traces).toMatchObject([
      {
        id: "a",
        effect: "forbid",
        shadow: true,
        hop: 0,
        actor: "bot",
        result: false,
        applies: false,
      },
      {
        id: "b",
        effect: "permit",
        shadow: false,
        source: "p.yaml:3:1",
        text: "true",
        result: true,
        applies: true,
      },
    ]);
  });

  test.for<readonly [string, Rule, Partial<RuleTrace>]>([
    ["no condition", rule("r", "permit"), { result: true, applies: true }],
    [
      "a permit that errs",
      rule("r", "permit", { when: ERROR }),
      { result: "error", applies: false },
    ],
    [
      "a forbid that errs",
      rule("r", "forbid", { when: ERROR }),
      { result: "error", applies: true },
    ],
    [
      "a require that errs",
      rule("r", "require", { when: ERROR }),
      { result: "error", applies: true },
    ],
    [
      "another agent",
      rule("r", "permit", { agents: ["bob"] }),
      { isAboutAgent: false, isAboutUser: true, applies: false },
    ],
    [
      "a role of the agent",
      rule("r", "permit", { agents: ["role:support"] }),
      { isAboutAgent: true, applies: true },
    ],
    [
      "another user",
      rule("r", "permit", { users: ["user:bob"] }),
      { isAboutAgent: true, isAboutUser: false, applies: false },
    ],
    [
      "the user",
      rule("r", "permit", { users: ["user:ann"] }),
      { isAboutUser: true, applies: true },
    ],
  ])("%s", ([, one, expected]) => {
    expect(explain([one])).toMatchObject([expected]);
  });

  test("that are not about the caller keep their condition unasked", () => {
    const [trace] = explain([rule("r", "permit", { agents: ["bob"], when: TRUE })]);
    expect(trace).not.toHaveProperty("condition");
    expect(trace).not.toHaveProperty("result");
  });

  test("about users are about nobody where there is no person", () => {
    const traces = explain([rule("r", "permit", { users: ["user:ann"] })], {
      principal: b.withoutUser(),
    });
    expect(traces).toMatchObject([{ isAboutUser: false, applies: false }]);
  });

  test("stand to every actor of the chain apart", () => {
    const when = op2("eq", path("principal.agent.id", "string"), lit("planner"));
    const principal = b.principalOf([party("bot"), party("planner")]);
    expect(explain([rule("r", "permit", { when })], { principal })).toMatchObject([
      { hop: 0, actor: "bot", applies: false },
      { hop: 1, actor: "planner", applies: true },
    ]);
  });

  test("of a tool that is not in the catalogue are none", () => {
    expect(explain([rule("f", "forbid")], { tool: "toString" })).toEqual([]);
  });
});

describe("clauses", () => {
  test("show the failing one with its values", () => {
    const when = and(
      op2("le", path("args.n", "int"), lit(10)),
      op2("startsWith", path("args.s", "string"), lit("a")),
    );
    expect(clauseOf(when, { args: { n: 12, s: "abc" } })).toEqual({
      place: "",
      op: "and",
      value: false,
      operands: [
        {
          place: "/of/0",
          op: "le",
          value: false,
          operands: [
            { place: "/of/0/a", op: "var", value: 12, operands: [] },
            { place: "/of/0/b", op: "lit", value: 10, operands: [] },
          ],
        },
        {
          place: "/of/1",
          op: "startsWith",
          value: true,
          operands: [
            { place: "/of/1/a", op: "var", value: "abc", operands: [] },
            { place: "/of/1/b", op: "lit", value: "a", operands: [] },
          ],
        },
      ],
    });
  });

  test("that err have no value, up to the operator that absorbs them", () => {
    const trace = clauseOf(b.or(ERROR, TRUE));
    expect(trace.value).toBe(true);
    expect(trace.operands[0]).not.toHaveProperty("value");
    expect(trace.operands[0]?.operands[0]).not.toHaveProperty("value");
    expect(trace.operands[1]?.value).toBe(true);
  });

  test("show the branch taken only", () => {
    const trace = clauseOf(b.cond(FALSE, lit(true), lit(false)));
    expect(trace.operands.map(({ place, value }) => [place, value])).toEqual([
      ["/c", false],
      ["/b", false],
    ]);
    expect(clauseOf(b.cond(ERROR, TRUE, TRUE)).operands).toHaveLength(1);
  });

  test("of a quantifier show its list and every body, up to 16", () => {
    const when = each("exists", path("args.l"), op2("eq", path("x"), lit(2)));
    const trace = clauseOf(when, { args: { l: [1, 2, 3] } });
    expect(trace.operands.map(({ place, value }) => [place, value])).toEqual([
      ["/over", [1, 2, 3]],
      ["/body", false],
      ["/body", true],
      ["/body", false],
    ]);
    const long = clauseOf(when, { args: { l: Array.from({ length: 100 }, () => 2) } });
    expect(long.operands).toHaveLength(17);
    expect(long.value).toBe(true);
  });

  test("show facts, presence and defaults as values", () => {
    const args = { w: "word" };
    expect(
      clauseOf(op2("eq", b.word("/w", "length", "int"), lit(4)), { args }).operands[0]?.value,
    ).toBe(4);
    expect(clauseOf(b.has(path("args.w")), { args })).toEqual({
      place: "",
      op: "has",
      value: true,
      operands: [],
    });
    const fallback = op2("eq", b.orValue(path("args.gone"), lit(7)), lit(7));
    expect(clauseOf(fallback, { args }).operands[0]?.value).toBe(7);
  });

  test("of an unknown root err", () => {
    expect(clauseOf(op2("eq", path("args.x"), lit(1)), { args: UNKNOWN })).not.toHaveProperty(
      "value",
    );
  });

  test("are bounded as well", () => {
    const when = each("all", path("args.l"), TRUE);
    const args = { l: Array.from({ length: 100 }, () => 1) };
    expect(clauseOf(when, { args, workLimit: 9 })).not.toHaveProperty("value");
    expect(clauseOf(when, { args, workLimit: 10 }).value).toBe(true);
  });
});
