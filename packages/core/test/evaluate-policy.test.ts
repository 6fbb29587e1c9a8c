import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import { couldPermit, evaluatePolicy } from "../src/evaluate-policy.ts";
import type { Evaluation } from "../src/evaluate-policy.ts";
import { UNKNOWN } from "../src/evaluation-request.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import type { PolicyDocument, Rule } from "../src/policy-document.ts";
import type { Grant } from "../src/principal.ts";
import type { Node } from "../src/rule-ast.ts";
import * as b from "./support/policy-builders.ts";

const { rule, lit, path, op2, and, each, documentOf, party, ERROR, TRUE, FALSE } = b;

function decide(
  rules: readonly Rule[],
  request: Partial<EvaluationRequest> = {},
  more: Partial<PolicyDocument> = {},
): Evaluation {
  return evaluatePolicy(compilePolicy(documentOf({ rules, ...more })), b.requestOf(request));
}

/** `permit`, or the code of the denial. */
function answer(...parameters: Parameters<typeof decide>): string {
  const { verdict, code } = decide(...parameters);
  return code ?? verdict;
}

const about = (more: Partial<Rule>): readonly Rule[] => [rule("p", "permit", more)];

const within = (ceiling: readonly Grant[], args = {}): string =>
  answer([rule("p", "permit")], { principal: b.principalOf(undefined, { ceiling }), args });

const argued = (constraints: NonNullable<Grant["args"]>): readonly Grant[] => [
  { tool: "act", args: constraints },
];

const level = (from: number, queue: string) => ({ ...b.APPROVAL, from, queue });

const add = (points: number, factor: string, when: Node = TRUE) => ({ when, points, factor });

const could = (rules: readonly Rule[], request: Partial<EvaluationRequest> = {}): boolean =>
  couldPermit(
    compilePolicy(documentOf({ rules })),
    b.requestOf({ args: UNKNOWN, session: UNKNOWN, ...request }),
  );

describe("verdicts: a condition that errs counts in forbid and require, not in permit", () => {
  const permit = rule("p", "permit");
  const conditions: readonly (readonly [string, Node | undefined])[] = [
    ["none", undefined],
    ["true", TRUE],
    ["false", FALSE],
    ["error", ERROR],
  ];
  const expected: Readonly<Record<Rule["effect"], readonly string[]>> = {
    permit: ["permit", "permit", "no-applicable-rule", "no-applicable-rule"],
    forbid: ["forbidden-by-rule", "forbidden-by-rule", "permit", "forbidden-by-rule"],
    require: ["permit", "permit", "permit", "permit"],
  };
  const all = Object.entries(expected).flatMap(([effect, answers]) =>
    conditions.map(([name, when], at) => [effect, name, when, answers[at]] as const),
  );
  test.for(all)("a %s with the condition %s", ([effect, name, when, code]) => {
    const one = rule("x", effect as Rule["effect"], when === undefined ? {} : { when });
    const result = decide(effect === "permit" ? [one] : [permit, one]);
    expect(result.code ?? result.verdict).toBe(code);
    const match = result.rules.find(({ id }) => id === "x");
    const applies = name === "error" ? effect !== "permit" : name !== "false";
    expect(match !== undefined).toBe(applies);
    expect(match?.erred ?? false).toBe(applies && name === "error");
    expect(result.obligations.notify.map(({ channel }) => channel)).toEqual(
      effect === "require" && applies ? ["x"] : [],
    );
  });

  test("no rule at all denies, and a require alone grants nothing", () => {
    expect(answer([])).toBe("no-applicable-rule");
    expect(answer([rule("r", "require")])).toBe("no-applicable-rule");
  });

  test("a tool that is not in the catalogue is denied, whatever its name", () => {
    for (const tool of ["nope", "", "__proto__", "constructor", "toString", "ACT"]) {
      expect(answer([rule("p", "permit")], { tool })).toBe("no-applicable-rule");
    }
  });

  test("a permit for another tool does not help", () => {
    expect(answer([rule("p", "permit", { tools: ["other"] })])).toBe("no-applicable-rule");
    expect(answer([rule("p", "permit", { tools: ["other", "act"] })])).toBe("permit");
  });

  test("all rules that apply are listed, sorted by id, with their source; others are not", () => {
    const result = decide([
      rule("z", "permit", { at: "p.yaml:1:2" }),
      rule("m", "require"),
      rule("a", "forbid", { when: ERROR }),
      rule("b", "permit", { when: FALSE }),
    ]);
    expect(result.rules).toEqual([
      { id: "a", effect: "forbid", erred: true, shadow: false },
      { id: "m", effect: "require", erred: false, shadow: false },
      { id: "z", effect: "permit", erred: false, shadow: false, source: "p.yaml:1:2" },
    ]);
  });

  test("the forbid with the smallest id decides, with its texts", () => {
    const result = decide([
      rule("c", "forbid"),
      rule("a", "forbid", { when: FALSE, message: "not this" }),
      rule("b", "forbid", { at: "p.yaml:7:1", message: "No.", hint: "Ask first." }),
      rule("p", "permit"),
    ]);
    expect(result.rule).toEqual({
      id: "b",
      source: "p.yaml:7:1",
      message: "No.",
      hint: "Ask first.",
    });
    expect(result.obligations.notify).toEqual([]);
  });

  test("a deny carries no obligations", () => {
    expect(decide([rule("r", "require")]).obligations.notify).toEqual([]);
    expect(
      decide([rule("p", "permit"), rule("r", "require"), rule("f", "forbid")]).obligations.notify,
    ).toEqual([]);
  });

  test("obligations that contradict deny", () => {
    const clamp = (id: string, bounds: object): Rule =>
      rule(id, "require", { obligations: [{ type: "clamp", path: "/n", ...bounds }] });
    const rules = [rule("p", "permit"), clamp("r1", { min: 5 }), clamp("r2", { max: 4 })];
    expect(answer(rules)).toBe("obligation-conflict");
    expect(decide(rules).rules.map(({ id }) => id)).toEqual(["p", "r1", "r2"]);
  });
});

describe("shadow rules are recorded and never count", () => {
  const shadow = { mode: "shadow" } as const;
  test.for<readonly [string, readonly Rule[], string]>([
    ["a permit", [rule("s", "permit", shadow)], "no-applicable-rule"],
    ["a forbid", [rule("p", "permit"), rule("s", "forbid", shadow)], "permit"],
    [
      "a forbid that errs",
      [rule("p", "permit"), rule("s", "forbid", { ...shadow, when: ERROR })],
      "permit",
    ],
    ["a require", [rule("p", "permit"), rule("s", "require", shadow)], "permit"],
  ])("%s", ([, rules, expected]) => {
    const result = decide(rules);
    expect(result.code ?? result.verdict).toBe(expected);
    expect(result.rules.find(({ id }) => id === "s")?.shadow).toBe(true);
    expect(result.obligations.notify).toEqual([]);
    expect(result.rule).toBeUndefined();
  });

  test("a policy in shadow mode says what it would say in force", () => {
    expect(answer([rule("p", "permit")], {}, { mode: "shadow" })).toBe("permit");
    expect(answer([rule("p", "permit"), rule("f", "forbid")], {}, { mode: "shadow" })).toBe(
      "forbidden-by-rule",
    );
  });
});

describe("who a rule is about", () => {
  test.for<readonly [string, Partial<Rule>, boolean]>([
    ["the agent", { agents: ["bot"] }, true],
    ["another agent", { agents: ["bob"] }, false],
    ["one of several", { agents: ["bob", "bot"] }, true],
    ["a role of the agent", { agents: ["role:support"] }, true],
    ["a role of the user", { agents: ["role:admin"] }, false],
    ["a role or an id", { agents: ["role:admin", "bot"] }, true],
    ["another in other letters", { agents: ["BOT"] }, false],
    ["the user", { users: ["user:ann"] }, true],
    ["another user", { users: ["user:bob"] }, false],
    ["a role of the user as user", { users: ["role:admin"] }, true],
    ["a role of the agent as user", { users: ["role:support"] }, false],
    ["both", { agents: ["bot"], users: ["user:ann"] }, true],
    ["the agent and another user", { agents: ["bot"], users: ["user:bob"] }, false],
    ["more agents than the index takes", { agents: [...many("agent"), "bot"] }, true],
    ["more agents than the index takes, without ours", { agents: many("agent") }, false],
    ["more tools than the index takes", { tools: [...many("tool"), "act"] }, true],
    ["more tools than the index takes, without ours", { tools: many("tool") }, false],
    [
      "many tools and many agents",
      { tools: [...many("tool"), "act"], agents: [...many("agent"), "bot"] },
      true,
    ],
    ["many tools and another agent", { tools: [...many("tool"), "act"], agents: ["bob"] }, false],
    ["many tools and the agent", { tools: [...many("tool"), "act"], agents: ["bot"] }, true],
  ])("%s", ([, more, isAbout]) => {
    const tools = Object.fromEntries(
      ["act", "other", ...many("tool")].map((name) => [name, b.toolEntry()]),
    );
    expect(answer(about(more), {}, { tools })).toBe(isAbout ? "permit" : "no-applicable-rule");
  });

  test("a rule about users never holds where there is no person", () => {
    const principal = b.withoutUser([party("bot", "admin")]);
    expect(answer(about({ users: ["user:ann"] }), { principal })).toBe("no-applicable-rule");
    expect(answer(about({ users: ["role:admin"] }), { principal })).toBe("no-applicable-rule");
    expect(answer(about({}), { principal })).toBe("permit");
  });

  test("an agent whose id looks like a role holds none", () => {
    const principal = b.principalOf([party("role:support")]);
    expect(answer(about({ agents: ["role:support"] }), { principal })).toBe("no-applicable-rule");
  });

  test.for(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "the agent %s is a name like others",
    (id) => {
      const principal = b.principalOf([party(id)]);
      expect(answer([rule("p", "permit", { agents: ["bot"] })], { principal })).toBe(
        "no-applicable-rule",
      );
      expect(answer([rule("p", "permit", { agents: [id] })], { principal })).toBe("permit");
      expect(
        answer([rule("p", "permit"), rule("f", "forbid", { agents: [id] })], { principal }),
      ).toBe("forbidden-by-rule");
      expect(answer([rule("p", "permit"), rule("f", "forbid", { agents: [id] })])).toBe("permit");
    },
  );
});

describe("every actor of the chain must be permitted", () => {
  const chain = [party("bot", "support"), party("planner")];
  const principal = b.principalOf(chain);
  test.for<readonly [string, readonly Rule[], string]>([
    ["one permit for all", [rule("p", "permit")], "permit"],
    [
      "a permit for the acting agent alone",
      [rule("p", "permit", { agents: ["bot"] })],
      "no-applicable-rule",
    ],
    [
      "a permit for the delegator alone",
      [rule("p", "permit", { agents: ["planner"] })],
      "no-applicable-rule",
    ],
    [
      "a permit for each",
      [rule("p", "permit", { agents: ["bot"] }), rule("q", "permit", { agents: ["planner"] })],
      "permit",
    ],
    [
      "a forbid for the delegator",
      [rule("p", "permit"), rule("f", "forbid", { agents: ["planner"] })],
      "forbidden-by-rule",
    ],
    [
      "a forbid by the delegator's condition",
      [
        rule("p", "permit"),
        rule("f", "forbid", {
          when: op2("eq", path("principal.agent.id", "string"), lit("planner")),
        }),
      ],
      "forbidden-by-rule",
    ],
    [
      "a role of one of them",
      [rule("p", "permit", { agents: ["role:support"] })],
      "no-applicable-rule",
    ],
  ])("%s", ([, rules, expected]) => {
    expect(answer(rules, { principal })).toBe(expected);
  });

  test("obligations of all are merged, and a rule is listed once, erred if it erred for one", () => {
    const asksActor = op2("eq", path("args.who.0"), path("principal.agent.id", "string"));
    const result = decide(
      [
        rule("p", "permit"),
        rule("r1", "require", { agents: ["bot"] }),
        rule("r2", "require", { agents: ["planner"] }),
        rule("r3", "require", {
          when: b.or(op2("eq", path("principal.agent.id", "string"), lit("bot")), asksActor),
        }),
      ],
      { principal },
    );
    expect(result.rules).toEqual([
      { id: "p", effect: "permit", erred: false, shadow: false },
      { id: "r1", effect: "require", erred: false, shadow: false },
      { id: "r2", effect: "require", erred: false, shadow: false },
      { id: "r3", effect: "require", erred: true, shadow: false },
    ]);
    expect(result.obligations.notify.map(({ channel }) => channel)).toEqual(["r1", "r2", "r3"]);
  });

  test("an empty chain is denied", () => {
    expect(answer([rule("p", "permit")], { principal: b.principalOf([]) })).toBe("not-delegated");
  });
});

describe("the ceiling comes first", () => {
  test.for<readonly [string, readonly Grant[], object, boolean]>([
    ["nothing delegated", [], {}, false],
    ["another tool", [{ tool: "other" }], {}, false],
    ["a longer name", [{ tool: "act2" }], {}, false],
    ["the tool, any arguments", [{ tool: "act" }], { x: 1 }, true],
    ["no arguments delegated", argued({}), { x: 1 }, false],
    ["no arguments delegated, none given", argued({}), {}, true],
    ["anything for x", argued({ x: { type: "wildcard" } }), { x: [1] }, true],
    ["x must be there", argued({ x: { type: "wildcard" } }), {}, false],
    ["x under another name", argued({ x: { type: "wildcard" } }), { y: 1 }, false],
    ["an argument that is not named", argued({ x: { type: "wildcard" } }), { x: 1, y: 1 }, false],
    ["exactly 1", argued({ x: { type: "exact", value: 1 } }), { x: 1 }, true],
    ["exactly 1, given a text", argued({ x: { type: "exact", value: 1 } }), { x: "1" }, false],
    [
      "exactly a list",
      argued({ x: { type: "exact", value: [1, { a: 2 }] } }),
      { x: [1, { a: 2 }] },
      true,
    ],
    [
      "exactly another list",
      argued({ x: { type: "exact", value: [1, { a: 2 }] } }),
      { x: [1, { a: 3 }] },
      false,
    ],
    ["one of", argued({ x: { type: "one_of", values: ["a", "b"] } }), { x: "b" }, true],
    ["none of", argued({ x: { type: "one_of", values: ["a", "b"] } }), { x: "c" }, false],
    ["one of nothing", argued({ x: { type: "one_of", values: [] } }), { x: "c" }, false],
    ["within a range", argued({ x: { type: "range", min: 0, max: 5 } }), { x: 5 }, true],
    ["below a range", argued({ x: { type: "range", min: 0, max: 5 } }), { x: -1 }, false],
    ["above a range", argued({ x: { type: "range", min: 0, max: 5 } }), { x: 5.1 }, false],
    ["a range of texts", argued({ x: { type: "range", min: 0 } }), { x: "3" }, false],
    [
      "a range with a broken bound",
      argued({ x: { type: "range", max: Number.NaN } }),
      { x: 1 },
      false,
    ],
    ["an unknown constraint", argued(JSON.parse('{"x":{"type":"regex"}}')), { x: 1 }, false],
    ["another than those", argued({ x: { type: "not_one_of", excluded: [1] } }), { x: 2 }, true],
    ["one of those", argued({ x: { type: "not_one_of", excluded: [1] } }), { x: 1 }, false],
    [
      "an excluded bound",
      argued({ x: { type: "range", min: 0, minInclusive: false } }),
      { x: 0 },
      false,
    ],
    [
      "another excluded bound",
      argued({ x: { type: "range", max: 5, maxInclusive: false } }),
      { x: 5 },
      false,
    ],
    ["all required", argued({ x: { type: "contains", required: ["a"] } }), { x: ["b", "a"] }, true],
    ["one missing", argued({ x: { type: "contains", required: ["a", "c"] } }), { x: ["a"] }, false],
    ["listed ones", argued({ x: { type: "subset", allowed: ["a", "b"] } }), { x: ["a"] }, true],
    ["one not listed", argued({ x: { type: "subset", allowed: ["a"] } }), { x: ["a", "c"] }, false],
    ["no list", argued({ x: { type: "subset", allowed: ["a"] } }), { x: "a" }, false],
    [
      "each clause",
      argued({
        x: {
          type: "all",
          constraints: [
            { type: "range", min: 0 },
            { type: "range", max: 5 },
          ],
        },
      }),
      { x: 3 },
      true,
    ],
    [
      "not each clause",
      argued({
        x: { type: "all", constraints: [{ type: "wildcard" }, { type: "range", max: 5 }] },
      }),
      { x: 6 },
      false,
    ],
    ["no clause", argued({ x: { type: "all", constraints: [] } }), { x: 6 }, false],
    [
      "some clause",
      argued({
        x: {
          type: "any",
          constraints: [
            { type: "exact", value: 6 },
            { type: "range", max: 5 },
          ],
        },
      }),
      { x: 6 },
      true,
    ],
    ["no alternative", argued({ x: { type: "any", constraints: [] } }), { x: 6 }, false],
    ...(["one_of", "not_one_of", "contains", "subset", "all", "any"] as const).map(
      (type) =>
        [
          `${type} without its list`,
          argued(JSON.parse(`{"x":{"type":"${type}"}}`)),
          { x: ["a"] },
          false,
        ] as const,
    ),
    ["the second grant", [{ tool: "act", args: {} }, { tool: "act" }], { x: 1 }, true],
    ["an inherited argument", argued(JSON.parse('{"toString":{"type":"wildcard"}}')), {}, false],
    [
      "an inherited argument beside another",
      argued(JSON.parse('{"toString":{"type":"wildcard"}}')),
      { x: 1 },
      false,
    ],
    ["an inherited constraint", argued({ x: { type: "wildcard" } }), { toString: 1 }, false],
  ])("%s", ([, ceiling, args, isWithin]) => {
    expect(within(ceiling, args)).toBe(isWithin ? "permit" : "not-delegated");
  });

  test("before forbids and before the catalogue", () => {
    const principal = b.principalOf(undefined, { ceiling: [] });
    expect(answer([rule("f", "forbid")], { principal })).toBe("not-delegated");
    expect(answer([], { principal, tool: "nope" })).toBe("not-delegated");
  });
});

describe("risk", () => {
  const base = documentOf().risk;
  const permits = [rule("p", "permit", { tools: ["act", "other"] })];
  const scored = (
    risk: Partial<PolicyDocument["risk"]>,
    request: Partial<EvaluationRequest> = {},
  ): Evaluation => decide(permits, request, { risk: { ...base, ...risk } });

  test("is the class's base, named as a factor", () => {
    expect(scored({}).risk).toEqual({ score: 5, factors: [{ factor: "class:read", points: 5 }] });
    expect(scored({}, { tool: "other" }).risk.score).toBe(50);
  });

  test("adds what holds or errs, and names it", () => {
    const { risk } = scored({
      add: [add(10, "held"), add(20, "not", FALSE), add(30, "erred", ERROR)],
    });
    expect(risk).toEqual({
      score: 45,
      factors: [
        { factor: "class:read", points: 5 },
        { factor: "held", points: 10 },
        { factor: "erred", points: 30 },
      ],
    });
  });

  test("is at most 100", () => {
    expect(scored({ add: [add(90, "a"), add(90, "b")] }).risk.score).toBe(100);
  });

  test("is the highest over the actors", () => {
    const isPlanner = op2("eq", path("principal.agent.id", "string"), lit("planner"));
    const principal = b.principalOf([party("bot"), party("planner"), party("root")]);
    expect(scored({ add: [add(10, "planner", isPlanner)] }, { principal }).risk.score).toBe(15);
  });

  test("is told on a deny too", () => {
    const result = decide([], {}, { risk: { ...base, add: [add(10, "held")] } });
    expect(result.risk.score).toBe(15);
  });

  test.for<readonly [points: number, verdict: string, queue: string | undefined]>([
    [24, "permit", undefined],
    [25, "permit", "quick"],
    [54, "permit", "quick"],
    [55, "permit", "security"],
    [74, "permit", "security"],
    [75, "risk-too-high", undefined],
    [95, "risk-too-high", undefined],
  ])("with %s points on top of 5: %s, approval of %s", ([points, verdict, queue]) => {
    const result = scored({
      add: [add(points, "x")],
      approval: [level(30, "quick"), level(60, "security")],
      deny: { from: 80 },
    });
    expect(result.code ?? result.verdict).toBe(verdict);
    expect(result.obligations.approval?.queue).toBe(queue);
    expect(result.obligations.approval ?? {}).not.toHaveProperty("from");
  });

  test("from 0 on everything needs approval, or nothing passes", () => {
    expect(
      scored({ base: { ...base.base, read: 0 }, approval: [level(0, "all")] }).obligations.approval
        ?.queue,
    ).toBe("all");
    expect(scored({ base: { ...base.base, read: 0 }, deny: { from: 0 } }).code).toBe(
      "risk-too-high",
    );
  });

  test("a refusal notifies its channel, a forbid comes before it", () => {
    const risk = { ...base, deny: { from: 0, notify: { channel: "security" } } };
    const refused = decide(permits, {}, { risk });
    expect(refused.obligations.notify).toEqual([
      { channel: "security", priority: "high", required: false },
    ]);
    expect(answer([...permits, rule("f", "forbid")], {}, { risk })).toBe("forbidden-by-rule");
    expect(answer([], {}, { risk })).toBe("no-applicable-rule");
  });

  test("an approval by risk merges with those of rules", () => {
    const ask = rule("r", "require", {
      obligations: [{ type: "approval", ...b.APPROVAL, queue: "rules" }],
    });
    const result = decide(
      [...permits, ask],
      {},
      { risk: { ...base, approval: [level(0, "risk")] } },
    );
    expect(result.obligations.approval?.queue).toBe("risk+rules");
  });
});

describe("the work of one decision is bounded, whatever operators stand around", () => {
  const list = Array.from({ length: 400 }, (_, at) => at);
  const nested = each(
    "all",
    path("args.list"),
    each("exists", path("args.list"), op2("eq", path("x"), path("y")), "y"),
  );
  const spent = and(nested, TRUE);
  const args = { list, text: "a".repeat(60_000), list2: [list, list] };
  test.for<readonly [string, readonly Rule[]]>([
    ["a permit", [rule("p", "permit", { when: spent })]],
    [
      "a permit behind ||",
      [
        rule("p", "permit", { when: b.or(TRUE, FALSE) }),
        rule("q", "permit", { when: b.or(spent, TRUE) }),
      ],
    ],
    [
      "a forbid that would not apply",
      [rule("p", "permit"), rule("f", "forbid", { when: and(spent, FALSE) })],
    ],
    ["a negation", [rule("p", "permit", { when: b.not(spent) })]],
    ["a shadow rule", [rule("p", "permit"), rule("s", "forbid", { mode: "shadow", when: spent })]],
    ["a require", [rule("p", "permit"), rule("r", "require", { when: spent })]],
    ["a choice", [rule("p", "permit", { when: b.cond(spent, TRUE, TRUE) })]],
    [
      "equality of texts",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            op2("eq", path("args.text"), lit("b".repeat(60_000))),
          ),
        }),
      ],
    ],
    [
      "equality of two paths",
      [
        rule("p", "permit", {
          when: each("exists", path("args.list"), op2("ne", path("args.text"), path("args.text"))),
        }),
      ],
    ],
    [
      "equality of lists",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            each(
              "exists",
              path("args.list"),
              op2("ne", path("args.list2"), path("args.list2")),
              "y",
            ),
          ),
        }),
      ],
    ],
    [
      "order of texts",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            op2("lt", path("args.text", "string"), path("args.text", "string")),
          ),
        }),
      ],
    ],
    [
      "contains",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            op2("contains", path("args.text", "string"), lit("b")),
          ),
        }),
      ],
    ],
    [
      "startsWith",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            b.not(op2("startsWith", path("args.text", "string"), path("args.text", "string"))),
          ),
        }),
      ],
    ],
    [
      "size of a text",
      [
        rule("p", "permit", {
          when: each("exists", path("args.list"), op2("eq", b.size(path("args.text")), lit(0))),
        }),
      ],
    ],
    [
      "matches",
      [
        rule("p", "permit", {
          when: each("exists", path("args.list"), b.matches(path("args.text"), "b")),
        }),
      ],
    ],
    [
      "membership",
      [
        rule("p", "permit", {
          when: each(
            "exists",
            path("args.list"),
            each("exists", path("args.list"), op2("in", lit(-1), path("args.list")), "y"),
          ),
        }),
      ],
    ],
    [
      "membership of a text in literals",
      [
        rule("p", "permit", {
          when: each("exists", path("args.list"), op2("in", path("args.text"), lit(["b"]))),
        }),
      ],
    ],
    [
      "the user's words",
      [rule("p", "permit", { when: each("exists", path("args.list"), b.said(path("args.text"))) })],
    ],
  ])("%s", ([, rules]) => {
    const result = decide(rules, { args, workLimit: 50_000, request: ["hello"] });
    expect(result.code).toBe("work-exceeded");
    expect(result.work).toBeGreaterThan(50_000);
    // Giving up comes soon after the limit: no operator goes on.
    expect(result.work).toBeLessThan(400_000);
  });

  test("also in what adds to the risk", () => {
    const risk = { ...documentOf().risk, add: [{ when: spent, points: 0, factor: "x" }] };
    expect(answer([rule("p", "permit")], { args, workLimit: 50_000 }, { risk })).toBe(
      "work-exceeded",
    );
  });

  test("the actors share one counter", () => {
    const when = each("all", path("args.list"), TRUE);
    const alone = { args, workLimit: 700 };
    expect(answer([rule("p", "permit", { when })], alone)).toBe("permit");
    const principal = b.principalOf([party("bot"), party("planner")]);
    expect(answer([rule("p", "permit", { when })], { ...alone, principal })).toBe("work-exceeded");
  });

  test("the default is a million, and what was spent is told", () => {
    const rules = [rule("p", "permit", { when: each("all", path("args.list"), TRUE) })];
    expect(decide(rules, { args }).work).toBe(400);
    const long = Array.from({ length: 1_000_001 }, () => 0);
    expect(answer(rules, { args: { list: long } })).toBe("work-exceeded");
    expect(answer(rules, { args: { list: long.slice(1) } })).toBe("permit");
  });

  test("what a pattern costs counts by its steps", () => {
    const args64 = { text: "a".repeat(60_000) };
    const cheap = decide([rule("p", "forbid", { when: b.matches(path("args.text"), "b") })], {
      args: args64,
    });
    const dear = decide(
      [
        rule("p", "forbid", {
          when: b.matches(path("args.text"), "(?:a|b)(?:a|b)(?:a|b)(?:a|b)c"),
        }),
      ],
      { args: args64 },
    );
    expect(cheap.work).toBe(60_000);
    expect(dear.work).toBeGreaterThan(60_000);
  });
});

describe("couldPermit: may this tool be permitted at all", () => {
  const byArgs = op2("eq", path("args.x"), lit(1));
  const byAgent = (id: string): Node => op2("eq", path("principal.agent.id", "string"), lit(id));
  const chain = b.principalOf([party("bot"), party("planner")]);
  test.for<readonly [string, readonly Rule[], boolean, Partial<EvaluationRequest>?]>([
    ["no rule", [], false],
    ["a permit", [rule("p", "permit")], true],
    ["a permit that depends on arguments", [rule("p", "permit", { when: byArgs })], true],
    ["a permit that is false", [rule("p", "permit", { when: FALSE })], false],
    [
      "a permit that is false whatever the arguments",
      [rule("p", "permit", { when: and(byArgs, FALSE) })],
      false,
    ],
    ["a permit for another agent", [rule("p", "permit", { agents: ["bob"] })], false],
    [
      "a permit by condition for another agent",
      [rule("p", "permit", { when: and(byArgs, byAgent("bob")) })],
      false,
    ],
    ["a permit for another tool", [rule("p", "permit", { tools: ["other"] })], false],
    ["a permit in shadow", [rule("p", "permit", { mode: "shadow" })], false],
    ["a forbid", [rule("p", "permit"), rule("f", "forbid")], false],
    [
      "a forbid that depends on arguments",
      [rule("p", "permit"), rule("f", "forbid", { when: byArgs })],
      true,
    ],
    [
      "a forbid that is true whatever the arguments",
      [rule("p", "permit"), rule("f", "forbid", { when: b.or(byArgs, TRUE) })],
      false,
    ],
    ["a forbid in shadow", [rule("p", "permit"), rule("f", "forbid", { mode: "shadow" })], true],
    [
      "a forbid for another agent",
      [rule("p", "permit"), rule("f", "forbid", { agents: ["bob"] })],
      true,
    ],
    ["a require", [rule("p", "permit"), rule("r", "require")], true],
    ["every actor", [rule("p", "permit")], true, { principal: chain }],
    ["one actor only", [rule("p", "permit", { agents: ["bot"] })], false, { principal: chain }],
    [
      "a forbid for one actor",
      [rule("p", "permit"), rule("f", "forbid", { agents: ["planner"] })],
      false,
      { principal: chain },
    ],
    ["an empty chain", [rule("p", "permit")], false, { principal: b.principalOf([]) }],
    ["an unknown tool", [rule("p", "permit")], false, { tool: "nope" }],
    [
      "a ceiling without the tool",
      [rule("p", "permit")],
      false,
      { principal: b.principalOf(undefined, { ceiling: [] }) },
    ],
    [
      "a ceiling with the tool",
      [rule("p", "permit")],
      true,
      { principal: b.principalOf(undefined, { ceiling: [{ tool: "act", args: {} }] }) },
    ],
    [
      "known facts",
      [rule("p", "permit", { when: op2("eq", path("context.t"), lit("b")) })],
      false,
      { facts: { t: "a" } },
    ],
  ])("%s", ([, rules, expected, request]) => {
    expect(could(rules, request)).toBe(expected);
  });

  test("is bounded too, and says no beyond the bound", () => {
    const when = each("all", path("context.list"), TRUE);
    const request = { facts: { list: [1, 2, 3] }, workLimit: 2 };
    expect(could([rule("p", "permit", { when })], request)).toBe(false);
    expect(could([rule("p", "permit", { when })], { ...request, workLimit: 3 })).toBe(true);
  });
});

test("evaluation has no memory", () => {
  const policy = compilePolicy(
    documentOf({ rules: [rule("p", "permit", { when: each("all", path("args.list"), TRUE) })] }),
  );
  const request = b.requestOf({ args: { list: [1, 2] } });
  const first = evaluatePolicy(policy, request);
  expect(evaluatePolicy(policy, request)).toEqual(first);
  expect(evaluatePolicy(policy, b.requestOf({ args: {} })).verdict).toBe("deny");
  expect(evaluatePolicy(policy, request)).toEqual(first);
});

function many(prefix: string): string[] {
  return Array.from({ length: 17 }, (_, at) => `${prefix}-${at}`);
}
