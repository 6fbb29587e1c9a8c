import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../src/evaluation-request.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import type { Json } from "../src/json.ts";
import type { Node } from "../src/rule-ast.ts";
import * as b from "./support/policy-builders.ts";

type Outcome = boolean | "error";
type Case = readonly [claim: string, when: Node, expected: Outcome];

const ARGS: { readonly [name: string]: Json } = {
  s: "abc",
  long: "a".repeat(70_000),
  n: 1.5,
  i: 7,
  zero: 0,
  big: 2 ** 53 - 1,
  t: true,
  f: false,
  nul: null,
  list: ["a", "b", "b"],
  numbers: [1, 2, 3],
  mixed: [1, "a", null],
  nested: [[1, 2], [3]],
  map: { a: 1, deep: { x: "y" } },
  empty: [],
  emptyMap: {},
  emptyText: "",
  emoji: "😀",
  high: "\uFFFF",
  url: "word",
  words: ["ab", "abc"],
  badWords: ["ab", "NOT"],
  objects: [{ w: "ab" }, { w: "abc" }],
  when: "2026-11-20T09:00:00Z",
};

const s = b.path("args.s", "string");
const n = b.path("args.n", "double");
const i = b.path("args.i", "int");
const pathOf = (name: string) => b.path(`args.${name}`);
const dyn = (name: string): Node => pathOf(name);
const { lit, op2, and, or, not, has, each, ERROR, TRUE, FALSE } = b;
const x = b.path("x");

function run(cases: readonly Case[], request: Partial<EvaluationRequest> = {}): void {
  test.for(cases)("%s", ([, when, expected]) => {
    expect(b.outcomeOf(when, { args: ARGS, ...request })).toBe(expected);
  });
}

describe("literals and paths", () => {
  run([
    ["a literal", TRUE, true],
    ["a bool argument", b.path("args.t", "bool"), true],
    ["a false argument", b.path("args.f", "bool"), false],
    ["a dyn argument that is no bool", dyn("s"), "error"],
    ["a nested member", op2("eq", b.path("args.map.deep.x", "string"), lit("y")), true],
    ["a list element", op2("eq", b.path("args.list.1", "string"), lit("b")), true],
    ["an index past the end", op2("eq", b.path("args.list.9"), lit("b")), "error"],
    ["an index into a map", op2("eq", b.path("args.map.0"), lit(1)), "error"],
    ["a member of a list", op2("eq", b.path("args.list.length"), lit(3)), "error"],
    ["a member of a text", op2("eq", b.path("args.s.length"), lit(3)), "error"],
    ["an absent argument", ERROR, "error"],
    ["an inherited member", op2("eq", b.path("args.toString"), lit(1)), "error"],
    ["an inherited member of a map", op2("eq", b.path("args.map.constructor"), lit(1)), "error"],
    [
      "a number where a string is claimed",
      op2("eq", b.path("args.n", "string"), lit("x")),
      "error",
    ],
    ["a fraction where an int is claimed", op2("eq", b.path("args.n", "int"), lit(1)), "error"],
    [
      "a text where a list is claimed",
      op2("eq", b.size(b.path("args.s", { list: "dyn" })), lit(1)),
      "error",
    ],
    [
      "a list where a map is claimed",
      op2("eq", b.size(b.path("args.list", { map: "dyn" })), lit(1)),
      "error",
    ],
    ["null where null is claimed", op2("eq", b.path("args.nul", "null"), lit(null)), true],
    ["a text where null is claimed", op2("eq", b.path("args.s", "null"), lit(null)), "error"],
  ]);
});

describe("equality", () => {
  run([
    ["equal texts", op2("eq", s, lit("abc")), true],
    ["texts of one length", op2("eq", s, lit("abd")), false],
    ["a literal on the left", op2("eq", lit("abc"), s), true],
    ["!= of equal texts", op2("ne", s, lit("abc")), false],
    ["!= of others", op2("ne", s, lit("x")), true],
    ["!= with a literal on the left", op2("ne", lit("x"), s), true],
    ["int and double by value", op2("eq", i, lit(7, "double")), true],
    ["two paths", op2("eq", s, s), true],
    ["different dynamic types are unequal", op2("eq", dyn("s"), lit(1)), false],
    ["1 and true are unequal", op2("eq", b.path("args.numbers.0"), TRUE), false],
    ["null with null", op2("eq", dyn("nul"), lit(null)), true],
    ["a text with null", op2("eq", s, lit(null)), false],
    ["!= of null", op2("ne", dyn("nul"), lit(null)), false],
    ["lists by elements", op2("eq", dyn("numbers"), lit([1, 2, 3])), true],
    ["lists of another length", op2("eq", dyn("numbers"), lit([1, 2])), false],
    ["lists in another order", op2("eq", dyn("numbers"), lit([1, 3, 2])), false],
    ["mixed lists", op2("eq", dyn("mixed"), lit([1, "a", null], { list: "dyn" })), true],
    ["nested lists", op2("eq", dyn("nested"), lit([[1, 2], [3]])), true],
    ["a list with a map", op2("eq", dyn("numbers"), dyn("map")), false],
    ["a list with null", op2("eq", dyn("numbers"), dyn("nul")), false],
    ["maps by members", op2("eq", dyn("map"), lit({ deep: { x: "y" }, a: 1 })), true],
    ["maps with another name", op2("eq", dyn("emptyMap"), lit({ a: 1 })), false],
    ["maps of one size with other names", op2("eq", dyn("map"), lit({ a: 1, b: 2 })), false],
    ["maps with inherited names", op2("eq", lit({ toString: 1 }), dyn("emptyMap")), false],
    ["maps of one size, inherited name", op2("eq", lit({ toString: 1, a: 1 }), dyn("map")), false],
    ["an error on the left", op2("eq", dyn("absent"), dyn("absent")), "error"],
    ["an error on the right", op2("ne", s, dyn("absent")), "error"],
    ["an error beside null", op2("ne", dyn("absent"), lit(null)), "error"],
  ]);
});

describe("orderings", () => {
  run([
    ["<", op2("lt", i, lit(8)), true],
    ["< of equals", op2("lt", i, lit(7)), false],
    ["<= of equals", op2("le", i, lit(7)), true],
    [">", op2("gt", i, lit(6)), true],
    ["> of equals", op2("gt", i, lit(7)), false],
    [">= of equals", op2("ge", i, lit(7)), true],
    [">= of a smaller one", op2("ge", i, lit(8)), false],
    ["int with double", op2("lt", i, lit(7.5)), true],
    ["double with int", op2("gt", n, lit(1)), true],
    ["two paths", op2("lt", n, i), true],
    ["a literal on the left", op2("lt", lit(1), n), true],
    ["texts", op2("lt", s, lit("abd")), true],
    ["a prefix is smaller", op2("lt", s, lit("abcd")), true],
    ["code points, not UTF-16 units", op2("gt", dyn("emoji"), dyn("high")), true],
    ["code points the other way", op2("lt", dyn("high"), dyn("emoji")), true],
    ["two surrogate pairs", op2("lt", dyn("emoji"), lit("😁")), true],
    ["a text with a number", op2("lt", dyn("s"), lit(1)), "error"],
    ["a number with a text", op2("lt", dyn("n"), lit("1")), "error"],
    ["null with a number", op2("lt", dyn("nul"), lit(1)), "error"],
    ["bools have no order at run time", op2("lt", dyn("t"), dyn("f")), "error"],
    ["an absent operand", op2("lt", dyn("absent"), lit(1)), "error"],
    ["an absent second operand", op2("le", lit(1), dyn("absent")), "error"],
    [
      "timestamps",
      op2("le", b.path("session.startedAt", "timestamp"), b.path("now", "timestamp")),
      true,
    ],
    [
      "timestamps the other way",
      op2("lt", b.path("now", "timestamp"), b.path("session.startedAt", "timestamp")),
      false,
    ],
  ]);
});

describe("membership", () => {
  run([
    ["a text in a list", op2("in", lit("a"), dyn("list")), true],
    ["another one", op2("in", lit("z"), dyn("list")), false],
    ["a path in literals", op2("in", s, lit(["x", "abc"])), true],
    ["a path not in literals", op2("in", s, lit(["x"])), false],
    ["a number in literals", op2("in", i, lit([7, 8])), true],
    ["an int among doubles", op2("in", i, lit([7, 8.5], { list: "double" })), true],
    ["a text among numbers", op2("in", dyn("s"), lit([1, 2])), false],
    ["a list in literal lists", op2("in", lit([3]), dyn("nested")), true],
    ["a list in lists of literals", op2("in", dyn("numbers"), lit([[1, 2, 3]])), true],
    ["in an empty list", op2("in", s, dyn("empty")), false],
    ["a key of a map", op2("in", lit("a"), dyn("map")), true],
    ["no key of a map", op2("in", lit("z"), dyn("map")), false],
    ["an inherited name is no key", op2("in", lit("toString"), dyn("map")), false],
    ["a number is no key", op2("in", dyn("i"), dyn("map")), false],
    ["a path as key", op2("in", b.path("args.list.0", "string"), dyn("map")), true],
    ["in a text", op2("in", lit("a"), dyn("s")), "error"],
    ["a path in a text", op2("in", s, dyn("s")), "error"],
    ["in something absent", op2("in", lit("a"), dyn("absent")), "error"],
    ["something absent in a list", op2("in", dyn("absent"), dyn("list")), "error"],
    ["something absent in literals", op2("in", dyn("absent"), lit(["a"])), "error"],
    [
      "a role of the agent",
      op2("in", lit("support"), b.path("principal.agent.roles", { list: "string" })),
      true,
    ],
  ]);
});

describe("logic: the table of errors", () => {
  const values: Readonly<Record<string, Node>> = { T: TRUE, F: FALSE, E: ERROR };
  const outcomes: Readonly<Record<string, Outcome>> = { T: true, F: false, E: "error" };
  const all: readonly [string, string, string, string][] = [
    ["T", "T", "T", "T"],
    ["T", "F", "F", "T"],
    ["T", "E", "E", "T"],
    ["F", "T", "F", "T"],
    ["F", "F", "F", "F"],
    ["F", "E", "F", "E"],
    ["E", "T", "E", "T"],
    ["E", "F", "F", "E"],
    ["E", "E", "E", "E"],
  ];
  test.for(all)("%s with %s: && %s, || %s", ([left, right, conjunction, disjunction]) => {
    const [a, c] = [values[left] ?? ERROR, values[right] ?? ERROR];
    expect(b.outcomeOf(and(a, c))).toBe(outcomes[conjunction]);
    expect(b.outcomeOf(or(a, c))).toBe(outcomes[disjunction]);
    // Operand order never matters, also among many.
    expect(b.outcomeOf(and(TRUE, a, TRUE, c))).toBe(outcomes[conjunction]);
    expect(b.outcomeOf(or(FALSE, c, FALSE, a))).toBe(outcomes[disjunction]);
  });

  run([
    ["not true", not(TRUE), false],
    ["not false", not(FALSE), true],
    ["not error", not(ERROR), "error"],
    ["not of no bool", not(dyn("s")), "error"],
    ["a number is no bool in &&", and(TRUE, dyn("n")), "error"],
    ["a number is no bool beside false", and(FALSE, dyn("n")), false],
    ["a number is no bool beside true", or(TRUE, dyn("n")), true],
    ["logic as a value", op2("eq", and(TRUE, TRUE), TRUE), true],
    ["an error as a value", op2("eq", and(TRUE, ERROR), TRUE), "error"],
    ["the branch taken", b.cond(TRUE, TRUE, FALSE), true],
    ["the other branch", b.cond(FALSE, TRUE, FALSE), false],
    ["an error in the branch not taken", b.cond(TRUE, TRUE, ERROR), true],
    ["an error in the other branch not taken", b.cond(FALSE, ERROR, TRUE), true],
    ["an error in the branch taken", b.cond(TRUE, ERROR, TRUE), "error"],
    ["an error in the test", b.cond(ERROR, TRUE, TRUE), "error"],
    ["a choice of values", op2("eq", b.cond(FALSE, lit(1), lit(2)), lit(2)), true],
  ]);
});

describe("has and orValue", () => {
  const value = (target: string, fallback: Json): Node =>
    op2("eq", b.orValue(b.path(target), lit(fallback)), lit(fallback));
  run([
    ["a member that is there", has(b.path("args.s")), true],
    ["a member that is null", has(b.path("args.nul")), true],
    ["a member that is not", has(b.path("args.absent")), false],
    ["a nested member", has(b.path("args.map.deep")), true],
    ["a nested member that is not there", has(b.path("args.map.other")), false],
    ["an inherited member", has(b.path("args.toString")), false],
    ["an inherited nested member", has(b.path("args.map.hasOwnProperty")), false],
    ["below something absent", has(b.path("args.absent.x")), "error"],
    ["below a text", has(b.path("args.s.x")), "error"],
    ["below a list", has(b.path("args.list.length")), "error"],
    ["below null", has(b.path("args.nul.x")), "error"],
    ["the person", has(b.path("principal.user")), true],
    ["host facts that are not there", has(b.path("context.tenant")), false],
    ["a session's calls", has(b.path("session.calls")), true],
    ["orValue of a member", value("args.i", 8), false],
    ["orValue of an absent member", value("args.absent", 8), true],
    ["orValue below an absent member", value("args.absent.x", 8), "error"],
    ["orValue below a text", value("args.s.x", 8), "error"],
    [
      "orValue of another type",
      op2("eq", b.orValue(b.path("args.s", "int"), lit(1)), lit(1)),
      "error",
    ],
  ]);

  test("without a person, reading one is an error and has() is false", () => {
    const principal = b.withoutUser();
    const id = b.path("principal.user.id", "string");
    expect(b.outcomeOf(has(b.path("principal.user")), { principal })).toBe(false);
    expect(b.outcomeOf(has(b.path("principal.user.id")), { principal })).toBe("error");
    expect(b.outcomeOf(op2("eq", id, lit("user:ann")), { principal })).toBe("error");
    expect(b.outcomeOf(op2("eq", id, lit("user:ann")))).toBe(true);
    const roles = b.path("principal.user.roles", { list: "string" });
    expect(b.outcomeOf(op2("in", lit("admin"), roles), { principal })).toBe("error");
    expect(b.outcomeOf(op2("in", lit("admin"), roles))).toBe(true);
  });
});

describe("texts", () => {
  run([
    ["startsWith", op2("startsWith", s, lit("ab")), true],
    ["startsWith itself", op2("startsWith", s, s), true],
    ["startsWith something else", op2("startsWith", s, lit("b")), false],
    ["startsWith something longer", op2("startsWith", s, lit("abcd")), false],
    ["startsWith nothing", op2("startsWith", s, lit("")), true],
    ["endsWith", op2("endsWith", s, lit("bc")), true],
    ["endsWith something else", op2("endsWith", s, lit("ab")), false],
    ["endsWith something longer", op2("endsWith", s, lit("zabc")), false],
    ["contains", op2("contains", s, lit("b")), true],
    ["contains nothing", op2("contains", s, lit("")), true],
    ["contains something else", op2("contains", s, lit("x")), false],
    ["contains by a path", op2("contains", s, b.path("args.list.0", "string")), true],
    ["contains something long", op2("contains", dyn("long"), lit("a".repeat(200))), true],
    [
      "contains no such long thing",
      op2("contains", dyn("long"), lit(`${"a".repeat(200)}b`)),
      false,
    ],
    ["startsWith of a list", op2("startsWith", dyn("list"), lit("a")), "error"],
    ["contains of a list", op2("contains", dyn("list"), lit("a")), "error"],
    ["contains a number", op2("contains", s, dyn("n")), "error"],
    ["startsWith of something absent", op2("startsWith", dyn("absent"), lit("")), "error"],
    ["endsWith something absent", op2("endsWith", s, dyn("absent")), "error"],
    ["size of a text", op2("eq", b.size(s), lit(3)), true],
    ["size in code points", op2("eq", b.size(dyn("emoji")), lit(1)), true],
    ["size of an empty text", op2("eq", b.size(dyn("emptyText")), lit(0)), true],
    ["size of a list", op2("eq", b.size(dyn("list")), lit(3)), true],
    ["size of a map", op2("eq", b.size(dyn("map")), lit(2)), true],
    ["size of a number", op2("eq", b.size(dyn("n")), lit(1)), "error"],
    ["size of null", op2("eq", b.size(dyn("nul")), lit(0)), "error"],
    ["size of something absent", op2("eq", b.size(dyn("absent")), lit(0)), "error"],
    ["matches anywhere", b.matches(s, "b"), true],
    ["matches nothing", b.matches(s, "x"), false],
    ["matches anchored", b.matches(s, "^a[a-z]c$"), true],
    ["matches a number", b.matches(dyn("n"), "1"), "error"],
    ["matches over 64 KiB", b.matches(dyn("long"), "^a"), "error"],
    ["matches something absent", b.matches(dyn("absent"), "a"), "error"],
  ]);
});

describe("numbers", () => {
  const sum = (
    op: "add" | "sub" | "mul" | "div" | "mod",
    a: Json,
    c: Json,
    t: "int" | "double",
  ): Node => b.calc(op, t, lit(a, t), lit(c, t));
  const is = (a: Node, value: number, t: "int" | "double" = "int"): Node =>
    op2("eq", a, lit(value, t));
  run([
    ["int +", is(sum("add", 2, 3, "int"), 5), true],
    ["int -", is(sum("sub", 2, 3, "int"), -1), true],
    ["int *", is(sum("mul", 2, 3, "int"), 6), true],
    ["int / cuts off", is(sum("div", 7, 2, "int"), 3), true],
    ["int / cuts off toward zero", is(sum("div", -7, 2, "int"), -3), true],
    ["int / is exact near the bound", is(sum("div", 2 ** 53 - 1, 2, "int"), 2 ** 52 - 1), true],
    ["int %", is(sum("mod", 7, 3, "int"), 1), true],
    ["int % has the dividend's sign", is(sum("mod", -7, 3, "int"), -1), true],
    ["int % of a negative divisor", is(sum("mod", 7, -3, "int"), 1), true],
    ["int / 0", is(sum("div", 1, 0, "int"), 0), "error"],
    ["int % 0", is(sum("mod", 1, 0, "int"), 0), "error"],
    ["int overflow", is(sum("add", 2 ** 53 - 1, 1, "int"), 0), "error"],
    ["int underflow", is(sum("sub", -(2 ** 53 - 1), 1, "int"), 0), "error"],
    ["int product overflow", is(sum("mul", 2 ** 30, 2 ** 30, "int"), 0), "error"],
    [
      "overflow of an argument",
      op2("gt", b.calc("add", "int", b.path("args.big", "int"), lit(1)), lit(0)),
      "error",
    ],
    ["double +", is(sum("add", 0.5, 0.25, "double"), 0.75, "double"), true],
    ["double /", is(sum("div", 1, 4, "double"), 0.25, "double"), true],
    ["double / 0", is(sum("div", 1, 0, "double"), 0, "double"), "error"],
    ["double overflow", is(sum("mul", 1e308, 10, "double"), 0, "double"), "error"],
    [
      "a dyn number is a double",
      is(b.calc("add", "double", dyn("n"), lit(1.5)), 3, "double"),
      true,
    ],
    ["a text is no number", is(b.calc("add", "double", dyn("s"), lit(1.5)), 3, "double"), "error"],
    [
      "an absent number",
      is(b.calc("mul", "double", lit(1.5), dyn("absent")), 3, "double"),
      "error",
    ],
    ["minus", is(b.neg(i), -7), true],
    [
      "minus zero is zero",
      op2("eq", b.convert("string", b.neg(b.path("args.zero", "int"))), lit("0")),
      true,
    ],
    ["minus of a text", op2("lt", b.neg(dyn("s")), lit(0)), "error"],
    [
      "now - startedAt",
      op2(
        "eq",
        b.calc(
          "sub",
          "duration",
          b.path("now", "timestamp"),
          b.path("session.startedAt", "timestamp"),
        ),
        lit(0, "duration"),
      ),
      true,
    ],
    [
      "now + duration",
      op2(
        "gt",
        b.calc("add", "timestamp", b.path("now", "timestamp"), lit(1, "duration")),
        b.path("now", "timestamp"),
      ),
      true,
    ],
    [
      "a timestamp beyond the year 9999",
      op2(
        "gt",
        b.calc("add", "timestamp", lit(253_402_300_799_999, "timestamp"), lit(1, "duration")),
        b.path("now", "timestamp"),
      ),
      "error",
    ],
    [
      "a duration of more than 2^63 nanoseconds",
      op2(
        "gt",
        b.calc(
          "sub",
          "duration",
          b.path("now", "timestamp"),
          lit(-62_135_596_800_000, "timestamp"),
        ),
        lit(0, "duration"),
      ),
      "error",
    ],
  ]);
});

describe("conversions", () => {
  const int = (a: Node, value: number): Node => op2("eq", b.convert("int", a), lit(value));
  const double = (a: Node, value: number): Node =>
    op2("eq", b.convert("double", a), lit(value, "double"));
  const string = (a: Node, value: string): Node => op2("eq", b.convert("string", a), lit(value));
  run([
    ["int(12)", int(lit("12"), 12), true],
    ["int(-12)", int(lit("-12"), -12), true],
    ["int(+12)", int(lit("+12"), 12), true],
    ["int of an empty text", int(lit(""), 0), "error"],
    ["int of a spaced text", int(lit(" 1"), 1), "error"],
    ["int of hex", int(lit("0x10"), 16), "error"],
    ["int of an exponent", int(lit("1e3"), 1000), "error"],
    ["int of a fraction text", int(lit("1.5"), 1), "error"],
    ["int beyond the bound", int(lit("9007199254740993"), 0), "error"],
    ["int of a double cuts off", int(n, 1), true],
    ["int of a negative double cuts off", int(lit(-1.9), -1), true],
    ["int of a large double", int(lit(1e300, "double"), 0), "error"],
    ["int of null", int(dyn("nul"), 0), "error"],
    ["int of a timestamp, in seconds", int(b.path("now", "timestamp"), b.NOW / 1000), true],
    ["double of a text", double(lit("1.50"), 1.5), true],
    ["double of an exponent", double(lit("1e3"), 1000), true],
    ["double of an empty text", double(lit(""), 0), "error"],
    ["double of hex", double(lit("0x10"), 16), "error"],
    ["double of infinity", double(lit("inf"), 0), "error"],
    ["double of too much", double(lit("1e999"), 0), "error"],
    ["double of an int", double(i, 7), true],
    ["double of a list", double(dyn("list"), 0), "error"],
    ["string of an int", string(i, "7"), true],
    ["string of a double", string(n, "1.5"), true],
    ["string of a bool", string(TRUE, "true"), true],
    ["string of a text", string(s, "abc"), true],
    ["string of null", string(dyn("nul"), ""), "error"],
    ["string of a list", string(dyn("list"), ""), "error"],
    ["string of a timestamp", string(b.path("now", "timestamp"), "2026-11-20T09:00:00Z"), true],
    ["string of a duration", string(lit(5_400_000, "duration"), "5400s"), true],
    ["bool of true", b.convert("bool", lit("true")), true],
    ["bool of 0", b.convert("bool", lit("0")), false],
    ["bool of False", b.convert("bool", lit("False")), false],
    ["bool of yes", b.convert("bool", lit("yes")), "error"],
    ["bool of a bool", b.convert("bool", b.path("args.t", "bool")), true],
    ["bool of a number", b.convert("bool", dyn("n")), "error"],
    [
      "timestamp of a text",
      op2("eq", b.convert("timestamp", dyn("when")), b.path("now", "timestamp")),
      true,
    ],
    [
      "timestamp of nonsense",
      op2("eq", b.convert("timestamp", lit("soon")), b.path("now", "timestamp")),
      "error",
    ],
    [
      "timestamp of seconds",
      op2("eq", b.convert("timestamp", lit(b.NOW / 1000)), b.path("now", "timestamp")),
      true,
    ],
    [
      "timestamp of a dyn number",
      op2("eq", b.convert("timestamp", dyn("i")), b.path("now", "timestamp")),
      "error",
    ],
    [
      "timestamp of too many seconds",
      op2("eq", b.convert("timestamp", lit(1e12)), b.path("now", "timestamp")),
      "error",
    ],
    [
      "duration of a text",
      op2("eq", b.convert("duration", lit("1h30m")), lit(5_400_000, "duration")),
      true,
    ],
    [
      "duration of nonsense",
      op2("eq", b.convert("duration", lit("5 minutes")), lit(0, "duration")),
      "error",
    ],
    // A branch that is dyn may be anything, whatever the other branch is.
    ["int of a choice with a fraction", int(b.cond(FALSE, lit(1), dyn("n")), 1), true],
    ["int of a choice with a list", int(b.cond(FALSE, lit(1), dyn("list")), 1), "error"],
    ["string of a choice with a number", string(b.cond(FALSE, lit("a"), dyn("i")), "7"), true],
    ["double of a choice with a text", double(b.cond(FALSE, lit(1.5), dyn("s")), 1.5), "error"],
    ["bool of a choice with a text", b.convert("bool", b.cond(FALSE, TRUE, dyn("s"))), "error"],
    ["string of a default that is not taken", string(b.orValue(pathOf("i"), lit("a")), "7"), true],
    [
      "timestamp of a choice with a fraction",
      op2("ge", b.convert("timestamp", b.cond(FALSE, lit(1), dyn("n"))), lit(0, "timestamp")),
      "error",
    ],
    ["string of less than a millisecond", string(lit(0.000_001, "duration"), "0.000000001s"), true],
    ["a conversion of an error", b.convert("bool", dyn("absent")), "error"],
  ]);
});

describe("quantifiers: a deciding element absorbs the errors of others", () => {
  const isB = op2("eq", x, lit("b"));
  // An error for every element but "b".
  const bOrError = or(isB, ERROR);
  const notBOrError = and(op2("ne", x, lit("b")), ERROR);
  run([
    ["all", each("all", dyn("list"), op2("ne", x, lit("z"))), true],
    ["all with one false", each("all", dyn("list"), op2("ne", x, lit("a"))), false],
    ["all with an error", each("all", dyn("list"), bOrError), "error"],
    ["all with an error and a false", each("all", dyn("list"), notBOrError), false],
    ["all over nothing", each("all", dyn("empty"), FALSE), true],
    ["all over nothing, erring", each("all", dyn("empty"), ERROR), true],
    ["exists", each("exists", dyn("list"), isB), true],
    ["exists none", each("exists", dyn("list"), op2("eq", x, lit("z"))), false],
    ["exists beside errors", each("exists", dyn("list"), bOrError), true],
    ["exists with errors only", each("exists", dyn("list"), ERROR), "error"],
    ["exists with an error and a false", each("exists", dyn("list"), notBOrError), "error"],
    ["exists over nothing", each("exists", dyn("empty"), TRUE), false],
    ["exists_one", each("existsOne", dyn("list"), op2("eq", x, lit("a"))), true],
    ["exists_one of two", each("existsOne", dyn("list"), isB), false],
    ["exists_one of none", each("existsOne", dyn("list"), FALSE), false],
    ["exists_one beside an error", each("existsOne", dyn("list"), bOrError), "error"],
    ["exists_one over nothing", each("existsOne", dyn("empty"), TRUE), false],
    ["over a map's keys", each("exists", dyn("map"), op2("eq", x, lit("deep"))), true],
    ["all of a map's keys", each("all", dyn("map"), op2("ne", x, lit("deep"))), false],
    ["over an empty map", each("exists", dyn("emptyMap"), TRUE), false],
    ["over a text", each("all", dyn("s"), TRUE), "error"],
    ["over something absent", each("exists", dyn("absent"), TRUE), "error"],
    ["over null", each("all", dyn("nul"), TRUE), "error"],
    [
      "the variable's members",
      each("exists", dyn("objects"), op2("eq", b.path("x.w"), lit("abc"))),
      true,
    ],
    [
      "nested",
      each("exists", dyn("nested"), each("exists", x, op2("eq", b.path("y"), lit(3)), "y"), "x"),
      true,
    ],
    [
      "nested with both variables",
      each("all", dyn("numbers"), each("exists", dyn("numbers"), op2("eq", x, b.path("y")), "y")),
      true,
    ],
    [
      "a quantifier beside another",
      and(each("exists", dyn("list"), isB), each("all", dyn("numbers"), op2("gt", x, lit(0)))),
      true,
    ],
  ]);
});

describe("roots", () => {
  const session = b.sessionOf({
    turn: 3,
    labels: ["untrusted"],
    calls: [
      { ref: "1", tool: "lookup", outcome: "completed", at: b.NOW - 1000 },
      { ref: "2", tool: "other", outcome: "failed", at: b.NOW },
    ],
  });
  const calls = b.path("session.calls", { list: { map: "dyn" } });
  const called = (tool: string): Node => op2("eq", b.path("x.tool", "string"), lit(tool));
  run(
    [
      ["tool.name", op2("eq", b.path("tool.name", "string"), lit("act")), true],
      ["tool.class", op2("in", b.path("tool.class", "string"), lit(["read"])), true],
      ["tool.sensitivity", op2("eq", b.path("tool.sensitivity", "string"), lit("internal")), true],
      ["tool.reversible", b.path("tool.reversible", "bool"), true],
      ["tool.origin", op2("eq", b.path("tool.origin", "string"), lit("local")), true],
      ["principal.agent.id", op2("eq", b.path("principal.agent.id", "string"), lit("bot")), true],
      ["principal.chain", op2("eq", b.path("principal.chain.0.id", "string"), lit("bot")), true],
      [
        "principal.chain past its end",
        op2("eq", b.path("principal.chain.1.id", "string"), lit("bot")),
        "error",
      ],
      [
        "the chain's size",
        op2("eq", b.size(b.path("principal.chain", { list: { map: "dyn" } })), lit(1)),
        true,
      ],
      [
        "a tool without a resource",
        op2("eq", b.path("resource.type", "string"), lit("x")),
        "error",
      ],
      ["has(resource.id) without a resource", has(b.path("resource.id")), "error"],
      ["session.turn", op2("eq", b.path("session.turn", "int"), lit(3)), true],
      [
        "flow.session",
        op2("in", lit("untrusted"), b.path("flow.session", { list: "string" })),
        true,
      ],
      ["context", op2("eq", b.path("context.tenant"), lit("acme")), true],
      ["context that is not there", op2("eq", b.path("context.other"), lit("acme")), "error"],
      ["a call of the session", each("exists", calls, called("lookup")), true],
      ["no such call", each("exists", calls, called("nope")), false],
      [
        "when a call was",
        each("exists", calls, op2("lt", b.path("x.at", "timestamp"), b.path("now", "timestamp"))),
        true,
      ],
      ["size of the calls", op2("eq", b.size(calls), lit(2)), true],
      [
        "one call by index",
        op2("eq", b.path("session.calls.1.outcome", "string"), lit("failed")),
        true,
      ],
      [
        "past the last call",
        op2("eq", b.path("session.calls.2.outcome", "string"), lit("failed")),
        "error",
      ],
    ],
    { session, facts: { tenant: "acme" } },
  );

  test("once older calls were dropped, only what the kept ones decide is no error", () => {
    const truncated = { session: { ...session, truncated: true } };
    const one = (op: "all" | "exists" | "existsOne", body: Node): Outcome =>
      b.outcomeOf(each(op, calls, body), truncated);
    expect(one("exists", called("lookup"))).toBe(true);
    expect(one("exists", called("nope"))).toBe("error");
    expect(one("all", called("lookup"))).toBe(false);
    expect(one("all", not(called("nope")))).toBe("error");
    expect(one("existsOne", called("lookup"))).toBe("error");
    expect(one("existsOne", TRUE)).toBe(false);
    expect(b.outcomeOf(op2("ge", b.size(calls), lit(0)), truncated)).toBe("error");
    expect(
      b.outcomeOf(op2("eq", b.path("session.calls.0.tool", "string"), lit("lookup")), truncated),
    ).toBe("error");
    expect(b.outcomeOf(has(b.path("session.calls")), truncated)).toBe(true);
    expect(b.outcomeOf(op2("eq", b.path("session.turn", "int"), lit(3)), truncated)).toBe(true);
  });

  test("reads the resource that the catalogue names", async () => {
    const { compilePolicy } = await import("../src/compile-policy.ts");
    const { evaluatePolicy } = await import("../src/evaluate-policy.ts");
    const resource = { type: "customer", id: b.path("args.customer", "string") };
    const when = and(
      op2("eq", b.path("resource.type", "string"), lit("customer")),
      op2("eq", b.path("resource.id"), lit("c1")),
      has(b.path("resource.id")),
    );
    const document = b.documentOf({
      tools: { act: b.toolEntry({ resource }) },
      rules: [b.rule("p", "permit", { when })],
    });
    const policy = compilePolicy(document);
    const verdict = (args: { readonly [name: string]: Json }): string =>
      evaluatePolicy(policy, b.requestOf({ args })).verdict;
    expect(verdict({ customer: "c1" })).toBe("permit");
    expect(verdict({ customer: "c2" })).toBe("deny");
    expect(verdict({ customer: 1 })).toBe("deny");
    expect(verdict({})).toBe("deny");
  });

  const unknown: Partial<EvaluationRequest> = { args: UNKNOWN, session: UNKNOWN };
  test.for<readonly [string, Node]>([
    ["an argument", op2("eq", dyn("s"), lit("abc"))],
    ["has of an argument", has(b.path("args.s"))],
    ["the arguments as a whole", op2("ge", b.size(b.path("args", { map: "dyn" })), lit(0))],
    ["orValue of an argument", op2("eq", b.orValue(b.path("args.s"), lit("x")), lit("x"))],
    ["a fact", op2("eq", b.word("/url", "length", "int"), lit(1))],
    ["a fact's presence", has(b.word("/url", "", { map: "dyn" }, { optional: true }))],
    ["the user's words", b.said(b.path("args.s"))],
    ["the session's turn", op2("eq", b.path("session.turn", "int"), lit(0))],
    ["the session's calls", each("exists", calls, TRUE)],
    ["has of the session's calls", has(b.path("session.calls"))],
    [
      "the session's start",
      op2("le", b.path("session.startedAt", "timestamp"), b.path("now", "timestamp")),
    ],
    ["the session's labels", op2("in", lit("a"), b.path("flow.session", { list: "string" }))],
    ["has of the labels", has(b.path("flow.session"))],
  ])("an unknown root makes %s an error", ([, when]) => {
    expect(b.outcomeOf(when, { ...unknown, request: ["abc"] })).toBe("error");
  });
});

const text = (at: string, more?: object): Node => b.word(at, "text", "string", more);

describe("typed facts", () => {
  const optional = { optional: true };
  const whole = { map: "dyn" } as const;
  const within = (a: ReturnType<typeof b.word>, value: Json): Node => ({
    op: "within",
    t: "bool",
    a,
    b: lit(value),
  });
  run([
    ["a field", op2("eq", text("/url"), lit("word")), true],
    ["an int field", op2("eq", b.word("/url", "length", "int"), lit(4)), true],
    [
      "a list field",
      each("exists", b.word("/url", "letters", { list: "string" }), op2("eq", x, lit("w"))),
      true,
    ],
    [
      "a member of the whole",
      each("exists", b.word("/url", "", whole), op2("eq", x, lit("length"))),
      true,
    ],
    ["a fact of a nested argument", op2("eq", text("/objects/1/w"), lit("abc")), true],
    ["a fact that fails", op2("eq", text("/n"), lit("word")), "error"],
    ["!= of a fact that fails", op2("ne", text("/n"), lit("word")), "error"],
    ["a fact of nothing", op2("eq", text("/absent"), lit("word")), "error"],
    ["an optional fact of nothing", op2("eq", text("/absent", optional), lit("word")), "error"],
    ["has of an optional fact", has(b.word("/url", "", whole, optional)), true],
    ["has of an optional fact of nothing", has(b.word("/absent", "", whole, optional)), false],
    ["has of an optional fact that fails", has(b.word("/n", "", whole, optional)), "error"],
    ["has of a required fact of nothing", has(b.word("/absent", "", whole)), "error"],
    ["has below a text, which is no absence", has(b.word("/s/x", "", whole, optional)), "error"],
    ["has of an index past the end", has(b.word("/list/9", "", whole, optional)), false],
    [
      "every element",
      each(
        "all",
        b.word("/words/*", "length", { list: "int" }),
        op2("le", b.path("x", "int"), lit(3)),
      ),
      true,
    ],
    [
      "every element as a whole",
      each(
        "exists",
        b.word("/words/*", "", { list: whole }),
        op2("eq", b.path("x.text"), lit("abc")),
      ),
      true,
    ],
    [
      "below every element",
      each(
        "exists",
        b.word("/objects/*/w", "length", { list: "int" }),
        op2("eq", b.path("x", "int"), lit(3)),
      ),
      true,
    ],
    [
      "one element that fails spoils all",
      each(
        "exists",
        b.word("/badWords/*", "length", { list: "int" }),
        op2("eq", b.path("x", "int"), lit(2)),
      ),
      "error",
    ],
    [
      "elements of nothing",
      each("exists", b.word("/absent/*", "length", { list: "int" }), TRUE),
      "error",
    ],
    [
      "elements of a text",
      each("exists", b.word("/s/*", "length", { list: "int" }), TRUE),
      "error",
    ],
    [
      "elements of an empty list",
      each("exists", b.word("/empty/*", "length", { list: "int" }), TRUE),
      false,
    ],
    [
      "optional elements of nothing",
      has(b.word("/absent/*", "", { list: whole }, optional)),
      false,
    ],
    [
      "the variable of a quantifier",
      each("all", dyn("words"), op2("le", b.word("", "length", "int", { from: "x" }), lit(3))),
      true,
    ],
    [
      "below the variable",
      each(
        "exists",
        dyn("objects"),
        op2("eq", b.word("/w", "length", "int", { from: "x" }), lit(3)),
      ),
      true,
    ],
    [
      "a variable that fails is absorbed",
      each(
        "exists",
        dyn("badWords"),
        op2("eq", b.word("", "length", "int", { from: "x" }), lit(2)),
      ),
      true,
    ],
    [
      "a variable that fails",
      each("all", dyn("badWords"), op2("eq", b.word("", "length", "int", { from: "x" }), lit(2))),
      "error",
    ],
    ["a predicate", within(b.word("/url", "text", "string"), "a word here"), true],
    ["a predicate that does not hold", within(b.word("/url", "text", "string"), "else"), false],
    ["a predicate that throws", within(b.word("/url", "text", "string"), "throw"), "error"],
    ["a predicate of a fact that fails", within(b.word("/n", "text", "string"), "a"), "error"],
  ]);

  test("extracts once for each fact and call, whoever reads it, and freezes nothing of the caller", () => {
    const calls: string[] = [];
    const when = and(
      op2("eq", text("/url"), lit("word")),
      op2("eq", b.word("/url", "length", "int"), lit(4)),
      each("all", dyn("words"), op2("le", b.word("", "length", "int", { from: "x" }), lit(3))),
      each("all", dyn("words"), op2("ge", b.word("", "length", "int", { from: "x" }), lit(0))),
    );
    const principal = b.principalOf([b.party("bot"), b.party("planner")]);
    const { outcome } = b.decisionOf(
      when,
      { args: ARGS, principal },
      { facts: [b.wordFacts(calls)] },
    );
    expect(outcome).toBe(true);
    expect(calls.toSorted()).toEqual(['"ab"', '"abc"', '"word"']);
  });

  test.for<readonly [string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("x");
      },
    ],
    ["gives undefined", () => undefined],
    ["gives null", () => null],
    ["gives a text", () => "ok"],
    ["gives no value", () => ({ ok: true })],
    ["gives a list", () => ({ ok: true, value: [] })],
    ["gives NaN", () => ({ ok: true, value: { text: Number.NaN } })],
    ["gives a function", () => ({ ok: true, value: { text: () => 1 } })],
    ["gives another type", () => ({ ok: true, value: { text: 1 } })],
    ["gives no such field", () => ({ ok: true, value: {} })],
    ["gives an inherited field", () => ({ ok: true, value: Object.create({ text: "word" }) })],
    [
      "gives a getter",
      () => ({
        ok: true,
        value: {
          get text(): string {
            return "word";
          },
        },
      }),
    ],
  ])("an extractor that %s makes the read an error", ([, result]) => {
    const provider = { ...b.wordFacts(), prepare: () => result as never };
    expect(
      b.outcomeOf(op2("eq", text("/url"), lit("word")), { args: ARGS }, { facts: [provider] }),
    ).toBe("error");
  });

  test("a predicate that gives no boolean is an error", () => {
    const provider = b.wordFacts();
    const broken = {
      ...provider,
      predicates: { within: { field: "text", test: () => "yes" as never } },
    };
    const when = within(b.word("/url", "text", "string"), "word");
    expect(b.outcomeOf(when, { args: ARGS }, { facts: [broken] })).toBe("error");
  });

  test("gives the extractor the decision's clock", () => {
    const seen: number[] = [];
    const provider = {
      ...b.wordFacts(),
      prepare: () => (_: Json, context: { readonly now: number }) => {
        seen.push(context.now);
        return { ok: true, value: { text: "word" } } as const;
      },
    };
    b.decisionOf(
      op2("eq", text("/url"), lit("word")),
      { args: ARGS, now: 42 },
      { facts: [provider] },
    );
    expect(seen).toEqual([42]);
  });
});

describe("flow.userSaid", () => {
  run(
    [
      ["what the user said", b.said(b.path("args.s")), true],
      ["what the user did not say", b.said(b.path("args.url")), false],
      ["a number", b.said(b.path("args.i")), true],
      ["an absent argument", b.said(b.path("args.absent")), "error"],
      ["an element", each("exists", dyn("numbers"), b.said(x)), false],
    ],
    { request: ["Give me abc", "and 7 of it"] },
  );

  test("is an error where the host gave no words, and false where the user said nothing", () => {
    expect(b.outcomeOf(b.said(b.path("args.s")), { args: ARGS })).toBe("error");
    expect(b.outcomeOf(b.said(b.path("args.s")), { args: ARGS, request: [] })).toBe(false);
  });
});
