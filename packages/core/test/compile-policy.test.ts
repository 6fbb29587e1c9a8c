import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import type { CompileOptions } from "../src/compile-policy.ts";
import { PortcullisError } from "../src/errors.ts";
import type { Issue } from "../src/errors.ts";
import { evaluatePolicy } from "../src/evaluate-policy.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import type { Node } from "../src/rule-ast.ts";
import * as b from "./support/policy-builders.ts";

const { rule, lit, path, op2, word, documentOf } = b;
const facts = [b.wordFacts()];

function issuesOf(document: PolicyDocument, options: CompileOptions = { facts }): readonly Issue[] {
  try {
    compilePolicy(document, options);
  } catch (error) {
    if (!PortcullisError.isInstance(error) || error.code !== "ERR_POLICY_INVALID") throw error;
    return error.fields.issues ?? [];
  }
  return [];
}

const withCondition = (when: Node): PolicyDocument =>
  documentOf({ rules: [rule("r", "forbid", { when, at: "p.yaml:4:2" })] });

const pattern = (source: string): PolicyDocument =>
  withCondition(b.matches(path("args.x", "string"), source));

describe("the index", () => {
  const tools = Object.fromEntries(
    ["act", ...Array.from({ length: 20 }, (_, at) => `t${at}`)].map((name) => [
      name,
      b.toolEntry(),
    ]),
  );
  const names = Object.keys(tools);
  const agents = Array.from({ length: 20 }, (_, at) => `a${at}`);
  const compile = (...rules: ReturnType<typeof rule>[]) =>
    compilePolicy(documentOf({ tools, rules }));

  test("puts exact tools and agents under their names", () => {
    const policy = compile(rule("x", "permit", { tools: ["act", "t1"], agents: ["a1", "a2"] }));
    for (const tool of ["act", "t1"]) {
      expect([...(policy.tools.get(tool)?.byAgent.keys() ?? [])]).toEqual(["a1", "a2"]);
      expect(policy.tools.get(tool)?.residual).toEqual([]);
    }
    expect(policy.tools.get("t2")?.byAgent.size).toBe(0);
    expect(policy.anyTool.residual).toEqual([]);
  });

  test.for<
    readonly [string, Parameters<typeof rule>[2], "byAgent" | "residual" | "any-agent" | "any"]
  >([
    ["16 tools", { tools: names.slice(0, 16), agents: ["a1"] }, "byAgent"],
    ["17 tools", { tools: names.slice(0, 17), agents: ["a1"] }, "any-agent"],
    ["no tools", { tools: undefined as never, agents: ["a1"] }, "any-agent"],
    ["16 agents", { tools: ["act"], agents: agents.slice(0, 16) }, "byAgent"],
    ["17 agents", { tools: ["act"], agents: agents.slice(0, 17) }, "residual"],
    ["no agents", { tools: ["act"] }, "residual"],
    ["a role", { tools: ["act"], agents: ["a1", "role:admin"] }, "residual"],
    ["neither", {}, "any"],
  ])("%s", ([, more, expected]) => {
    const { tools: wanted, ...others } = more ?? {};
    const policy = compile(
      rule("x", "forbid", wanted === undefined ? others : { ...others, tools: wanted }),
    );
    const slot = policy.tools.get("act");
    const found = [
      (slot?.byAgent.size ?? 0) > 0 ? "byAgent" : "",
      (slot?.residual.length ?? 0) > 0 ? "residual" : "",
      policy.anyTool.byAgent.size > 0 ? "any-agent" : "",
      policy.anyTool.residual.length > 0 ? "any" : "",
    ];
    expect(found.filter((place) => place !== "")).toEqual([expected]);
  });

  test("never takes a condition as a key", () => {
    const when = op2("eq", path("principal.agent.id", "string"), lit("a1"));
    const policy = compile(rule("x", "permit", { when }));
    expect(policy.tools.get("act")?.residual).toHaveLength(1);
  });
});

test("is frozen, and keeps the document it was made of", () => {
  const document = parsePolicy(documentOf({ rules: [rule("p", "permit")] }));
  const policy = compilePolicy(document);
  expect(policy.document).toBe(document);
  expect(Object.isFrozen(policy)).toBe(true);
  expect(Object.isFrozen(policy.tools.get("act"))).toBe(true);
  expect(Object.isFrozen(policy.tools.get("act")?.residual[0])).toBe(true);
});

test("parses what parsePolicy did not make", () => {
  const forged = { ...documentOf(), rules: [{ ...rule("p", "permit"), tools: ["nope"] }] };
  expect(issuesOf(forged)).toMatchObject([{ path: "/rules/0/tools/0" }]);
  const document = documentOf({ rules: [rule("p", "permit")] });
  const policy = compilePolicy(document);
  (document.rules as unknown[]).length = 0;
  expect(evaluatePolicy(policy, b.requestOf()).verdict).toBe("permit");
});

describe("facts that a policy refers to", () => {
  const text = (more: object = {}): Node => op2("eq", word("/x", "text", "string", more), lit("a"));
  const within = (more: object): Node => ({
    op: "within",
    t: "bool",
    a: word("/x", "text", "string"),
    b: lit("a"),
    ...more,
  });
  test.for<readonly [string, Node, string, RegExp]>([
    ["an unknown type", text({ type: "url@1" }), "/a/type", /give the guard a fact provider/],
    ["another version", text({ type: "word@2" }), "/a/type", /provider given is version 1/],
    ["an unknown field", text({ field: "host" }), "/a/field", /it has text, length, letters/],
    ["an inherited field", text({ field: "toString" }), "/a/field", /no such field/],
    [
      "a field of another type",
      op2("eq", word("/x", "length", "string"), lit("a")),
      "/a/t",
      /of type int/,
    ],
    [
      "an int that says it is dyn",
      op2("eq", word("/x", "length", "dyn"), lit(1)),
      "/a/t",
      /of type int/,
    ],
    [
      "a star that says it is one",
      op2("eq", word("/*", "text", "string"), lit("a")),
      "/a/t",
      /list\(string\)/,
    ],
    [
      "options that the provider refuses",
      text({ options: { bad: true } }),
      "/a/options",
      /does not take/,
    ],
    ["an unknown predicate", within({ op: "inCidr" }), "/op", /no predicate/],
    [
      "a predicate of another field",
      within({ a: word("/x", "letters", { list: "string" }) }),
      "/a/field",
      /reads the field `text`/,
    ],
    [
      "a fact behind has()",
      b.has(word("/x", "", { map: "dyn" }, { type: "url@1" })),
      "/a/type",
      /provider/,
    ],
    ["a fact behind a negation", b.not(text({ type: "url@1" })), "/a/a/type", /provider/],
  ])("%s", ([, when, place, message]) => {
    const [issue, ...others] = issuesOf(withCondition(when));
    expect(issue?.path).toBe(`/rules/0/when${place}`);
    expect(issue?.message).toMatch(message);
    expect(issue).toMatchObject({ file: "p.yaml", line: 4, column: 2 });
    expect(others).toEqual([]);
  });

  test("are looked up in risk additions, costs and declarations too, and all reported", () => {
    const bad = word("/x", "text", "string", { type: "url@1" });
    const document = documentOf({
      tools: {
        act: b.toolEntry({
          facts: {
            d: { type: "url@1", at: "/x" },
            e: { type: "word@1", at: "/x", options: { bad: 1 } },
          },
        }),
        other: b.toolEntry(),
      },
      risk: {
        ...documentOf().risk,
        add: [{ when: op2("eq", bad, lit("a")), points: 1, factor: "f" }],
      },
      limits: [
        {
          id: "l",
          per: ["agent"],
          budget: { unit: "x", amount: 1, windowSeconds: 1, cost: b.convert("int", bad) },
        },
      ],
      rules: [rule("r", "forbid", { when: op2("eq", bad, lit("a")) })],
    });
    expect(issuesOf(document).map((issue) => issue.path)).toEqual([
      "/tools/act/facts/d/type",
      "/tools/act/facts/e/options",
      "/rules/0/when/a/type",
      "/risk/add/0/when/a/type",
      "/limits/0/budget/cost/a/type",
    ]);
  });

  test("without providers none is known", () => {
    expect(issuesOf(withCondition(text()), {})).toHaveLength(1);
    expect(issuesOf(withCondition(text()))).toEqual([]);
  });

  test("a provider that gives no extractor is refused", () => {
    const broken = { ...b.wordFacts(), prepare: () => "extract" as never };
    expect(issuesOf(withCondition(text()), { facts: [broken] })).toHaveLength(1);
  });

  test("extractors are prepared once for each set of options", () => {
    let prepared = 0;
    const provider = b.wordFacts();
    const counting = {
      ...provider,
      prepare(options: Parameters<typeof provider.prepare>[0]) {
        prepared += 1;
        return provider.prepare(options);
      },
    };
    const when = b.and(
      text(),
      text(),
      text({ options: { a: 1, b: 2 } }),
      text({ options: { b: 2, a: 1 } }),
    );
    compilePolicy(withCondition(when), { facts: [counting] });
    expect(prepared).toBe(2);
  });
});

describe("patterns", () => {
  const linear = {
    compile(source: string) {
      if (source.includes("refused")) throw new Error("no");
      return { test: (text: string) => text.includes("linear") };
    },
  };

  test("of the native class need no matcher", () => {
    expect(issuesOf(pattern("^[a-z]+$"), {})).toEqual([]);
  });

  test("of the linear class are refused without one, and run by it", () => {
    const document = pattern("(a+)+x");
    const [issue] = issuesOf(document, {});
    expect(issue).toMatchObject({ path: "/rules/0/when/pattern", line: 4 });
    expect(issue?.message).toMatch(/needs a linear engine/);
    const policy = compilePolicy(document, { matcher: linear });
    const matches = (x: string): boolean =>
      evaluatePolicy(policy, b.requestOf({ args: { x } })).rules.length > 0;
    expect(matches("is linear")).toBe(true);
    expect(matches("aax")).toBe(false);
  });

  test("that the matcher refuses are refused", () => {
    expect(issuesOf(pattern("(?i)refused"), { matcher: linear })).toMatchObject([
      { path: "/rules/0/when/pattern" },
    ]);
  });

  test.for<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("x");
      },
    ],
    ["gives no boolean", () => "yes"],
  ])("a matcher that %s makes an error", ([, test_]) => {
    const matcher = { compile: () => ({ test: test_ as () => boolean }) };
    const outcome = b.outcomeOf(
      b.matches(path("args.x", "string"), "(?i)a"),
      { args: { x: "a" } },
      { matcher },
    );
    expect(outcome).toBe("error");
  });
});

test("compiles the costs of budgets", () => {
  const budget = { unit: "usd", amount: 1, windowSeconds: 1 };
  const policy = compilePolicy(
    documentOf({
      limits: [
        { id: "a", per: ["agent"], budget: { ...budget, cost: path("args.n", "double") } },
        { id: "b", per: ["agent"], budget },
      ],
    }),
  );
  expect([...policy.costs.keys()]).toEqual(["a"]);
});
