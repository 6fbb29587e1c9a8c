import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import type { Issue } from "../src/errors.ts";
import { PortcullisError } from "../src/errors.ts";
import { MAX_DURATION, MAX_TIMESTAMP, MIN_TIMESTAMP } from "../src/evaluate/time-text.ts";
import type { Json } from "../src/json.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import { CONDITION_LIMITS } from "../src/rule-ast.ts";
import type { Node } from "../src/rule-ast.ts";
import { FULL } from "./support/full-policy.ts";
import * as b from "./support/policy-builders.ts";

const { each, lit, op2, path } = b;

function issuesOf(document: unknown): readonly Issue[] {
  try {
    parsePolicy(document);
    return [];
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    return error.fields.issues ?? [];
  }
}

const forbidding = (when: Node, more: object = {}) =>
  b.documentOf({
    tools: { act: b.toolEntry({ input: { type: "object", additionalProperties: true } }) },
    rules: [b.rule("r", "forbid", { when, ...more })],
  });

function withMember(pointer: string, value: unknown): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(FULL));
  const steps = pointer.split("/").slice(1);
  const last = steps.pop() ?? "";
  const holder = steps.reduce<unknown>((inner, step) => Reflect.get(Object(inner), step), copy);
  Reflect.set(Object(holder), last, value);
  return copy;
}

const x = (length: number): string => "x".repeat(length);

const wide = (nodes: number): Node => b.and(...Array.from({ length: nodes - 1 }, () => lit(true)));

const listed = (length: number): Node =>
  op2("in", lit(1), lit(Array.from({ length }, (_, index) => index)));

const broken = (at: unknown): unknown => ({
  ...b.documentOf(),
  rules: [{ ...b.rule("r", "forbid"), at, mode: "loud" }],
});

const zeros = (count: number) => Array.from({ length: count }, () => 0);

const load = (when: Node, facts = [b.wordFacts()]) => {
  try {
    compilePolicy(forbidding(when), { facts });
    return [];
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    return (error.fields.issues ?? []).map((issue) => issue.path);
  }
};

describe("a member at its bound", () => {
  const pointer = (length: number): string => `/${x(length - 1)}`;
  test.for<readonly [at: string, good: Json, bad: Json]>([
    ["/name", x(256), x(257)],
    ["/name", "x", ""],
    ["/name", "Москва", "Mосква"],
    ["/name", "Ωmega".replace("Ω", "O"), "Ωmega"],
    ["/name", "two words", "two  words"],
    ["/name", "two words", " words"],
    ["/serial", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1],
    ["/serial", 0, -1],
    ["/rules/1/message", x(1000), x(1001)],
    ["/rules/1/hint", "x", ""],
    ["/rules/2/at", x(1024), x(1025)],
    ["/rules/2/text", x(CONDITION_LIMITS.sourceBytes), x(CONDITION_LIMITS.sourceBytes + 1)],
    [
      "/rules/2/text",
      "😀".repeat(CONDITION_LIMITS.sourceBytes / 4),
      `${"😀".repeat(CONDITION_LIMITS.sourceBytes / 4)}x`,
    ],
    ["/rules/2/text", "\u0080".repeat(4096), "\u0080".repeat(4097)],
    ["/rules/2/text", "\u0800".repeat(2730), "\u0800".repeat(2731)],
    ["/rules/2/obligations/0/path", pointer(1024), pointer(1025)],
    ["/rules/2/obligations/0/path", "/a~0~1", "/a~2"],
    ["/rules/2/obligations/0/path", "/", ""],
    ["/rules/2/obligations/0/max", 0, -0.5],
    ["/rules/2/obligations/2/expiresSeconds", 31 * 86_400, 31 * 86_400 + 1],
    ["/rules/2/obligations/2/expiresSeconds", 1, 0],
    ["/rules/2/obligations/2/approvers/0/count", 16, 17],
    ["/rules/2/obligations/2/queue", "a-b", "a+b"],
    ["/limits/0/rates/0/burst", 100, 101],
    ["/limits/0/rates/0/windowSeconds", 366 * 86_400, 366 * 86_400 + 1],
    ["/limits/0/budget/soft/at", 1, 1.001],
    ["/limits/0/budget/amount", Number.MIN_VALUE, 0],
    ["/limits/0/budget/windowSeconds", 0.5, 0],
    ["/limits/1/per", ["agent", "session"], ["agent", "tool"]],
    ["/limits/0/per", ["agent", "tool"], ["agent", "agent"]],
    ["/risk/approval/1/from", 79, 80],
    ["/risk/approval/1/from", 31, 30],
    ["/roles/support/agents", ["bot"], ["role:bot"]],
    ["/roles/support/agents", ["bot", "bot2"], ["bot", "bot"]],
    ["/rules/0/agents", ["role:support"], ["role:boss"]],
    ["/tools/act/pin", `sha256:${"_".repeat(43)}`, `sha256:${"+".repeat(43)}`],
    ["/tools/act/facts/dest/type", "url@999999999", "url@01"],
    ["/context", true, 1],
    [
      "/rules/2/obligations/0",
      { type: "clamp", path: "/n", min: 5, max: 5 },
      { type: "clamp", path: "/n", min: 5, max: 4 },
    ],
    [
      "/rules/2/obligations/0",
      { type: "clamp", path: "/n", min: 5 },
      { type: "clamp", path: "/n" },
    ],
    [
      "/rules/2/obligations/0",
      { type: "clamp", path: "/n", max: 5 },
      { type: "clamp", path: "/n", oneOf: [] },
    ],
    [
      "/rules/2/obligations/0",
      { type: "clamp", path: "/n", oneOf: [5] },
      { type: "clamp", path: "/n", oneOf: [5, 5] },
    ],
    [
      "/limits/1/budget",
      { unit: "tokens", amount: 1, windowSeconds: 60, soft: { at: 0.5 } },
      { unit: "tokens", amount: 1, windowSeconds: 0, soft: { at: 0.5 } },
    ],
    [
      "/limits/1/budget",
      { unit: "tokens", amount: 1, windowSeconds: 60 },
      { unit: "tokens", amount: 1, windowSeconds: 60, cost: lit(1) as unknown as Json },
    ],
  ])("%s: %j, not %j", ([at, good, bad]) => {
    expect(issuesOf(withMember(at, good))).toEqual([]);
    expect(issuesOf(withMember(at, bad)).length).toBeGreaterThan(0);
  });

  test.for(["constructor", "toString", "__proto__", "prototype", "hasOwnProperty"])(
    "a role, tool or fact cannot be named %s",
    (name) => {
      const entry = (value: unknown): string =>
        `{${JSON.stringify(name)}:${JSON.stringify(value)}}`;
      for (const [member, value] of [
        ["roles", {}],
        ["tools", b.toolEntry()],
      ] as const) {
        const text = JSON.stringify({ ...b.documentOf(), [member]: 0 });
        const document: unknown = JSON.parse(
          text.replace(`"${member}":0`, `"${member}":${entry(value)}`),
        );
        expect(issuesOf(document).length).toBeGreaterThan(0);
      }
    },
  );
});

describe("a condition at its bound", () => {
  const nested = (depth: number): Node => (depth === 1 ? lit(true) : b.not(nested(depth - 1)));
  test.for<readonly [string, (size: number) => Node, number]>([
    ["levels", nested, CONDITION_LIMITS.depth],
    ["nodes", wide, CONDITION_LIMITS.nodes],
    ["literals in a list", listed, CONDITION_LIMITS.listLiterals],
  ])("%s", ([, make, most]) => {
    expect(issuesOf(forbidding(make(most)))).toEqual([]);
    const [first, ...others] = issuesOf(forbidding(make(most + 1)));
    expect(first?.message).toContain(String(most));
    // One problem is told once, however much too large it is.
    expect(others).toEqual([]);
  });
});

describe("a condition that means something", () => {
  const compared = (a: Node): Node => op2("eq", a, lit(null));
  const word = (at: string): Node => compared(b.word(at, "text", { list: "string" }));
  test.for<readonly [string, good: Node, bad: Node]>([
    [
      "the first moment",
      compared(lit(MIN_TIMESTAMP, "timestamp")),
      compared(lit(MIN_TIMESTAMP - 1, "timestamp")),
    ],
    [
      "the last moment",
      compared(lit(MAX_TIMESTAMP, "timestamp")),
      compared(lit(MAX_TIMESTAMP + 1, "timestamp")),
    ],
    [
      "the longest duration",
      compared(lit(MAX_DURATION, "duration")),
      compared(lit(MAX_DURATION + 1, "duration")),
    ],
    [
      "the shortest duration",
      compared(lit(-MAX_DURATION, "duration")),
      compared(lit(-MAX_DURATION - 1, "duration")),
    ],
    ["a large double", compared(lit(1e300, "double")), compared(lit(1e300, "int"))],
    ["null", compared(lit(null)), compared(lit(0, "null"))],
    ["anything", compared(lit({ a: [1] }, "dyn")), compared(lit({ a: [1] }, { list: "dyn" }))],
    ["a map", compared(lit({ a: 1 }, { map: "int" })), compared(lit({ a: "1" }, { map: "int" }))],
    [
      "a map of maps",
      compared(lit({ a: {} }, { map: { map: "int" } })),
      compared(lit([1], { map: "int" })),
    ],
    ["one star", word("/l/*"), word("/l/*/*")],
    [
      "a default for an argument",
      compared(b.orValue(path("args.s", "string"), lit("a"))),
      compared(b.orValue(lit("a") as never, lit("a"))),
    ],
    [
      "what the user said, of an element",
      each("all", path("args.l"), b.said(path("x"))),
      b.said(path("context.l")),
    ],
    [
      "an anomaly of an argument",
      compared(b.anomaly(path("args.n"))),
      each("all", path("args.l"), compared(b.anomaly(path("x")))),
    ],
    [
      "an anomaly of a number",
      compared(b.anomaly(path("args.n", "double"))),
      compared(b.anomaly(path("args.s", "string"))),
    ],
    [
      "an unknown number, chosen from",
      compared(b.cond(lit(true), path("args.n"), lit(1, "int"))),
      compared(b.cond(lit(true), lit("a"), lit(1, "int"))),
    ],
  ])("%s", ([, good, bad]) => {
    expect(issuesOf(forbidding(good))).toEqual([]);
    expect(issuesOf(forbidding(bad)).length).toBeGreaterThan(0);
  });

  test("an argument of a tool whose name every object inherits is looked for nowhere", () => {
    const document = {
      ...forbidding(lit(true)),
      rules: [{ id: "r", effect: "forbid", tools: ["toString"], when: b.has(path("args.x")) }],
    };
    expect(issuesOf(document).map(({ path: at }) => at)).toEqual(["/rules/0/tools/0"]);
  });
});

describe("a role that is compared", () => {
  const roles = path("principal.user.roles", { list: "string" });
  test.for<readonly [string, Node, boolean]>([
    ["declared", op2("in", lit("admin"), roles), true],
    ["not declared", op2("in", lit("boss"), roles), false],
    ["in an argument", op2("in", path("args.role", "string"), roles), true],
  ])("%s", ([, when, isGood]) => {
    expect(issuesOf(forbidding(when)).length === 0).toBe(isGood);
  });
});

describe("where problems are told", () => {
  test.for<readonly [unknown, object]>([
    ["policy.yaml:12:3", { file: "policy.yaml", line: 12, column: 3 }],
    ["C:\\p.yaml:1:2", { file: "C:\\p.yaml", line: 1, column: 2 }],
    ["policy.yaml:12", {}],
    [":12:3", {}],
    ["p:1234567890:1", {}],
    [`${"p".repeat(1020)}:1:1`, { file: "p".repeat(1020), line: 1, column: 1 }],
    [`${"p".repeat(1021)}:1:1`, {}],
    [12, {}],
  ])("at %j", ([at, position]) => {
    const issue = issuesOf(broken(at)).find(({ path: place }) => place === "/rules/0/mode");
    const { file, line, column } = issue ?? {};
    expect(JSON.parse(JSON.stringify({ file, line, column }))).toEqual(position);
  });

  test("at most a thousand and the word that there are more", () => {
    const issues = issuesOf({ ...b.documentOf(), rules: zeros(5000) });
    expect(issues).toHaveLength(1001);
    expect(issues.at(-1)?.message).toContain("more");
    expect(issuesOf({ ...b.documentOf(), rules: zeros(999) })).toHaveLength(999);
  });

  test("of what is no JSON, with the cause", () => {
    for (const input of [undefined, () => 1, new Map(), { name: Number.NaN }]) {
      expect(issuesOf(input).length).toBeGreaterThan(0);
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("secret");
        },
      },
    );
    expect(() => parsePolicy(proxy)).toThrow(
      expect.objectContaining({ code: "ERR_POLICY_INVALID" }),
    );
    expect(JSON.stringify(issuesOf(proxy))).not.toContain("secret");
  });
});

describe("facts that no provider has are told at load", () => {
  const word = b.word("/w", "text", "string");
  const test2 = (op: "within" | "inCidr" | "hostWithin" | "domainWithin"): Node => ({
    op,
    t: "bool",
    a: word,
    b: lit("a"),
  });
  test.for<readonly [string, Node, readonly string[]]>([
    ["a predicate that there is", test2("within"), []],
    ["inCidr", test2("inCidr"), ["/rules/0/when/op"]],
    ["hostWithin", test2("hostWithin"), ["/rules/0/when/op"]],
    ["domainWithin", test2("domainWithin"), ["/rules/0/when/op"]],
    [
      "another field",
      { ...test2("within"), a: b.word("/w", "length", "int") } as Node,
      ["/rules/0/when/a/field"],
    ],
    [
      "an unknown field",
      op2("eq", b.word("/w", "toString", "string"), lit("a")),
      ["/rules/0/when/a/field"],
    ],
    [
      "a field of another type",
      op2("eq", b.word("/w", "text", "int"), lit(1)),
      ["/rules/0/when/a/t"],
    ],
    [
      "options that it does not take",
      op2("eq", b.word("/w", "text", "string", { options: { bad: 1 } }), lit("a")),
      ["/rules/0/when/a/options"],
    ],
  ])("%s", ([, when, places]) => {
    expect(load(when)).toEqual(places);
  });

  test("no provider at all", () => {
    expect(load(op2("eq", word, lit("a")), [])).toEqual(["/rules/0/when/a/type"]);
    expect(load(test2("within"), [])).toEqual(["/rules/0/when/a/type"]);
  });

  test.for<readonly [string, string, readonly string[]]>([
    ["native", "^a", []],
    ["one for a linear engine that is not there", "(?:a|b)*c", ["/rules/0/when/pattern"]],
  ])("a pattern that is %s", ([, pattern, places]) => {
    const when = b.and(
      b.matches(path("args.s", "string"), pattern),
      b.matches(path("args.t", "string"), pattern),
    );
    expect([
      ...new Set(load(when).map((place) => place.replace(/of\/\d/, "").replace("//", "/"))),
    ]).toEqual(places);
  });
});
