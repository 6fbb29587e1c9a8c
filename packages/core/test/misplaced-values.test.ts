import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PortcullisError } from "../src/errors.ts";
import type { Json } from "../src/json.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import type { Node } from "../src/rule-ast.ts";
import { FULL } from "./support/full-policy.ts";
import * as b from "./support/policy-builders.ts";

const { lit, path, op2 } = b;
const word = b.word("/w", "text", "string");

/** One condition for each operator, with every member that it may have. */
const NODES: Readonly<Record<string, Node>> = {
  lit: lit(true),
  "lit of a list": op2("in", path("args.s", "string"), lit(["a"])),
  var: op2("eq", path("args.s", "string"), lit("a")),
  "var of an index": op2("eq", path("args.l.0", "string"), lit("a")),
  fact: op2("eq", b.word("/w", "text", "string", { options: {}, optional: true }), lit("a")),
  eq: op2("eq", path("principal.agent.id", "string"), lit("bot")),
  lt: op2("lt", path("args.n"), lit(1)),
  in: op2("in", lit("admin"), path("principal.user.roles", { list: "string" })),
  and: b.and(lit(true), b.not(lit(false))),
  cond: b.cond(lit(true), lit(true), lit(false)),
  has: b.has(path("args.s", "string")),
  orValue: op2("eq", b.orValue(path("args.s", "string"), lit("a")), lit("a")),
  size: op2("gt", b.size(path("args.s", "string")), lit(1)),
  contains: op2("contains", path("args.s", "string"), lit("a")),
  matches: b.matches(path("args.s", "string"), "^a$"),
  within: { op: "within", t: "bool", a: word, b: lit("a") },
  anomaly: op2("gt", b.anomaly(path("args.n")), lit(3, "double")),
  userSaid: b.said(path("args.s", "string")),
  labelsOf: op2("in", lit("a"), {
    op: "labelsOf",
    t: { list: "string" },
    a: path("args.s"),
    derived: "inherit",
  }),
  add: op2("eq", b.calc("add", "int", lit(1), lit(2)), lit(3)),
  neg: op2("eq", b.neg(lit(1)), lit(-1)),
  all: b.each("all", path("args.l"), op2("eq", path("x"), lit("a"))),
  convert: op2("eq", b.convert("int", lit("1")), lit(1)),
};

const WRONG: readonly Json[] = [
  null,
  true,
  -1,
  0.5,
  "",
  "toString",
  [],
  [null],
  ["toString"],
  [[]],
  {},
  { toString: 1 },
  { op: "toString", t: "bool" },
  { op: "lit", t: { list: "any" }, value: [] },
];

const input: Json = {
  type: "object",
  properties: {
    s: { type: "string" },
    n: { type: "number" },
    l: { type: "array", items: { type: "string" } },
    w: { type: "string" },
  },
};

function documentWith(when: Json): unknown {
  const tools = { act: b.toolEntry({ input }) };
  return {
    ...b.documentOf({ tools }),
    rules: [{ id: "r", effect: "forbid", tools: ["act"], when }],
  };
}

/** Where the document is refused; none where it is accepted. */
function placesOf(document: unknown): readonly string[] {
  try {
    parsePolicy(document);
    return [];
  } catch (error) {
    if (!PortcullisError.isInstance(error) || error.code !== "ERR_POLICY_INVALID") throw error;
    return (error.fields.issues ?? []).map((issue) => issue.path);
  }
}

function pointersOf(value: Json, at = ""): readonly string[] {
  // What is inside of these is none of the loader's business.
  if (/(?:demand|options|effects|input|context)$/.test(at)) return [at];
  if (typeof value !== "object" || value === null) return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([name, item]) =>
      pointersOf(item, `${at}/${name.replaceAll("/", "~1")}`),
    ),
  ];
}

function replaced(value: Json, pointer: string, by: Json | undefined): Json {
  // Unlike a structured clone, parts that are the same object become two.
  const copy: Json = JSON.parse(JSON.stringify(value));
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/"));
  const last = steps.pop();
  if (last === undefined) return by ?? null;
  // oxlint-disable-next-line typescript/no-explicit-any
  const holder = steps.reduce((inner: any, step) => inner[step], copy);
  if (by === undefined) delete holder[last];
  else holder[last] = by;
  return copy;
}

/** What may stand there as well, by operator or section, as `pointer: value`. */
const ALSO_VALID: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL("misplaced-values.accepted.json", import.meta.url), "utf8"),
);

/** Every pointer at which a wrong value is accepted; where it is refused, it is refused there. */
function acceptedIn(
  part: Json,
  documentOf: (part: Json) => unknown,
  near: (place: string, at: string) => boolean,
): readonly string[] {
  return pointersOf(part).flatMap((pointer) =>
    [...WRONG, undefined].flatMap((by) => {
      if (pointer === "" && by === undefined) return [];
      const places = placesOf(documentOf(replaced(part, pointer, by)));
      const far = places.filter((place) => !near(place, pointer));
      expect([pointer, by, far]).toEqual([pointer, by, []]);
      return places.length === 0 ? [`${pointer}: ${JSON.stringify(by)}`] : [];
    }),
  );
}

describe("a value in the wrong place of a condition is refused where it stands", () => {
  test.for(Object.entries(NODES))("%s", ([name, node]) => {
    const when = node as unknown as Json;
    expect(placesOf(documentWith(when))).toEqual([]);
    const accepted = acceptedIn(when, documentWith, (place, pointer) => {
      const own = `/rules/0/when${pointer}`;
      const parent = own.slice(0, own.lastIndexOf("/"));
      // At its own place or beside it, or at what holds it, whose type it may have changed.
      return place.startsWith(parent) || own.startsWith(place.replace(/\/t$/, ""));
    });
    expect(accepted).toEqual(ALSO_VALID[name] ?? []);
  });
});

// A tool, an argument or a role that is gone is missed where it is used; levels lie below a refusal.
const USERS: Readonly<Record<string, readonly string[]>> = {
  tools: ["/rules", "/limits", "/tools/act/resource", "/tools/mcp:crm~1export"],
  roles: ["/rules", "/risk"],
  risk: ["/risk/approval"],
};

describe("a value in the wrong place of a document is refused where it stands", () => {
  const sections = Object.entries(FULL as unknown as Readonly<Record<string, Json>>).filter(
    ([name]) => name !== "context",
  );
  test.for(sections)("%s", ([name, section]) => {
    const withSection = (part: Json): unknown => ({ ...FULL, [name]: part });
    const users = USERS[name] ?? [];
    const accepted = acceptedIn(section, withSection, (place, pointer) => {
      const own = `/${name}${pointer}`;
      const parent = own.slice(0, own.lastIndexOf("/"));
      return (
        place.startsWith(parent) ||
        own.startsWith(place) ||
        users.some((user) => place.startsWith(user))
      );
    });
    expect(accepted).toEqual(ALSO_VALID[name] ?? []);
  });
});
