import type { Node, StaticType } from "@portcullis/core";
import { expect, test } from "vitest";
import { compileWhen } from "./support/compile.ts";

const bool = "bool" as const;
const lit = (
  value: string | number | boolean | null | readonly (string | number)[],
  t: StaticType,
): Node => ({
  op: "lit",
  t,
  value,
});
const str = (value: string): Node => lit(value, "string");
const int = (value: number): Node => lit(value, "int");
const dbl = (value: number): Node => lit(value, "double");
const at = (t: StaticType, path: string): Node & { op: "var" } => {
  const [name = "", ...rest] = path.split(".");
  return {
    op: "var",
    t,
    name,
    path: rest.map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
  };
};
const strings: StaticType = { list: "string" };
const objects: StaticType = { map: "dyn" };

test.for<readonly [string, Node]>([
  // Literals and comparisons.
  ['args.id == "a"', { op: "eq", t: bool, a: at("string", "args.id"), b: str("a") }],
  ["args.id == r'a\\d'", { op: "eq", t: bool, a: at("string", "args.id"), b: str("a\\d") }],
  ["args.n != 3", { op: "ne", t: bool, a: at("int", "args.n"), b: int(3) }],
  ["args.n < -3", { op: "lt", t: bool, a: at("int", "args.n"), b: int(-3) }],
  ["args.n <= 0x1F", { op: "le", t: bool, a: at("int", "args.n"), b: int(31) }],
  [
    "args.n == 9007199254740991",
    { op: "eq", t: bool, a: at("int", "args.n"), b: int(9007199254740991) },
  ],
  [
    "args.n == -9007199254740991",
    { op: "eq", t: bool, a: at("int", "args.n"), b: int(-9007199254740991) },
  ],
  ["args.n == -0", { op: "eq", t: bool, a: at("int", "args.n"), b: int(0) }],
  ["args.x > 1.5", { op: "gt", t: bool, a: at("double", "args.x"), b: dbl(1.5) }],
  ["args.x >= 1", { op: "ge", t: bool, a: at("double", "args.x"), b: int(1) }],
  ["args.n > 1.5e3", { op: "gt", t: bool, a: at("int", "args.n"), b: dbl(1500) }],
  ["args.on == true", { op: "eq", t: bool, a: at("bool", "args.on"), b: lit(true, "bool") }],
  ["args.maybe == null", { op: "eq", t: bool, a: at("dyn", "args.maybe"), b: lit(null, "null") }],
  ['args.maybe == "a"', { op: "eq", t: bool, a: at("dyn", "args.maybe"), b: str("a") }],
  ['args.id < "b"', { op: "lt", t: bool, a: at("string", "args.id"), b: str("b") }],
  ['args.color == "red"', { op: "eq", t: bool, a: at("string", "args.color"), b: str("red") }],
  ["args.any == 3", { op: "eq", t: bool, a: at("dyn", "args.any"), b: int(3) }],
  ["args.any > 3", { op: "gt", t: bool, a: at("dyn", "args.any"), b: int(3) }],
  ["true", lit(true, "bool")],
  ["args.on", at("bool", "args.on")],
  // Arguments of earlier calls.
  [
    "session.calls.exists(c, c.args.id == args.id)",
    {
      op: "exists",
      t: bool,
      over: at({ list: objects }, "session.calls"),
      as: "c",
      body: { op: "eq", t: bool, a: at("sealed", "c.args.id"), b: at("string", "args.id") },
    },
  ],
  [
    'session.calls.exists(c, has(c.args.nested.deep) && c.args.nested.deep in ["a"])',
    {
      op: "exists",
      t: bool,
      over: at({ list: objects }, "session.calls"),
      as: "c",
      body: {
        op: "and",
        t: bool,
        of: [
          { op: "has", t: bool, a: at("sealed", "c.args.nested.deep") },
          { op: "in", t: bool, a: at("sealed", "c.args.nested.deep"), b: lit(["a"], strings) },
        ],
      },
    },
  ],
  // Membership.
  [
    'args.id in ["a", "b"]',
    { op: "in", t: bool, a: at("string", "args.id"), b: lit(["a", "b"], strings) },
  ],
  [
    "args.n in [1, 2,]",
    { op: "in", t: bool, a: at("int", "args.n"), b: lit([1, 2], { list: "int" }) },
  ],
  ["args.any in []", { op: "in", t: bool, a: at("dyn", "args.any"), b: lit([], { list: "dyn" }) }],
  [
    'args.any in [1, "a"]',
    { op: "in", t: bool, a: at("dyn", "args.any"), b: lit([1, "a"], { list: "dyn" }) },
  ],
  ['"a" in args.tags', { op: "in", t: bool, a: str("a"), b: at(strings, "args.tags") }],
  ['"a" in args.map', { op: "in", t: bool, a: str("a"), b: at({ map: "int" }, "args.map") }],
  ['"note" in args', { op: "in", t: bool, a: str("note"), b: at(objects, "args") }],
  [
    '"admin" in principal.agent.roles',
    { op: "in", t: bool, a: str("admin"), b: at(strings, "principal.agent.roles") },
  ],
  [
    'args.tags == ["a"]',
    { op: "eq", t: bool, a: at(strings, "args.tags"), b: lit(["a"], strings) },
  ],
  // Logic: chains are flat, parentheses nest.
  [
    "args.on && args.n > 1 && args.n < 9",
    {
      op: "and",
      t: bool,
      of: [
        at("bool", "args.on"),
        { op: "gt", t: bool, a: at("int", "args.n"), b: int(1) },
        { op: "lt", t: bool, a: at("int", "args.n"), b: int(9) },
      ],
    },
  ],
  [
    "args.on || (args.on && !args.on)",
    {
      op: "or",
      t: bool,
      of: [
        at("bool", "args.on"),
        {
          op: "and",
          t: bool,
          of: [at("bool", "args.on"), { op: "not", t: bool, a: at("bool", "args.on") }],
        },
      ],
    },
  ],
  [
    "args.any && args.on",
    { op: "and", t: bool, of: [at("dyn", "args.any"), at("bool", "args.on")] },
  ],
  [
    "(args.on ? args.n : 3) > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "cond", t: "int", c: at("bool", "args.on"), a: at("int", "args.n"), b: int(3) },
      b: int(1),
    },
  ],
  // Access.
  ['args["id"] == "a"', { op: "eq", t: bool, a: at("string", "args.id"), b: str("a") }],
  [
    'args.nested["x-y"] == "a"',
    { op: "eq", t: bool, a: at("string", "args.nested.x-y"), b: str("a") },
  ],
  ['args.tags[0] == "a"', { op: "eq", t: bool, a: at("string", "args.tags.0"), b: str("a") }],
  [
    "args.items[1].price > 1.0",
    { op: "gt", t: bool, a: at("double", "args.items.1.price"), b: dbl(1) },
  ],
  ["args.map.k == 1", { op: "eq", t: bool, a: at("int", "args.map.k"), b: int(1) }],
  [
    'context.ticket.id == "a"',
    { op: "eq", t: bool, a: at("dyn", "context.ticket.id"), b: str("a") },
  ],
  ['tool.class == "write"', { op: "eq", t: bool, a: at("string", "tool.class"), b: str("write") }],
  ["tool.reversible", at("bool", "tool.reversible")],
  [
    'principal.user.id == "user:ann"',
    { op: "eq", t: bool, a: at("string", "principal.user.id"), b: str("user:ann") },
  ],
  [
    'principal.chain[0].id == "a"',
    { op: "eq", t: bool, a: at("string", "principal.chain.0.id"), b: str("a") },
  ],
  // Presence.
  ["has(args.note)", { op: "has", t: bool, a: at("string", "args.note") }],
  ["has(args.nested.deep)", { op: "has", t: bool, a: at("string", "args.nested.deep") }],
  ["has(principal.user)", { op: "has", t: bool, a: at(objects, "principal.user") }],
  [
    'args.?note.orValue("") == "a"',
    {
      op: "eq",
      t: bool,
      a: {
        op: "orValue",
        t: "string",
        a: at("string", "args.note"),
        b: { op: "lit", t: "string", value: "" },
      },
      b: str("a"),
    },
  ],
  [
    'args.nested.?deep.orValue("") == context.a.?b.orValue("")',
    {
      op: "eq",
      t: bool,
      a: {
        op: "orValue",
        t: "string",
        a: at("string", "args.nested.deep"),
        b: { op: "lit", t: "string", value: "" },
      },
      b: {
        op: "orValue",
        t: "dyn",
        a: at("dyn", "context.a.b"),
        b: { op: "lit", t: "string", value: "" },
      },
    },
  ],
  // Strings, sizes, patterns.
  [
    'args.id.startsWith("a")',
    { op: "startsWith", t: bool, a: at("string", "args.id"), b: str("a") },
  ],
  [
    "args.id.endsWith(args.note)",
    { op: "endsWith", t: bool, a: at("string", "args.id"), b: at("string", "args.note") },
  ],
  ['args.any.contains("a")', { op: "contains", t: bool, a: at("dyn", "args.any"), b: str("a") }],
  [
    'args.id.matches("^[a-z]+$")',
    { op: "matches", t: bool, a: at("string", "args.id"), pattern: "^[a-z]+$" },
  ],
  [
    'matches(args.id, "a.b")',
    { op: "matches", t: bool, a: at("string", "args.id"), pattern: "a.b" },
  ],
  [
    'args.id.matches("^(a+)+$")',
    { op: "matches", t: bool, a: at("string", "args.id"), pattern: "^(a+)+$" },
  ],
  [
    "size(args.tags) > 1",
    { op: "gt", t: bool, a: { op: "size", t: "int", a: at(strings, "args.tags") }, b: int(1) },
  ],
  [
    "args.id.size() > 1",
    { op: "gt", t: bool, a: { op: "size", t: "int", a: at("string", "args.id") }, b: int(1) },
  ],
  [
    "size(args) > 1",
    { op: "gt", t: bool, a: { op: "size", t: "int", a: at(objects, "args") }, b: int(1) },
  ],
  // Quantifiers.
  [
    'args.tags.all(t, t.startsWith("a"))',
    {
      op: "all",
      t: bool,
      over: at(strings, "args.tags"),
      as: "t",
      body: { op: "startsWith", t: bool, a: at("string", "t"), b: str("a") },
    },
  ],
  [
    "args.items.exists(i, i.price > 1.0)",
    {
      op: "exists",
      t: bool,
      over: at({ list: objects }, "args.items"),
      as: "i",
      body: { op: "gt", t: bool, a: at("double", "i.price"), b: dbl(1) },
    },
  ],
  [
    'args.map.exists_one(k, k == "a")',
    {
      op: "existsOne",
      t: bool,
      over: at({ map: "int" }, "args.map"),
      as: "k",
      body: { op: "eq", t: bool, a: at("string", "k"), b: str("a") },
    },
  ],
  [
    "args.nums.exists(a, args.tags.exists(b, b == string(a)))",
    {
      op: "exists",
      t: bool,
      over: at({ list: "int" }, "args.nums"),
      as: "a",
      body: {
        op: "exists",
        t: bool,
        over: at(strings, "args.tags"),
        as: "b",
        body: {
          op: "eq",
          t: bool,
          a: at("string", "b"),
          b: { op: "convert", t: "string", to: "string", a: at("int", "a") },
        },
      },
    },
  ],
  // Arithmetic.
  [
    "args.n + args.m > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "add", t: "int", a: at("int", "args.n"), b: at("int", "args.m") },
      b: int(1),
    },
  ],
  [
    "args.x - 1.0 > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "sub", t: "double", a: at("double", "args.x"), b: dbl(1) },
      b: int(1),
    },
  ],
  [
    "args.x * args.y > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "mul", t: "double", a: at("double", "args.x"), b: at("double", "args.y") },
      b: int(1),
    },
  ],
  [
    "args.n / 2 > 1",
    { op: "gt", t: bool, a: { op: "div", t: "int", a: at("int", "args.n"), b: int(2) }, b: int(1) },
  ],
  [
    "args.n % 2 == 1",
    { op: "eq", t: bool, a: { op: "mod", t: "int", a: at("int", "args.n"), b: int(2) }, b: int(1) },
  ],
  [
    "args.any + 1.0 > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "add", t: "double", a: at("dyn", "args.any"), b: dbl(1) },
      b: int(1),
    },
  ],
  [
    "-args.n > 1",
    { op: "gt", t: bool, a: { op: "neg", t: "int", a: at("int", "args.n") }, b: int(1) },
  ],
  // Conversions and times.
  [
    "int(args.note) > 1",
    {
      op: "gt",
      t: bool,
      a: { op: "convert", t: "int", to: "int", a: at("string", "args.note") },
      b: int(1),
    },
  ],
  [
    "double(args.n) > args.x",
    {
      op: "gt",
      t: bool,
      a: { op: "convert", t: "double", to: "double", a: at("int", "args.n") },
      b: at("double", "args.x"),
    },
  ],
  ["bool(args.note)", { op: "convert", t: "bool", to: "bool", a: at("string", "args.note") }],
  [
    "now > timestamp(args.when)",
    {
      op: "gt",
      t: bool,
      a: at("timestamp", "now"),
      b: { op: "convert", t: "timestamp", to: "timestamp", a: at("string", "args.when") },
    },
  ],
  [
    'now > timestamp("2026-01-01T00:00:00Z")',
    { op: "gt", t: bool, a: at("timestamp", "now"), b: lit(1767225600000, "timestamp") },
  ],
  [
    'duration(args.note) < duration("1h30m")',
    {
      op: "lt",
      t: bool,
      a: { op: "convert", t: "duration", to: "duration", a: at("string", "args.note") },
      b: lit(5_400_000, "duration"),
    },
  ],
  [
    'now - session.startedAt > duration("1h")',
    {
      op: "gt",
      t: bool,
      a: {
        op: "sub",
        t: "duration",
        a: at("timestamp", "now"),
        b: at("timestamp", "session.startedAt"),
      },
      b: lit(3_600_000, "duration"),
    },
  ],
  // Flow and history.
  ["flow.userSaid(args.id)", { op: "userSaid", t: bool, a: at("string", "args.id") }],
  [
    "anomaly(args.x) > 3.0",
    {
      op: "gt",
      t: bool,
      a: { op: "anomaly", t: "double", a: at("double", "args.x") },
      b: lit(3, "double"),
    },
  ],
  [
    "args.tags.all(t, flow.userSaid(t))",
    {
      op: "all",
      t: bool,
      over: at(strings, "args.tags"),
      as: "t",
      body: { op: "userSaid", t: bool, a: at("string", "t") },
    },
  ],
  [
    '"untrusted" in flow.session',
    { op: "in", t: bool, a: str("untrusted"), b: at(strings, "flow.session") },
  ],
  ["session.turn > 3", { op: "gt", t: bool, a: at("int", "session.turn"), b: int(3) }],
  [
    'session.calls.exists(c, c.tool == "other" && c.outcome == "completed")',
    {
      op: "exists",
      t: bool,
      over: at({ list: objects }, "session.calls"),
      as: "c",
      body: {
        op: "and",
        t: bool,
        of: [
          { op: "eq", t: bool, a: at("string", "c.tool"), b: str("other") },
          { op: "eq", t: bool, a: at("string", "c.outcome"), b: str("completed") },
        ],
      },
    },
  ],
])("accepts %s", async ([cel, expected]) => {
  expect(await compileWhen(cel)).toEqual(expected);
});
