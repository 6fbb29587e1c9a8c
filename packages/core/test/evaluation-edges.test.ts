import { describe, expect, test } from "vitest";
import { compilePolicy } from "../src/compile-policy.ts";
import { evaluateCost } from "../src/evaluate-cost.ts";
import { couldPermit, evaluatePolicy } from "../src/evaluate-policy.ts";
import { findText } from "../src/evaluate/find-text.ts";
import { withPolicyRoles } from "../src/evaluate/policy-roles.ts";
import {
  formatTimestamp,
  MAX_DURATION,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  parseDuration,
  parseTimestamp,
} from "../src/evaluate/time-text.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import { UNKNOWN } from "../src/evaluation-request.ts";
import type { Json } from "../src/json.ts";
import type { Rule } from "../src/policy-document.ts";
import type { FactProvider } from "../src/ports/fact-provider.ts";
import type { Node } from "../src/rule-ast.ts";
import { withinCeiling } from "../src/within-ceiling.ts";
import * as b from "./support/policy-builders.ts";

const { lit, op2, path, each, has, party } = b;

type Outcome = boolean | "error";

const ARGS: { readonly [name: string]: Json } = {
  s: "abc",
  n: 1.5,
  one: "1",
  five: "5",
  nul: null,
  t: true,
  empty: [],
  emptyMap: {},
  emptyText: "",
  oneText: ["1"],
  times: ["2026-11-20T09:00:00Z"],
  spans: ["1s"],
  digits: { 0: 1, 1: 2 },
  map: { a: 1, deep: { x: "y" } },
  calls: ["mine"],
  words: ["ab", "abc"],
  badWords: ["ab", "NOT"],
  wordLists: [["ab", "abc"]],
  astral: "\u{10000}",
  last: "\uffff",
  subject: "a".repeat(65_536),
  longSubject: "a".repeat(65_537),
};
const dyn = (name: string) => path(`args.${name}`);

function run(cases: readonly (readonly [string, Node, Outcome])[]): void {
  test.for(cases)("%s", ([, when, expected]) => {
    expect(b.outcomeOf(when, { args: ARGS })).toBe(expected);
  });
}

describe("values of another kind are never taken for the kind that looks like them", () => {
  run([
    ["null equals no text", op2("eq", dyn("nul"), dyn("s")), false],
    ["a text equals no null", op2("eq", dyn("s"), dyn("nul")), false],
    ["a number equals no empty map", op2("eq", dyn("n"), dyn("emptyMap")), false],
    ["an empty map equals no number", op2("eq", dyn("emptyMap"), dyn("n")), false],
    ["an empty map equals no empty list", op2("eq", dyn("emptyMap"), dyn("empty")), false],
    ["an empty list equals no empty map", op2("eq", dyn("empty"), dyn("emptyMap")), false],
    ["an empty list equals no empty text", op2("eq", dyn("empty"), dyn("emptyText")), false],
    ["null equals no empty map", op2("eq", dyn("nul"), dyn("emptyMap")), false],
    ["a text has no order with a number", op2("lt", dyn("s"), dyn("n")), "error"],
    ["a number has no order with a text", op2("lt", dyn("n"), dyn("s")), "error"],
    ["a number is no member of its digits", op2("in", lit(1), dyn("digits")), false],
    ["a text of digits is a member", op2("in", lit("1"), dyn("digits")), true],
    ["an index is no member's name", op2("eq", path("args.digits.0"), lit(1)), "error"],
    ["an index reads no character", op2("eq", path("args.s.0"), lit("a")), "error"],
    ["a nested member of another type", op2("eq", path("args.map.a", "string"), lit("x")), "error"],
    [
      "a text takes no part in a subtraction",
      op2("gt", b.calc("sub", "double", dyn("five"), lit(1.5)), lit(0)),
      "error",
    ],
    [
      "nor as what is subtracted",
      op2("lt", b.calc("sub", "double", lit(1.5), dyn("five")), lit(0)),
      "error",
    ],
    ["nor does null", op2("gt", b.calc("mul", "double", dyn("nul"), lit(1.5)), lit(-1)), "error"],
    ["a list of a text is no int", op2("eq", b.convert("int", dyn("oneText")), lit(1)), "error"],
    ["nor a double", op2("eq", b.convert("double", dyn("oneText")), lit(1.0, "double")), "error"],
    [
      "nor a time",
      op2("gt", b.convert("timestamp", dyn("times")), path("now", "timestamp")),
      "error",
    ],
    ["nor a duration", op2("gt", b.convert("duration", dyn("spans")), lit(0, "duration")), "error"],
    ["a number is no container", each("existsOne", dyn("n"), lit(true)), "error"],
    [
      "calls of the arguments are not the session's",
      each("exists", path("args.calls"), op2("eq", path("x"), lit("mine"))),
      true,
    ],
    ["nor are they there where the session's are", has(path("args.map.calls")), false],
  ]);
});

describe("texts", () => {
  run([
    [
      "order by code points: what is above the BMP is last",
      op2("lt", dyn("last"), dyn("astral")),
      true,
    ],
    ["and the other way round", op2("gt", dyn("last"), dyn("astral")), false],
    ["what is below the surrogates is first", op2("lt", dyn("s"), dyn("last")), true],
    ["a subject of 64 KiB is searched", b.matches(dyn("subject"), "^a"), true],
    ["a longer one is not", b.matches(dyn("longSubject"), "^a"), "error"],
  ]);
});

const zeros = (count: number): Node =>
  op2("eq", b.convert("double", lit(`${"0".repeat(count)}1`)), lit(1.0, "double"));

describe("numbers in texts", () => {
  run([
    ["of 400 characters are read", zeros(399), true],
    ["of 401 are not", zeros(400), "error"],
  ]);
});

const seconds = (value: number): Node => b.convert("timestamp", lit(value));

const time = (value: number): Node => lit(value, "timestamp");

const span = (value: number): Node => lit(value, "duration");

describe("times", () => {
  const now = path("now", "timestamp");
  const shifted = (op: "add" | "sub", from: number, by: number): Node =>
    op2(
      "eq",
      b.calc(op, "timestamp", time(from), span(by)),
      b.calc(op, "timestamp", time(from), span(by)),
    );
  run([
    ["a time converted to a time is itself", op2("eq", b.convert("timestamp", now), now), true],
    [
      "a duration converted to a duration is itself",
      op2("eq", b.convert("duration", span(1500)), span(1500)),
      true,
    ],
    ["the first second", op2("eq", seconds(MIN_TIMESTAMP / 1000), time(MIN_TIMESTAMP)), true],
    [
      "the second before",
      op2("eq", seconds(MIN_TIMESTAMP / 1000 - 1), time(MIN_TIMESTAMP)),
      "error",
    ],
    [
      "the last whole second",
      op2("lt", seconds(Math.floor(MAX_TIMESTAMP / 1000)), time(MAX_TIMESTAMP)),
      true,
    ],
    [
      "the second after",
      op2("lt", seconds(Math.floor(MAX_TIMESTAMP / 1000) + 1), time(MAX_TIMESTAMP)),
      "error",
    ],
    ["the first moment, moved by nothing", shifted("sub", MIN_TIMESTAMP, 0), true],
    ["the first moment, moved back", shifted("sub", MIN_TIMESTAMP, 1), "error"],
    ["the last moment, moved by nothing", shifted("add", MAX_TIMESTAMP, 0), true],
    ["the last moment, moved on", shifted("add", MAX_TIMESTAMP, 1), "error"],
    [
      "the longest duration and nothing",
      op2("gt", b.calc("add", "duration", span(MAX_DURATION), span(0)), span(0)),
      true,
    ],
    [
      "and a millisecond",
      op2("gt", b.calc("add", "duration", span(MAX_DURATION), span(1)), span(0)),
      "error",
    ],
  ]);

  test.for([
    ["+23:59", true],
    ["-23:59", true],
    ["+24:00", false],
    ["-00:60", false],
    ["+00:59", true],
  ] as const)("an offset of %s", ([offset, isGood]) => {
    expect(parseTimestamp(`2026-11-20T09:00:00${offset}`) !== undefined).toBe(isGood);
  });

  test("the first and the last moment can be written", () => {
    expect(formatTimestamp(MIN_TIMESTAMP)).toBe("0001-01-01T00:00:00Z");
    expect(formatTimestamp(MAX_TIMESTAMP)).toBe("9999-12-31T23:59:59.999Z");
    expect(formatTimestamp(MIN_TIMESTAMP - 1)).toBeUndefined();
    expect(formatTimestamp(MAX_TIMESTAMP + 1)).toBeUndefined();
    expect(formatTimestamp(Number.NaN)).toBeUndefined();
  });

  test("a duration has at most 64 characters and is at most the longest", () => {
    expect(parseDuration(`${"0".repeat(62)}1s`)).toBe(1000);
    expect(parseDuration(`${"0".repeat(63)}1s`)).toBeUndefined();
    expect(parseDuration(`-${"0".repeat(62)}1s`)).toBe(-1000);
    expect(parseDuration(`${MAX_DURATION}ms`)).toBe(MAX_DURATION);
    expect(parseDuration(`${MAX_DURATION + 0.01}ms`)).toBeUndefined();
  });
});

const fact = (at: string, more: object = {}) => b.word(at, "text", "string", more);

const texts = (at: string): Node => b.size(b.word(at, "text", { list: "string" }));

const everything = (at: string): Node => b.size(b.word(at, "", { list: { map: "dyn" } }));

describe("facts", () => {
  const odd: FactProvider = {
    type: "word",
    version: 1,
    fields: { text: "string", toString: "string" as const },
    prepare: () => (value) => ({ ok: true, value: value === "ab" ? { text: "ab" } : {} }),
  };
  run([
    [
      "of each element of an element",
      each(
        "all",
        dyn("wordLists"),
        op2("eq", b.size(b.word("/*", "text", { list: "string" }, { from: "x" })), lit(2)),
      ),
      true,
    ],
    ["of each element", op2("eq", texts("/words/*"), lit(2)), true],
    [
      "of a list with one that cannot be read",
      op2("ge", everything("/badWords/*"), lit(0)),
      "error",
    ],
    [
      "that is optional, of elements of what is absent",
      has(b.word("/none/*", "text", { list: "string" }, { optional: true })),
      false,
    ],
    ["of elements of what is absent", has(b.word("/none/*", "text", { list: "string" })), "error"],
    [
      "that is optional, below what is no container",
      has(b.word("/s/a/*", "text", { list: "string" }, { optional: true })),
      "error",
    ],
    [
      "that is optional, of elements of a text",
      has(b.word("/s/*", "text", { list: "string" }, { optional: true })),
      "error",
    ],
    ["that is optional, at an empty index", has(fact("/words/", { optional: true })), false],
    [
      "that is optional, at an index with a leading zero",
      has(fact("/words/01", { optional: true })),
      false,
    ],
    [
      "that is optional, at an index with a sign",
      has(fact("/words/+1", { optional: true })),
      false,
    ],
    [
      "that is optional, at an inherited name",
      has(fact("/map/toString", { optional: true })),
      false,
    ],
    [
      "that is optional, at an argument of an inherited name",
      has(fact("/toString", { optional: true })),
      false,
    ],
  ]);

  test("a field that the extractor leaves out is absent, also one that every object inherits", () => {
    const options = { facts: [odd] };
    const args = { words: ["ab", "other"], word: "ab" };
    expect(b.outcomeOf(has(b.word("/word", "toString", "string")), { args }, options)).toBe(false);
    expect(b.outcomeOf(has(b.word("/word", "text", "string")), { args }, options)).toBe(true);
    const size = op2("ge", texts("/words/*"), lit(0));
    expect(b.outcomeOf(size, { args }, options)).toBe("error");
  });
});

describe("what a condition costs", () => {
  const twenty = "x".repeat(20);
  const args = {
    a: twenty,
    b: twenty,
    c: `${twenty}y`,
    list: [1, 2, 3],
    map: { a: 1, b: 2 },
    n: 1,
  };
  const at = (name: string) => path(`args.${name}`);
  test.for<readonly [string, Node, number]>([
    ["a literal", lit(true), 0],
    ["equal texts, their length", op2("eq", at("a"), at("b")), 20],
    ["texts of different lengths, nothing", op2("eq", at("a"), at("c")), 0],
    ["a text and a literal of its length, that length", op2("eq", at("a"), lit(twenty)), 20],
    ["a text and a shorter literal, nothing", op2("eq", at("a"), lit("x")), 0],
    ["a number and a literal text, nothing", op2("eq", at("n"), lit("x")), 0],
    ["a text and a literal number, nothing", op2("eq", at("a"), lit(1)), 0],
    ["lists, their elements", op2("eq", at("list"), at("list")), 0],
    ["equal lists that are two, their elements", op2("eq", at("list"), lit([1, 2, 3])), 3],
    ["equal maps that are two, their members", op2("eq", at("map"), lit({ a: 1, b: 2 })), 2],
    ["the order of texts, the shorter", op2("lt", at("a"), at("c")), 20],
    ["a member of a list, the elements before and itself", op2("in", lit(2), at("list")), 2],
    ["a member of a map, one", op2("in", lit("a"), at("map")), 1],
    ["a set of literals, the text", op2("in", at("a"), lit(["a", "b"])), 20],
    ["a set of literals, one for a number", op2("in", at("n"), lit([1, 2])), 1],
    ["the size of a map, its members", op2("eq", b.size(at("map")), lit(2)), 2],
    ["the size of a text, its length", op2("eq", b.size(at("a")), lit(20)), 20],
    ["the size of a list, nothing", op2("eq", b.size(at("list")), lit(3)), 0],
    ["a text within a text, both", op2("contains", at("c"), at("a")), 41],
    ["a beginning, its length", op2("startsWith", at("c"), at("a")), 20],
    ["a beginning that is too long, nothing", op2("startsWith", at("a"), at("c")), 0],
    ["all, each element", each("all", at("list"), lit(true)), 3],
    ["exists, each element up to the first", each("exists", at("list"), lit(true)), 1],
    ["existsOne, each element", each("existsOne", at("list"), lit(true)), 3],
  ])("%s", ([, when, work]) => {
    expect(b.decisionOf(when, { args }).work).toBe(work);
  });

  test("a predicate of a fact costs one", () => {
    const within: Node = {
      op: "within",
      t: "bool",
      a: b.word("/w", "text", "string"),
      b: lit("ab"),
    };
    expect(b.decisionOf(within, { args: { w: "ab" } })).toMatchObject({ outcome: true, work: 1 });
  });

  const long = Array.from({ length: 5000 }, (_, index) => index);
  const members = Object.fromEntries(long.map((index) => [`m${index}`, index]));
  const words = long.map(() => "ab");
  test.for<readonly [string, Node]>([
    ["equal lists", op2("eq", path("args.long"), path("context.long"))],
    ["equal maps", op2("eq", path("args.members"), path("context.members"))],
    ["a member of a list", op2("in", lit(-1), path("args.long"))],
    ["all", each("all", path("args.long"), lit(true))],
    ["exists", each("exists", path("args.long"), lit(false))],
    ["existsOne", each("existsOne", path("args.long"), lit(false))],
    ["facts of elements", has(b.word("/words/*", "text", { list: "string" }))],
  ])("%s stops once the work is used up, and the call is denied", ([, when]) => {
    const request = {
      args: { long, members, words },
      facts: { long: [...long], members: { ...members } },
    };
    const whole = b.decisionOf(when, request);
    expect(whole.work).toBe(5000);
    const cut = b.decisionOf(when, { ...request, workLimit: 100 });
    expect(cut.work).toBe(101);
    expect(b.decisionOf(when, { ...request, workLimit: 5000 }).outcome).toBe(whole.outcome);
    expect(b.decisionOf(when, { ...request, workLimit: 4999 }).outcome).toBe(false);
  });
});

const rule = (effect: Rule["effect"], when?: Node, more: Partial<Rule> = {}): Rule =>
  b.rule(`r-${effect}`, effect, when === undefined ? more : { when, ...more });

describe("what some arguments could be permitted for", () => {
  const could = (rules: readonly Rule[], more: Partial<EvaluationRequest> = {}): boolean => {
    const tools = {
      act: b.toolEntry({ resource: { type: "thing", id: path("args.id", "string") } }),
      other: b.toolEntry(),
    };
    const policy = compilePolicy(b.documentOf({ tools, rules }), { facts: [b.wordFacts(seen)] });
    return couldPermit(policy, b.requestOf({ args: UNKNOWN, session: UNKNOWN, ...more }));
  };
  const seen: string[] = [];

  test.for<readonly [string, readonly Rule[], boolean]>([
    ["a permit", [rule("permit")], true],
    [
      "a permit about the arguments",
      [rule("permit", op2("eq", path("args"), lit({ a: 1 })))],
      true,
    ],
    ["a permit about the resource's id", [rule("permit", has(path("resource.id")))], true],
    [
      "a permit about the resource's type",
      [rule("permit", op2("eq", path("resource.type"), lit("x")))],
      true,
    ],
    [
      "a permit about a fact of all arguments",
      [rule("permit", op2("eq", b.word("", "text", "string"), lit("a")))],
      true,
    ],
    ["a permit that is never", [rule("permit", lit(false))], false],
    [
      "no permit, but a forbid that may not apply",
      [rule("forbid", op2("eq", path("args.a"), lit(1)))],
      false,
    ],
    ["no permit, but an obligation", [rule("require", op2("eq", path("args.a"), lit(1)))], false],
    ["a permit for another agent", [rule("permit", undefined, { agents: ["else"] })], false],
    [
      "a permit for a role of another agent",
      [rule("permit", undefined, { agents: ["role:admin"] })],
      false,
    ],
    ["a permit for another person", [rule("permit", undefined, { users: ["user:bob"] })], false],
    ["a permit for another tool", [rule("permit", undefined, { tools: ["other"] })], false],
    ["a permit in shadow", [rule("permit", undefined, { mode: "shadow" })], false],
    [
      "a forbid for another agent beside a permit",
      [rule("permit"), rule("forbid", undefined, { agents: ["else"] })],
      true,
    ],
    [
      "a forbid in shadow beside a permit",
      [rule("permit"), rule("forbid", undefined, { mode: "shadow" })],
      true,
    ],
  ])("%s", ([, rules, expected]) => {
    expect(could(rules)).toBe(expected);
  });

  test("no fact is read of arguments that nobody knows", () => {
    seen.length = 0;
    could([rule("permit", op2("eq", b.word("", "text", "string"), lit("a")))]);
    expect(seen).toEqual([]);
  });
});

describe("rules found by an agent's id and rules found otherwise count together", () => {
  const other = { agents: ["role:admin"] };
  test.for<readonly [string, readonly Rule[]]>([
    [
      "by id, of the tool",
      [b.rule("a", "permit", { agents: ["bot"] }), b.rule("b", "permit", other)],
    ],
    [
      "otherwise, of the tool",
      [b.rule("a", "permit", { agents: ["else"] }), b.rule("b", "permit")],
    ],
  ])("%s", ([, rules]) => {
    const all = [
      ...rules,
      b.rule("c", "require", { agents: ["else"] }),
      b.rule("d", "require", other),
    ];
    const when = lit(true);
    const policy = compilePolicy(b.documentOf({ rules: all.map((one) => ({ ...one, when })) }));
    expect(evaluatePolicy(policy, b.requestOf()).verdict).toBe("permit");
    expect(couldPermit(policy, b.requestOf())).toBe(true);
  });
});

const grants = (args: unknown) => [{ tool: "act", args }] as never;

describe("the ceiling of a token", () => {
  test.for<readonly [string, unknown, Json | typeof UNKNOWN, boolean]>([
    ["unknown arguments", { a: { type: "exact", value: 1 } }, UNKNOWN, true],
    ["the bound below", { a: { type: "range", min: 1 } }, { a: 1 }, true],
    ["less than the bound below", { a: { type: "range", min: 1 } }, { a: 0.9 }, false],
    ["the bound above", { a: { type: "range", max: 1 } }, { a: 1 }, true],
    ["more than the bound above", { a: { type: "range", max: 1 } }, { a: 1.1 }, false],
    ["no bound at all", { a: { type: "range" } }, { a: 1 }, true],
    ["a bound that is no number", { a: { type: "range", max: "2" } }, { a: 1 }, false],
    ["a bound that is null", { a: { type: "range", min: null } }, { a: 1 }, false],
    ["a bound that is NaN", { a: { type: "range", min: Number.NaN } }, { a: 1 }, false],
    ["a bound that is no number in words", { a: { type: "range", max: "two" } }, { a: 1 }, false],
    ["a text in a range", { a: { type: "range", min: 1, max: 3 } }, { a: "2" }, false],
    ["an argument more", { a: { type: "wildcard" } }, { a: 1, b: 1 }, false],
    ["an argument less", { a: { type: "wildcard" } }, {}, false],
    ["another argument", { a: { type: "wildcard" } }, { b: 1 }, false],
    ["an inherited argument", { toString: { type: "wildcard" } }, { b: 1 }, false],
    ["an unknown constraint", { a: { type: "regex", pattern: ".*" } }, { a: 1 }, false],
    ["one of the values", { a: { type: "one_of", values: [{ b: [1] }] } }, { a: { b: [1] } }, true],
    [
      "a value that is no list, in a subset",
      { a: { type: "subset", allowed: [1] } },
      { a: 1 },
      false,
    ],
    [
      "a text that holds what is required",
      { a: { type: "contains", required: ["b"] } },
      { a: "b" },
      false,
    ],
    ["a list without its values", { a: { type: "one_of" } }, { a: 1 }, false],
    ["a text for the values", { a: { type: "one_of", values: "ab" } }, { a: "a" }, false],
    ["none of the values", { a: { type: "one_of", values: [] } }, { a: 1 }, false],
  ])("%s", ([, constraints, args, expected]) => {
    expect(withinCeiling(grants(constraints), "act", args as never)).toBe(expected);
  });
});

test("a delegator's roles count also where nobody else gets one", () => {
  const principal = b.principalOf([party("bot"), party("planner")]);
  const { chain } = withPolicyRoles(principal, { roles: { helper: { agents: ["planner"] } } });
  expect(chain).toEqual([party("bot"), party("planner", "helper")]);
});

test.for([
  ["", [0]],
  ["abc", [0]],
] as const)("an empty text is found in %j at %j", ([haystack, places]) => {
  const found: number[] = [];
  expect(findText(haystack, "", (index) => found.push(index) > 0)).toBe(true);
  expect(found).toEqual(places);
  expect(findText(haystack, "", () => false)).toBe(false);
});

describe("lists and maps that differ", () => {
  run([
    ["in a value", op2("eq", dyn("map"), lit({ a: 2, deep: { x: "y" } })), false],
    ["in a value below", op2("eq", dyn("map"), lit({ a: 1, deep: { x: "z" } })), false],
    ["in nothing", op2("eq", dyn("map"), lit({ deep: { x: "y" }, a: 1 })), true],
    ["in a name", op2("eq", dyn("map"), lit({ a: 1, shallow: { x: "y" } })), false],
    ["in an element", op2("eq", dyn("words"), lit(["ab", "abd"])), false],
    ["in their order", op2("eq", dyn("words"), lit(["abc", "ab"])), false],
  ]);
});

describe("what a port answers", () => {
  test.for<readonly [string, unknown]>([
    ["a number", 1],
    ["a text", "true"],
    ["nothing", undefined],
    ["a promise", Promise.resolve(true)],
  ])("a pattern matcher with %s is an error", ([, answer]) => {
    const matcher = { compile: () => ({ test: () => answer as boolean }) };
    const when = b.matches(dyn("s"), "(?:a|b)*c");
    expect(b.outcomeOf(when, { args: ARGS }, { facts: [], matcher })).toBe("error");
  });

  test.for<readonly [string, unknown]>([
    ["a list", [1]],
    ["a text", "text"],
    ["null", null],
    ["what is no JSON", { text: () => 1 }],
  ])("a fact provider with %s is an error", ([, value]) => {
    const provider: FactProvider = {
      type: "word",
      version: 1,
      fields: { text: "string" },
      prepare: () => () => ({ ok: true, value: value as never }),
    };
    const when = has(b.word("/s", "text", "string"));
    expect(b.outcomeOf(when, { args: ARGS }, { facts: [provider] })).toBe("error");
  });
});

describe("an anomaly", () => {
  const calls = Array.from({ length: 9 }, (_, index) => ({
    ref: String(index),
    tool: "act",
    outcome: "completed" as const,
    at: 0,
    ...(index === 0 ? {} : { numbers: { "/n": index } }),
  }));
  const when = op2("ge", b.anomaly(dyn("n")), lit(0, "double"));

  test("is scored by the calls that kept the number", () => {
    const session = b.sessionOf({ calls });
    expect(b.outcomeOf(when, { args: { n: 5 }, session })).toBe(true);
    expect(b.outcomeOf(when, { args: { n: "5" }, session })).toBe("error");
  });

  test("in a session that nobody knows could be anything", () => {
    const policy = compilePolicy(b.documentOf({ rules: [b.rule("p", "permit", { when })] }));
    const request = b.requestOf({ args: { n: 5 }, session: UNKNOWN });
    expect(couldPermit(policy, request)).toBe(true);
  });
});

describe("the cost of a call", () => {
  const long = Array.from({ length: 100 }, () => 1);
  const costOf = (cost: Node, more: Partial<EvaluationRequest> = {}, limit = "l") => {
    const limits = [
      { id: "l", per: ["agent"], budget: { unit: "usd", amount: 1, windowSeconds: 1, cost } },
      { id: "free", per: ["agent"], concurrent: 1 },
    ] as const;
    const policy = compilePolicy(b.documentOf({ limits }));
    return evaluateCost(policy, limit, b.requestOf({ args: { n: 5, s: "5", long }, ...more }));
  };
  const decidedAnyway = b.cond(
    b.or(each("all", path("args.long"), lit(true)), lit(true)),
    lit(1),
    lit(2),
  );
  test.for<readonly [string, () => number | undefined, number | undefined]>([
    ["a number", () => costOf(path("args.n")), 5],
    ["a text", () => costOf(path("args.s")), undefined],
    ["what is absent", () => costOf(path("args.none")), undefined],
    ["of another tool", () => costOf(path("args.n"), { tool: "rm" }), undefined],
    ["of another limit", () => costOf(path("args.n"), {}, "none"), undefined],
    ["of a limit without one", () => costOf(path("args.n"), {}, "free"), undefined],
    ["within the work", () => costOf(decidedAnyway, { workLimit: 100 }), 1],
    ["beyond the work", () => costOf(decidedAnyway, { workLimit: 99 }), undefined],
  ])("%s", ([, find, expected]) => {
    expect(find()).toBe(expected);
  });
});
