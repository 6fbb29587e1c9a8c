import { describe, expect, test } from "vitest";
import { PortcullisError } from "../src/errors.ts";
import type { Issue } from "../src/errors.ts";
import type { Json } from "../src/json.ts";
import { isParsedPolicy, parsePolicy } from "../src/parse-policy.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import type { Node } from "../src/rule-ast.ts";
import { FULL } from "./support/full-policy.ts";
import * as b from "./support/policy-builders.ts";

const { lit, path, op2, and, each, rule, toolEntry, documentOf } = b;

/** Every issue of a refused document; fails when it is accepted or something else is thrown. */
function issuesOf(input: unknown): readonly Issue[] {
  try {
    parsePolicy(input);
  } catch (error) {
    if (!PortcullisError.isInstance(error) || error.code !== "ERR_POLICY_INVALID") throw error;
    if (error.message.length > 2000) throw new Error("The message is too long.", { cause: error });
    return error.fields.issues ?? [];
  }
  throw new Error("The document was accepted.");
}

function placesOf(input: unknown): readonly string[] {
  return issuesOf(input).map((issue) => issue.path);
}

/** A document with one forbid about tools of these schemas. */
function forbidding(when: Node, inputs: readonly Json[]): PolicyDocument {
  return {
    ...documentOf(),
    tools: Object.fromEntries(inputs.map((input, at) => [`t${at}`, toolEntry({ input })])),
    rules: [rule("r", "forbid", { when, tools: inputs.map((_, at) => `t${at}`) })],
  };
}

type Raw = Record<string, unknown>;

/** A valid document with one member replaced, as plain JSON. */
function changed(pointer: string, value: unknown, base: PolicyDocument = FULL): unknown {
  const copy = structuredClone(base) as unknown as Raw;
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/"));
  const last = steps.pop() ?? "";
  let holder: Raw = copy;
  for (const step of steps) holder = holder[step] as Raw;
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

const approval = (more: object): unknown => ({ ...b.APPROVAL, ...more });

const raw = (node: object): Node => node as Node;

const deepList = (depth: number): unknown => {
  let value: unknown = 1;
  for (let at = 0; at < depth; at += 1) value = [value];
  return value;
};

describe("what is accepted", () => {
  test("a document with every member", () => {
    expect(parsePolicy(FULL)).toEqual(FULL);
  });

  test("the smallest document", () => {
    expect(parsePolicy(documentOf({ tools: {}, roles: {} }))).toEqual(
      documentOf({ tools: {}, roles: {} }),
    );
  });

  test("gives a deeply frozen copy that shares nothing with the input", () => {
    const input = structuredClone(FULL);
    const document = parsePolicy(input);
    const check = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(Object.isFrozen(value)).toBe(true);
      Object.values(value).forEach(check);
    };
    check(document);
    expect(document).not.toBe(input);
    (input.rules as unknown[]).length = 0;
    expect(document.rules).toHaveLength(3);
  });

  test("knows its own documents, and no copies of them", () => {
    const document = parsePolicy(FULL);
    expect(isParsedPolicy(document)).toBe(true);
    expect(isParsedPolicy(structuredClone(document))).toBe(false);
    expect(isParsedPolicy({ ...document })).toBe(false);
  });

  test.for<readonly [string, Node]>([
    ["dyn that says it is a string", op2("eq", path("args.x", "string"), lit("a"))],
    ["a string that says it is dyn", op2("eq", path("tool.name", "dyn"), lit("a"))],
    ["int with double", op2("eq", path("session.turn", "int"), lit(1.5))],
    ["anything with null", op2("ne", path("tool.name", "string"), lit(null))],
    [
      "a role that is declared",
      op2("in", lit("admin"), path("principal.user.roles", { list: "string" })),
    ],
    [
      "the same name twice, one after another",
      and(each("all", path("args.a"), lit(true)), each("all", path("args.b"), lit(true))),
    ],
    ["two quantifiers deep", each("all", path("args.a"), each("all", path("x"), lit(true), "y"))],
    ["a pattern of RE2 that only a linear engine runs", b.matches(path("args.x"), "(?i)a+b+")],
    ["an empty list literal", op2("in", path("args.x"), lit([], { list: "dyn" }))],
    [
      "a quantifier over roles with a declared one",
      each(
        "exists",
        path("principal.agent.roles", { list: "string" }),
        op2("eq", path("x", "string"), lit("support")),
      ),
    ],
    ["a dyn condition", path("args.flag")],
  ])("the condition %s", ([, when]) => {
    expect(parsePolicy(documentOf({ rules: [rule("r", "forbid", { when })] })).rules).toHaveLength(
      1,
    );
  });
});

describe("what is refused, and where", () => {
  const cases: readonly (readonly [pointer: string, value: unknown, place?: string])[] = [
    // The document.
    ["/ast", 2],
    ["/ast", "1"],
    ["/ast", undefined, ""],
    ["/name", ""],
    ["/name", 1],
    ["/name", undefined, ""],
    ["/serial", -1],
    ["/serial", 1.5],
    ["/serial", "1"],
    ["/serial", 2 ** 53],
    ["/identity", "anyone"],
    ["/mode", "off"],
    ["/extra", 1],
    ["/constructor", 1],
    ["/toString", 1],
    ["/audit/level", "none"],
    ["/audit/sink", ""],
    ["/audit/extra", 1],
    ["/audit", null],
    ["/context", "schema"],
    ["/rules", {}],
    ["/rules", undefined, ""],
    ["/limits", {}],
    ["/tools", []],
    ["/roles", []],
    ["/risk", []],
    ["/approval", undefined, ""],
    // Roles.
    ["/roles/admin/users", "user:ann"],
    ["/roles/admin/users", [1], "/roles/admin/users/0"],
    ["/roles/admin/users", ["a", "a"]],
    ["/roles/admin/users", ["role:support"], "/roles/admin/users/0"],
    ["/roles/admin/groups", []],
    ["/roles/constructor", {}],
    ["/roles/hasOwnProperty", {}],
    ["/roles/Admin", {}, "/roles/admin"],
    ["/roles/ａdmin", {}],
    // The catalogue.
    ["/tools/act/class", "nothing"],
    ["/tools/act/class", "toString"],
    ["/tools/act/sensitivity", "secret"],
    ["/tools/act/reversible", "yes"],
    ["/tools/act/origin", "cloud"],
    ["/tools/act/input", true],
    ["/tools/act/input", undefined, "/tools/act"],
    ["/tools/act/extra", 1],
    ["/tools/act", "read"],
    ["/tools/act/pin", "sha256:short"],
    ["/tools/act/pin", `sha1:${"A".repeat(43)}`],
    ["/tools/act/result", {}],
    ["/tools/act/result/labels", ["a", "a"]],
    ["/tools/act/result/labels", [""], "/tools/act/result/labels/0"],
    ["/tools/act/result/maxBytes", 0],
    ["/tools/act/result/maxBytes", 0.5],
    ["/tools/act/flow/exempt", ["id"], "/tools/act/flow/exempt/0"],
    ["/tools/act/flow/exempt", ["/~2"], "/tools/act/flow/exempt/0"],
    ["/tools/act/flow/other", 1],
    ["/tools/act/effects", []],
    ["/tools/act/facts/dest/type", "url"],
    ["/tools/act/facts/dest/type", "url@01"],
    ["/tools/act/facts/dest/at", "url"],
    ["/tools/act/facts/dest/at", "/*/a/*"],
    ["/tools/act/facts/dest/options", []],
    ["/tools/act/facts/dest/optional", 1],
    ["/tools/act/facts/dest/extra", 1],
    ["/tools/act/facts/dest", "url"],
    ["/tools/act/facts/a b", { type: "url@1", at: "" }],
    ["/tools/act/facts/constructor", { type: "url@1", at: "" }],
    ["/tools/act/facts", []],
    ["/tools/act/resource/type", 1],
    ["/tools/act/resource/id", path("context.id")],
    ["/tools/act/resource/id", lit("x")],
    ["/tools/act/resource/id", "args.id"],
    ["/tools/act/resource/extra", 1],
    ["/tools/mcp:crm~1export/origin", "local", "/tools/mcp:crm~1export"],
    ["/tools/act/origin", "mcp", "/tools/act"],
    ["/tools/mcp:CRM~1export", toolEntry({ origin: "mcp" })],
    ["/tools/mcp:crm", toolEntry({ origin: "mcp" })],
    ["/tools/mcp:crm~1", toolEntry({ origin: "mcp" })],
    ["/tools/mcp:-crm~1x", toolEntry({ origin: "mcp" })],
    ["/tools/mcp-method:crm~1prompts~1get", toolEntry()],
    ["/tools/constructor", toolEntry()],
    ["/tools/toString", toolEntry()],
    ["/tools/", toolEntry()],
    // Names that are not what they seem.
    ["/tools/ACT", toolEntry(), "/tools/act"],
    ["/tools/ａｃｔ", toolEntry()],
    ["/tools/a\u0441t", toolEntry()],
    ["/tools/a\u200Bct", toolEntry()],
    ["/tools/a\u202Ect", toolEntry()],
    ["/tools/a\u0000ct", toolEntry()],
    ["/tools/a\uFE0Fct", toolEntry()],
    ["/tools/a\u3164ct", toolEntry()],
    ["/tools/a\u2800ct", toolEntry()],
    ["/tools/cafe\u0301", toolEntry()],
    ["/tools/ act2", toolEntry()],
    ["/tools/act\u00A02", toolEntry()],
    ["/tools/act\n2", toolEntry()],
    [`/tools/${"x".repeat(257)}`, toolEntry()],
    // Rules.
    ["/rules/0", "permit"],
    ["/rules/0/id", ""],
    ["/rules/0/id", "never", "/rules/1/id"],
    ["/rules/0/effect", "allow"],
    ["/rules/0/extra", 1],
    ["/rules/0/tools", []],
    ["/rules/0/tools", ["nope"], "/rules/0/tools/0"],
    ["/rules/0/tools", ["toString"], "/rules/0/tools/0"],
    ["/rules/0/tools", ["act", "act"]],
    ["/rules/0/tools", undefined, "/rules/0"],
    ["/rules/0/agents", []],
    ["/rules/0/agents", [""], "/rules/0/agents/0"],
    ["/rules/0/agents", ["b\u200Bot"], "/rules/0/agents/0"],
    ["/rules/0/agents", ["role:nobody"], "/rules/0/agents/0"],
    ["/rules/0/agents", ["role:constructor"], "/rules/0/agents/0"],
    ["/rules/0/users", ["role:"], "/rules/0/users/0"],
    ["/rules/0/users", "user:ann"],
    ["/rules/0/message", ""],
    ["/rules/0/message", "x".repeat(1001)],
    ["/rules/0/hint", 1],
    ["/rules/0/mode", "off"],
    ["/rules/0/at", 1],
    ["/rules/0/text", 1],
    ["/rules/0/text", "é".repeat(4097)],
    ["/rules/0/obligations", [], "/rules/0/obligations"],
    ["/rules/1/obligations", [{ type: "notify", channel: "c", priority: "low", required: false }]],
    ["/rules/2/obligations", []],
    ["/rules/2/obligations", undefined, "/rules/2"],
    ["/rules/2/obligations/0/type", "wish"],
    ["/rules/2/obligations/0/type", "toString"],
    ["/rules/2/obligations/0", "clamp", "/rules/2/obligations/0/type"],
    ["/rules/2/obligations/0/path", "n"],
    ["/rules/2/obligations/0/path", ""],
    ["/rules/2/obligations/0/min", 11, "/rules/2/obligations/0"],
    ["/rules/2/obligations/0/min", "0"],
    ["/rules/2/obligations/0/oneOf", []],
    ["/rules/2/obligations/0/oneOf", ["1"], "/rules/2/obligations/0/oneOf/0"],
    ["/rules/2/obligations/0", { type: "clamp", path: "/n" }],
    ["/rules/2/obligations/1/target", "both"],
    ["/rules/2/obligations/1/kinds", []],
    ["/rules/2/obligations/2/priority", "urgent"],
    ["/rules/2/obligations/2/expiresSeconds", 0],
    ["/rules/2/obligations/2/expiresSeconds", 1.5],
    ["/rules/2/obligations/2/approvers", []],
    [
      "/rules/2/obligations/2/approvers",
      [{ roles: ["nobody"], count: 1 }],
      "/rules/2/obligations/2/approvers/0/roles/0",
    ],
    [
      "/rules/2/obligations/2/approvers",
      [{ roles: [], count: 0 }],
      "/rules/2/obligations/2/approvers/0/count",
    ],
    ["/rules/2/obligations/2/scope", "session"],
    ["/rules/2/obligations/2/editable", ["a", "a"]],
    ["/rules/2/obligations/2/queue", "a+b"],
    ["/rules/2/obligations/2/extra", 1],
    ["/rules/2/obligations/3/demand", "high"],
    ["/rules/2/obligations/4/channel", ""],
    ["/rules/2/obligations/4/required", undefined, "/rules/2/obligations/4"],
    // Limits.
    ["/limits/0/id", "tokens", "/limits/1/id"],
    ["/limits/0/per", []],
    ["/limits/1/per", ["agent", "tool"], "/limits/1/per"],
    ["/limits/1/budget/soft", { at: 0.5 }],
    ["/limits/0/per", ["planet"], "/limits/0/per/0"],
    ["/limits/0/per", ["agent", "agent"]],
    ["/limits/0/tools", ["nope"], "/limits/0/tools/0"],
    ["/limits/0/rates", []],
    ["/limits/0/rates/0/count", 0],
    ["/limits/0/rates/0/count", 1.5],
    ["/limits/0/rates/0/windowSeconds", 0],
    ["/limits/0/rates/0/windowSeconds", -1],
    ["/limits/0/rates/0/burst", 0],
    ["/limits/0/rates/0/burst", 101],
    ["/limits/0/rates/0/extra", 1],
    ["/limits/0/budget/amount", 0],
    ["/limits/0/budget/amount", "500"],
    ["/limits/0/budget/unit", ""],
    ["/limits/0/budget/windowSeconds", 0],
    ["/limits/0/budget/windowSeconds", -1],
    ["/limits/0/budget/cost", lit("five")],
    ["/limits/0/budget/cost", 5],
    ["/limits/0/budget/soft", { at: 0 }, "/limits/0/budget/soft/at"],
    ["/limits/0/budget/soft", { at: 1.1 }, "/limits/0/budget/soft/at"],
    ["/limits/1/budget/cost", lit(1)],
    ["/limits/0/concurrent", 0],
    ["/limits/1/budget", undefined, "/limits/1"],
    ["/limits/0/extra", 1],
    ["/limits/0", null],
    // Risk.
    ["/risk/base/read", -1],
    ["/risk/base/read", 101],
    ["/risk/base/read", 1.5],
    ["/risk/base/pay", undefined, "/risk/base"],
    ["/risk/base/fly", 1],
    ["/risk/add/0/points", -5],
    ["/risk/add/0/points", 101],
    ["/risk/add/0/factor", ""],
    ["/risk/add/0/when", lit(1)],
    ["/risk/add/0/when", undefined, "/risk/add/0"],
    ["/risk/add/0/extra", 1],
    ["/risk/add", {}],
    ["/risk/approval", [approval({ from: 60 }), approval({ from: 30 })], "/risk/approval/1/from"],
    ["/risk/approval", [approval({ from: 30 }), approval({ from: 30 })], "/risk/approval/1/from"],
    ["/risk/approval", [approval({ from: 80 })], "/risk/approval/0/from"],
    ["/risk/approval", [approval({ from: 101 })], "/risk/approval/0/from"],
    ["/risk/approval", [b.APPROVAL], "/risk/approval/0"],
    ["/risk/deny/from", -1],
    ["/risk/deny/notify", {}],
    ["/risk/deny/extra", 1],
    // Approval defaults.
    ["/approval/queue", ""],
    ["/approval/approvers", [{ roles: ["ghost"], count: 1 }], "/approval/approvers/0/roles/0"],
    ["/approval/extra", 1],
  ];
  test.for(cases)("%s = %j", ([pointer, value, place = pointer]) => {
    expect(placesOf(changed(pointer, value))).toContain(place);
  });
});

describe("conditions that are refused", () => {
  const dynAt = (name: string): Node => path(`args.${name}`);
  const deep = (depth: number): Node =>
    depth === 1 ? lit(true) : { op: "not", t: "bool", a: deep(depth - 1) };
  const quantified = each(
    "all",
    path("args.a"),
    each("all", path("x"), each("all", path("y"), lit(true), "z"), "y"),
  );
  const cases: readonly (readonly [claim: string, when: Node, place: string])[] = [
    ["no node", raw([]), ""],
    ["a text", raw("true" as unknown as object), ""],
    ["no operator", raw({ t: "bool" }), "/op"],
    ["an unknown operator", raw({ op: "xor", t: "bool", a: lit(true), b: lit(true) }), "/op"],
    ["an inherited operator", raw({ op: "toString", t: "bool" }), "/op"],
    ["operators of a later version", raw({ op: "valuesOf", t: "dyn", a: dynAt("x") }), "/op"],
    ["an unknown member", raw({ ...lit(true), extra: 1 }), "/extra"],
    ["a missing member", raw({ op: "not", t: "bool" }), ""],
    ["no type", raw({ op: "lit", value: true }), ""],
    ["an unknown type", raw({ op: "lit", t: "uint", value: 1 }), "/t"],
    [
      "a type with two members",
      raw({ op: "lit", t: { list: "int", map: "int" }, value: [] }),
      "/t",
    ],
    ["a type without an end", raw({ op: "lit", t: nestedType(20), value: [] }), "/t"],
    ["no bool", lit(1), ""],
    ["a string", path("tool.name", "string"), ""],
    ["a literal of another type", op2("eq", lit(1, "string"), lit("a")), "/a/value"],
    ["a fraction as int", op2("eq", lit(1.5, "int"), lit(1)), "/a/value"],
    ["an int beyond 2^53-1", op2("eq", lit(2 ** 53, "int"), lit(1)), "/a/value"],
    [
      "a list with an element of another type",
      op2("in", lit(1), lit([1, "a"], { list: "int" })),
      "/b/value",
    ],
    [
      "a map with a member of another type",
      op2("in", lit("a"), lit({ a: "x" }, { map: "int" })),
      "/b/value",
    ],
    [
      "a timestamp beyond the year 9999",
      op2("lt", lit(1e15, "timestamp"), path("now", "timestamp")),
      "/a/value",
    ],
    [
      "too many literals",
      op2("in", path("args.x"), lit(Array.from({ length: 4097 }, (_, at) => at))),
      "/b/value",
    ],
    ["an unknown root", op2("eq", path("env.HOME"), lit("x")), "/a/name"],
    ["an inherited root", op2("eq", path("toString"), lit("x")), "/a/name"],
    ["an unknown member of tool", op2("eq", path("tool.color"), lit("x")), "/a/path"],
    ["an inherited member of tool", op2("eq", path("tool.constructor"), lit("x")), "/a/path"],
    ["an unknown member of principal", op2("eq", path("principal.ceiling"), lit("x")), "/a/path"],
    ["an unknown member of an agent", op2("eq", path("principal.agent.name"), lit("x")), "/a/path"],
    [
      "arguments of a call of the session",
      each(
        "exists",
        path("session.calls", { list: { map: "dyn" } }),
        op2("eq", path("x.args"), lit(1)),
      ),
      "/body/a",
    ],
    [
      "the session's labels by another name",
      op2("in", lit("x"), path("session.labels")),
      "/b/path",
    ],
    ["a member of now", op2("eq", path("now.year"), lit(1)), "/a/path"],
    [
      "a path that is no list",
      raw({ op: "eq", t: "bool", a: { ...path("args.x"), path: "x" }, b: lit(1) }),
      "/a/path",
    ],
    [
      "a negative index",
      raw({ op: "eq", t: "bool", a: { ...path("args.x"), path: [-1] }, b: lit(1) }),
      "/a/path",
    ],
    [
      "a bool in a path",
      raw({ op: "eq", t: "bool", a: { ...path("args.x"), path: [true] }, b: lit(1) }),
      "/a/path",
    ],
    [
      "an argument that says it is a timestamp",
      op2("lt", path("args.x", "timestamp"), path("now", "timestamp")),
      "/a/t",
    ],
    ["an int that says it is dyn", op2("eq", path("session.turn", "dyn"), lit(1)), "/a/t"],
    ["a timestamp that says it is dyn", op2("lt", path("now", "dyn"), lit(1)), "/a/t"],
    ["a string that says it is an int", op2("eq", path("tool.name", "int"), lit(1)), "/a/t"],
    [
      "a comparison that says it is a string",
      raw({ op: "eq", t: "string", a: lit(1), b: lit(1) }),
      "/t",
    ],
    ["equality of string and int", op2("eq", path("tool.name", "string"), lit(1)), ""],
    [
      "equality of list and string",
      op2("eq", path("flow.session", { list: "string" }), lit("x")),
      "",
    ],
    [
      "equality of lists of other types",
      op2("eq", path("flow.session", { list: "string" }), lit([1])),
      "",
    ],
    ["equality of timestamp and dyn", op2("eq", path("now", "timestamp"), path("context.end")), ""],
    [
      "a timestamp in a list of dyn",
      op2("in", path("now", "timestamp"), lit([1], { list: "dyn" })),
      "",
    ],
    ["a timestamp in dyn", op2("in", path("now", "timestamp"), path("context.ends")), ""],
    [
      "a choice of timestamp and dyn that says it is a timestamp",
      op2(
        "lt",
        b.cond(lit(true), path("now", "timestamp"), path("context.end")),
        path("now", "timestamp"),
      ),
      "/a/t",
    ],
    [
      "a duration of more than 2^63 nanoseconds",
      op2("lt", lit(1e13, "duration"), lit(0, "duration")),
      "/a/value",
    ],
    ["equality of timestamp and int", op2("eq", path("now", "timestamp"), lit(1)), ""],
    ["order of bools", op2("lt", path("tool.reversible", "bool"), lit(true)), ""],
    ["order of string and int", op2("lt", path("tool.name", "string"), lit(1)), ""],
    ["order of timestamp and dyn", op2("lt", path("now", "timestamp"), path("context.end")), ""],
    [
      "order of timestamp and duration",
      op2("lt", path("now", "timestamp"), lit(1, "duration")),
      "",
    ],
    ["order of lists", op2("lt", path("flow.session", { list: "string" }), lit(["a"])), ""],
    [
      "an int in a list of strings",
      op2("in", lit(1), path("flow.session", { list: "string" })),
      "",
    ],
    ["an int as key of a map", op2("in", lit(1), path("principal.agent", { map: "dyn" })), "/a"],
    ["in a string", op2("in", lit("a"), path("tool.name", "string")), "/b"],
    ["&& of one", and(lit(true)), "/of"],
    ["&& of no list", raw({ op: "and", t: "bool", of: lit(true) }), "/of"],
    ["&& of an int", and(lit(true), lit(1)), "/of/1"],
    ["! of a string", b.not(path("tool.name", "string")), "/a"],
    ["a choice by a string", b.cond(path("tool.name", "string"), lit(true), lit(false)), "/c"],
    ["a choice between types", op2("eq", b.cond(lit(true), lit(1), lit("a")), lit(1)), "/a"],
    ["has of a literal", raw({ op: "has", t: "bool", a: lit(1) }), "/a"],
    ["has of an index", b.has(path("args.x.0")), "/a/path"],
    ["has of a root", b.has(path("args")), "/a/path"],
    ["orValue of an index", op2("eq", b.orValue(path("args.x.0"), lit(1)), lit(1)), "/a/a/path"],
    [
      "orValue with a path",
      raw({
        op: "eq",
        t: "bool",
        a: { op: "orValue", t: "dyn", a: path("args.x"), b: path("args.y") },
        b: lit(1),
      }),
      "/a/b",
    ],
    [
      "orValue of another type",
      op2("eq", b.orValue(path("args.x", "string"), lit(1)), lit(1)),
      "/a/b",
    ],
    ["size of a bool", op2("eq", b.size(lit(true)), lit(1)), "/a/a"],
    [
      "startsWith of a list",
      op2("startsWith", path("flow.session", { list: "string" }), lit("a")),
      "/a",
    ],
    ["contains an int", op2("contains", path("tool.name", "string"), lit(1)), "/b"],
    [
      "a pattern that is no text",
      raw({ op: "matches", t: "bool", a: path("tool.name", "string"), pattern: 1 }),
      "/pattern",
    ],
    [
      "a pattern over 256 characters",
      b.matches(path("tool.name", "string"), "a".repeat(257)),
      "/pattern",
    ],
    ["a look-around", b.matches(path("tool.name", "string"), "(?=a)b"), "/pattern"],
    ["a back-reference", b.matches(path("tool.name", "string"), "(a)\\1"), "/pattern"],
    ["a pattern that is none", b.matches(path("tool.name", "string"), "(a"), "/pattern"],
    [
      "a predicate of a path",
      raw({ op: "within", t: "bool", a: path("args.x"), b: lit("/") }),
      "/a",
    ],
    [
      "a predicate with a path",
      raw({ op: "within", t: "bool", a: b.word("/x", "text", "string"), b: path("args.y") }),
      "/b",
    ],
    [
      "a fact without a version",
      op2("eq", { ...b.word("/x", "text", "string"), type: "word" }, lit("a")),
      "/a/type",
    ],
    ["a fact's pointer without /", op2("eq", b.word("x", "text", "string"), lit("a")), "/a/at"],
    ["two stars", op2("in", lit("a"), b.word("/*/*", "text", "string")), "/b/at"],
    [
      "options that are a list",
      op2("eq", b.word("/x", "text", "string", { options: [] }), lit("a")),
      "/a/options",
    ],
    [
      "optional that is no bool",
      op2("eq", b.word("/x", "text", "string", { optional: 1 }), lit("a")),
      "/a/optional",
    ],
    [
      "a field that is no text",
      op2("eq", b.word("/x", 1 as unknown as string, "string"), lit("a")),
      "/a/field",
    ],
    [
      "from an unknown variable",
      op2("eq", b.word("/x", "text", "string", { from: "y" }), lit("a")),
      "/a/from",
    ],
    [
      "a fact that says it is a timestamp",
      op2("lt", b.word("/x", "text", "timestamp"), path("now", "timestamp")),
      "/a/t",
    ],
    ["userSaid of context", b.said(path("context.x")), "/a/name"],
    ["anomaly of context", op2("gt", b.anomaly(path("context.x")), lit(1.5)), "/a/a/name"],
    ["anomaly of all arguments", op2("gt", b.anomaly(path("args")), lit(1.5)), "/a/a/name"],
    ["anomaly of a string", op2("gt", b.anomaly(path("args.x", "string")), lit(1.5)), "/a/a"],
    [
      "anomaly of a literal",
      op2("gt", raw({ op: "anomaly", t: "double", a: lit(1.5) }), lit(1.5)),
      "/a/a",
    ],
    [
      "anomaly that says it is an int",
      op2("gt", raw({ op: "anomaly", t: "int", a: dynAt("x") }), lit(1)),
      "/a/t",
    ],
    [
      "anomaly of a quantifier's variable",
      b.each("exists", dynAt("list"), op2("gt", b.anomaly(path("x")), lit(1.5))),
      "/body/a/a/name",
    ],
    ["userSaid of a literal", raw({ op: "userSaid", t: "bool", a: lit("x") }), "/a"],
    ["int + double", op2("gt", b.calc("add", "double", lit(1), lit(1.5)), lit(1)), "/a"],
    ["int + dyn", op2("gt", b.calc("add", "int", lit(1), dynAt("x")), lit(1)), "/a"],
    ["double % double", op2("gt", b.calc("mod", "double", lit(1.5), lit(1.5)), lit(1)), "/a"],
    ["string + string", op2("eq", b.calc("add", "string", lit("a"), lit("b")), lit("ab")), "/a"],
    [
      "timestamp + timestamp",
      op2(
        "eq",
        b.calc("add", "timestamp", path("now", "timestamp"), path("now", "timestamp")),
        lit(0, "timestamp"),
      ),
      "/a",
    ],
    [
      "duration * duration",
      op2(
        "eq",
        b.calc("mul", "duration", lit(1, "duration"), lit(1, "duration")),
        lit(1, "duration"),
      ),
      "/a",
    ],
    [
      "a sum of ints that says it is a double",
      op2("gt", b.calc("div", "double", lit(1), lit(2)), lit(0)),
      "/a/t",
    ],
    [
      "a sum of ints that says it is dyn",
      op2("gt", b.calc("div", "dyn", lit(1), lit(2)), lit(0)),
      "/a/t",
    ],
    ["minus of a string", op2("eq", b.neg(path("tool.name", "string")), lit(1)), "/a/a"],
    ["int() of a bool", op2("eq", b.convert("int", lit(true)), lit(1)), "/a"],
    ["int() of a duration", op2("eq", b.convert("int", lit(1, "duration")), lit(1)), "/a"],
    ["bool() of an int", b.convert("bool", lit(1)), ""],
    ["bytes()", raw({ op: "convert", t: "string", to: "bytes", a: lit("a") }), "/to"],
    [
      "a conversion that says another type",
      raw({ op: "convert", t: "int", to: "string", a: lit(1) }),
      "/t",
    ],
    ["a quantifier over a string", each("all", path("tool.name", "string"), lit(true)), "/over"],
    ["a quantifier whose body is an int", each("all", path("args.x"), lit(1)), "/body"],
    [
      "a quantifier's variable used outside",
      and(each("all", path("args.x"), lit(true)), op2("eq", path("x"), lit(1))),
      "/of/1/a/name",
    ],
    ["a variable used in its own list", each("all", path("x"), lit(true)), "/over/name"],
    ["a variable that shadows a root", each("all", path("args.x"), lit(true), "args"), "/as"],
    ["a variable that shadows facts", each("all", path("args.x"), lit(true), "facts"), "/as"],
    [
      "a variable that shadows another",
      each("all", path("args.x"), each("all", path("x"), lit(true), "x")),
      "/body/as",
    ],
    ["a variable that is no identifier", each("all", path("args.x"), lit(true), "a b"), "/as"],
    [
      "a variable that is no text",
      each("all", path("args.x"), lit(true), 1 as unknown as string),
      "/as",
    ],
    ["three quantifiers deep", quantified, "/body/body"],
    [
      "a member of a string variable",
      each("all", path("flow.session", { list: "string" }), op2("eq", path("x.y"), lit(1))),
      "/body/a/path",
    ],
    ["over 64 levels", deep(65), "/a".repeat(64)],
    ["over 2 000 nodes", and(...Array.from({ length: 2000 }, () => lit(true))), "/of/1999"],
    [
      "an undeclared role",
      op2("in", lit("ghost"), path("principal.user.roles", { list: "string" })),
      "/a/value",
    ],
    [
      "an undeclared role of an actor",
      op2("in", lit("ghost"), path("principal.chain.0.roles", { list: "string" })),
      "/a/value",
    ],
    [
      "an undeclared role by equality",
      each(
        "exists",
        path("principal.agent.roles", { list: "string" }),
        op2("eq", path("x", "string"), lit("ghost")),
      ),
      "/body/b/value",
    ],
    [
      "an undeclared role on the left",
      each(
        "exists",
        path("principal.agent.roles", { list: "string" }),
        op2("ne", lit("ghost"), path("x", "string")),
      ),
      "/body/a/value",
    ],
    [
      "an undeclared role in a list",
      each(
        "exists",
        path("principal.agent.roles", { list: "string" }),
        op2("in", path("x", "string"), lit(["admin", "ghost"])),
      ),
      "/body/b/value",
    ],
  ];
  test.for(cases)("%s", ([, when, place]) => {
    const rules = [rule("other", "forbid"), rule("r", "forbid", { when })];
    expect(placesOf(documentOf({ rules }))).toContain(`/rules/1/when${place}`);
  });

  test("the deepest and the largest condition that fit are accepted", () => {
    const rules = [
      rule("deep", "forbid", { when: deep(64) }),
      rule("wide", "forbid", { when: and(...Array.from({ length: 1999 }, () => lit(true))) }),
      rule("list", "forbid", {
        when: op2("in", path("args.x"), lit(Array.from({ length: 4096 }, (_, at) => at))),
      }),
      rule("pattern", "forbid", { when: b.matches(path("args.x"), "a".repeat(256)) }),
    ];
    expect(parsePolicy(documentOf({ rules })).rules).toHaveLength(4);
  });
});

describe("arguments against the tools' schemas", () => {
  const input: Json = {
    type: "object",
    properties: {
      s: { type: "string" },
      n: { type: "number" },
      i: { type: "integer" },
      o: { type: "object", properties: { x: { type: "boolean" } }, additionalProperties: false },
      open: { type: "object", properties: {} },
      list: { type: "array", items: { type: "string" } },
      either: { type: ["string", "null"] },
      ref: { $ref: "#/$defs/x" },
      any: {},
    },
  };
  const parse = (
    when: Node,
    effect: "permit" | "forbid" = "permit",
    more: object = {},
  ): PolicyDocument =>
    parsePolicy(
      documentOf({
        tools: { act: toolEntry({ input, ...more }) },
        rules: [rule("r", effect, effect === "permit" ? { when } : { when, tools: ["act"] })],
      }),
    );
  const eq = (target: string, t: Parameters<typeof path>[1], value: Json): Node =>
    op2("eq", path(target, t), lit(value));

  test.for<readonly [string, Node]>([
    ["a string", eq("args.s", "string", "a")],
    ["a dyn string", eq("args.s", "dyn", "a")],
    ["a number", eq("args.n", "double", 1.5)],
    ["an integer", eq("args.i", "int", 1)],
    ["an integer as double", eq("args.i", "double", 1)],
    ["a closed object's member", path("args.o.x", "bool")],
    ["an open object's member", eq("args.open.y", "dyn", 1)],
    ["an element", eq("args.list.0", "string", "a")],
    ["one of two types", eq("args.either", "string", "a")],
    ["below a reference", eq("args.ref.y", "int", 1)],
    ["below anything", eq("args.any.y", "int", 1)],
    ["an absent one behind has()", and(b.has(path("args.gone")), eq("args.gone", "dyn", 1))],
    [
      "below an absent one behind has()",
      and(b.has(path("args.gone")), eq("args.gone.x", "dyn", 1)),
    ],
    ["an absent one with a default", op2("eq", b.orValue(path("args.gone"), lit(1)), lit(1))],
  ])("accepts %s", ([, when]) => {
    expect(parse(when).rules).toHaveLength(1);
  });

  test.for<readonly [string, Node, string]>([
    ["a string as int", eq("args.s", "int", 1), "/rules/0/when/a/t"],
    ["a number as int", eq("args.n", "int", 1), "/rules/0/when/a/t"],
    ["a list as map", op2("in", lit("a"), path("args.list", { map: "dyn" })), "/rules/0/when/b/t"],
    ["null or string as bool", path("args.either", "bool"), "/rules/0/when/t"],
    ["an unknown argument", eq("args.gone", "dyn", 1), "/rules/0/when/a/path"],
    [
      "an unknown one behind another's has()",
      and(b.has(path("args.go")), eq("args.gone", "dyn", 1)),
      "/rules/0/when/of/1/a/path",
    ],
    ["an unknown member of a closed object", eq("args.o.y", "dyn", 1), "/rules/0/when/a/path"],
    ["a member of a string", eq("args.s.y", "dyn", 1), "/rules/0/when/a/path"],
    ["an index into an object", eq("args.o.0", "dyn", 1), "/rules/0/when/a/path"],
    ["an unknown argument of userSaid", b.said(path("args.gone")), "/rules/0/when/a/path"],
  ])("refuses %s", ([, when, place]) => {
    expect(
      placesOf({
        ...documentOf(),
        tools: { act: toolEntry({ input }) },
        rules: [rule("r", "permit", { when })],
      }),
    ).toEqual([place]);
  });

  describe("of several tools", () => {
    const other: Json = { type: "object", properties: { n: { type: "string" } } };
    const nested: Json = {
      type: "object",
      properties: { o: { type: "object", properties: { y: { type: "string" } } } },
    };
    const s = b.has(path("args.s"));
    const i = eq("args.i", "int", 1);

    test.for<readonly [string, Node]>([
      ["behind &&", and(s, i)],
      ["before &&", and(i, s)],
      ["behind || of its negation", b.or(b.not(s), i)],
      ["within the second operand", and(s, b.or(eq("args.s", "string", "a"), i))],
      ["behind a has() within &&", and(and(s, b.has(path("args.n"))), i)],
      ["behind a has() within a negation", b.or(b.not(and(s, b.has(path("args.i")))), i)],
      ["as another type", and(s, eq("args.n", "double", 1.5))],
      ["in the branch that is not taken", b.cond(s, i, lit(true))],
      ["in the other branch", b.cond(b.not(s), lit(true), i)],
      ["beside a constant", b.or(lit(true), i)],
    ])("accepts what a has() keeps from the other tool: %s", ([, when]) => {
      expect(parsePolicy(forbidding(when, [input, other])).rules).toHaveLength(1);
    });

    test("accepts it where the has() asks for a member of a member", () => {
      const when = and(b.has(path("args.o.x")), i);
      expect(parsePolicy(forbidding(when, [input, nested])).rules).toHaveLength(1);
    });

    test.for<readonly [string, Node, string]>([
      ["beside a has() in ||", b.or(s, i), "/of/1/a/path"],
      ["beside a negated has() in &&", and(b.not(s), i), "/of/1/a/path"],
      ["behind a has() within ||", and(b.or(s, b.has(path("args.n"))), i), "/of/1/a/path"],
      ["in the branch that is taken", b.cond(s, lit(true), i), "/b/a/path"],
      ["compared with a has()", op2("eq", s, i), "/b/a/path"],
      ["behind a has() of what it declares", and(b.has(path("args.n")), i), "/of/1/a/path"],
      ["behind a has() that no tool declares", and(b.has(path("args.go")), i), "/of/1/a/path"],
      ["beside a constant that does not decide", and(lit(true), i), "/of/1/a/path"],
    ])("refuses what the other tool lacks %s", ([, when, place]) => {
      expect(placesOf(forbidding(when, [input, other]))).toEqual([`/rules/0/when${place}`]);
    });
  });

  test("a rule about all tools reads what it likes", () => {
    const rules = [rule("r", "forbid", { when: eq("args.gone", "dyn", 1) })];
    expect(
      parsePolicy(documentOf({ tools: { act: toolEntry({ input }) }, rules })).rules,
    ).toHaveLength(1);
  });

  test("a schema that allows other members knows no absent one", () => {
    const open = { ...input, additionalProperties: true };
    expect(parse(eq("args.gone", "dyn", 1), "permit", { input: open }).rules).toHaveLength(1);
    const composed = { ...input, allOf: [{ properties: { gone: {} } }] };
    expect(parse(eq("args.gone", "dyn", 1), "permit", { input: composed }).rules).toHaveLength(1);
  });
});

describe("issues", () => {
  test("are all collected, each with the position of its rule", () => {
    const rules = [
      { ...rule("a", "permit", { at: "rules/a.yaml:3:5" }), tools: ["nope"], extra: 1 },
      { ...rule("b", "forbid", { at: "rules/b.yaml:7:1" }), when: { op: "?", t: "bool" } },
      { ...rule("c", "forbid"), mode: "off" },
    ];
    const issues = issuesOf({ ...documentOf(), rules, name: "" });
    expect(
      issues.map(({ path: place, file, line, column }) => [place, file, line, column]),
    ).toEqual([
      ["/name", undefined, undefined, undefined],
      ["/rules/0/extra", "rules/a.yaml", 3, 5],
      ["/rules/0/tools/0", "rules/a.yaml", 3, 5],
      ["/rules/1/when/op", "rules/b.yaml", 7, 1],
      ["/rules/2/mode", undefined, undefined, undefined],
    ]);
    for (const issue of issues) expect(issue.message).toMatch(/^[A-ZT`].{10,}/);
  });

  test("of limits and risk additions have their own positions, and those after them none", () => {
    const document = changed("/limits/0/per", []) as Raw;
    const risk = structuredClone(FULL.risk) as unknown as Raw;
    (risk["add"] as Raw[])[0] = { ...FULL.risk.add[0], points: -1 };
    risk["deny"] = { from: 101 };
    const issues = issuesOf({ ...document, risk });
    expect(issues.map(({ path: place, line }) => [place, line])).toEqual([
      ["/limits/0/per", 60],
      ["/risk/add/0/points", 70],
      ["/risk/deny/from", undefined],
    ]);
  });

  test("an id used twice is reported at the second rule", () => {
    const rules = [
      rule("a", "forbid", { at: "x.yaml:1:1" }),
      rule("a", "forbid", { at: "x.yaml:2:1" }),
    ];
    expect(issuesOf(documentOf({ rules }))).toMatchObject([{ path: "/rules/1/id", line: 2 }]);
  });

  test("are bounded in number", () => {
    const rules = Array.from({ length: 3000 }, () => 1);
    const issues = issuesOf({ ...documentOf(), rules });
    expect(issues).toHaveLength(1001);
    expect(issues.at(-1)?.message).toContain("more problems");
  });

  test("the message counts them and names the first", () => {
    expect(() => parsePolicy({ ...documentOf(), mode: "off" })).toThrow(
      /one problem\. At \/mode: /,
    );
    expect(() => parsePolicy({ ...documentOf(), mode: "off", serial: -1 })).toThrow(/2 problems/);
    expect(() => parsePolicy(null)).toThrow(/the document/);
  });
});

describe("hostile input", () => {
  const cycle: Raw = { ...documentOf() };
  cycle["name"] = cycle;
  const throwing = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("trap");
      },
    },
  );
  test.for<readonly [string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a number", 1],
    ["a text", "policy"],
    ["a list", []],
    ["an empty object", {}],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a bigint", 1n],
    ["a date", new Date()],
    ["a map", new Map()],
    ["a typed array", new Uint8Array(2)],
    ["NaN inside", { ...documentOf(), serial: Number.NaN }],
    ["infinity inside", { ...documentOf(), serial: Number.POSITIVE_INFINITY }],
    ["undefined inside", { ...documentOf(), name: undefined }],
    ["a function inside", { ...documentOf(), rules: [() => 1] }],
    ["a cycle", cycle],
    ["huge nesting", { ...documentOf(), context: deepList(100_000) }],
    ["a throwing proxy", throwing],
    ["a throwing proxy inside", { ...documentOf(), rules: throwing }],
    [
      "a getter",
      {
        ...documentOf(),
        get rules() {
          return [];
        },
      },
    ],
    [
      "a throwing getter",
      {
        ...documentOf(),
        get rules(): never {
          throw new Error("x");
        },
      },
    ],
    ["an inherited document", Object.create(documentOf())],
    ["a hole", { ...documentOf(), rules: Array(3) }],
    ["a lone surrogate", { ...documentOf(), name: "\uD800" }],
    [
      "an own __proto__",
      JSON.parse(JSON.stringify(documentOf()).replace('"name"', '"__proto__":{"x":1},"name"')),
    ],
    ["__proto__ as a tool", JSON.parse('{"ast":1,"tools":{"__proto__":{}}}')],
    ["toJSON", { ...documentOf(), toJSON: () => documentOf() }],
    ["a very long name", { ...documentOf(), name: "x".repeat(1_000_000) }],
  ])("%s is refused with the one code", ([, input]) => {
    expect(issuesOf(input).length).toBeGreaterThan(0);
  });

  test("a well-behaved proxy is read once", () => {
    let reads = 0;
    const source = documentOf();
    const proxy = new Proxy(source, {
      getOwnPropertyDescriptor(target, name) {
        if (name === "mode") reads += 1;
        return Object.getOwnPropertyDescriptor(target, name);
      },
    });
    expect(parsePolicy(proxy)).toEqual(source);
    expect(reads).toBe(1);
  });
});

function nestedType(depth: number): object {
  let type: object | string = "int";
  for (let at = 0; at < depth; at += 1) type = { list: type };
  return type as object;
}
