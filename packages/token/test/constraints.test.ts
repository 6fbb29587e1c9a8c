import type { ArgumentConstraint, Json, JsonObject } from "@portcullis/core";
import { acceptsArguments } from "@portcullis/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAttenuation, parseToolConstraints, validateArguments } from "../src/index.ts";
import { outcomeOf } from "./support/forge.ts";

const isLong = process.env["PORTCULLIS_LONG"] === "1";

const parse = (constraint: Json) => parseToolConstraints({ tool: { v: constraint } });
const compare = (child: Json, parent: Json) => isAttenuation(parse(child), parse(parent));
const accepts = (constraint: Json, value: Json): boolean =>
  validateArguments(parse(constraint).get("tool"), { v: value }).ok;

const range = (members: JsonObject): Json => ({ constraint_type: "range", ...members });
const oneOf = (...values: Json[]): Json => ({ constraint_type: "one_of", values });
const exact = (value: Json): Json => ({ constraint_type: "exact", value });
const all = (...constraints: Json[]): Json => ({ constraint_type: "all", constraints });
const any = (...constraints: Json[]): Json => ({ constraint_type: "any", constraints });
const notOneOf = (...excluded: Json[]): Json => ({ constraint_type: "not_one_of", excluded });
const contains = (...required: Json[]): Json => ({ constraint_type: "contains", required });
const subset = (...allowed: Json[]): Json => ({ constraint_type: "subset", allowed });
const wildcard: Json = { constraint_type: "wildcard" };

describe("what a constraint accepts", () => {
  test.for<readonly [Json, Json, boolean]>([
    [exact("a"), "a", true],
    [exact("a"), "b", false],
    [exact(1), "1", false],
    [exact(0), -0, true],
    [exact(null), null, true],
    [exact(true), 1, false],
    [range({ min: 0, max: 5 }), 0, true],
    [range({ min: 0, max: 5 }), 5, true],
    [range({ min: 0, max: 5 }), 5.1, false],
    [range({ min: 0, max: 5 }), -0.1, false],
    [range({ min: 0 }), 1e300, true],
    [range({ max: 0 }), -1e300, true],
    [range({ min: 0, min_inclusive: false }), 0, false],
    [range({ min: 0, min_inclusive: true }), 0, true],
    [range({ max: 5, max_inclusive: false }), 5, false],
    [range({ max: 5, max_inclusive: false }), 4.9, true],
    [range({ min: 0 }), "3", false],
    [range({ min: 0 }), null, false],
    [range({ min: 0 }), [3], false],
    [oneOf("a", 1, { x: [1] }), { x: [1] }, true],
    [oneOf("a", 1), "b", false],
    [notOneOf("a"), "b", true],
    [notOneOf("a"), "a", false],
    [contains("a"), ["b", "a"], true],
    [contains("a", "b"), ["a"], false],
    [contains("a"), "a", false],
    [subset("a", "b"), ["a", "a"], true],
    [subset("a", "b"), [], true],
    [subset("a", "b"), ["c"], false],
    [subset("a"), "a", false],
    [wildcard, { anything: [1] }, true],
    [all(range({ min: 0 }), range({ max: 5 })), 3, true],
    [all(range({ min: 0 }), range({ max: 5 })), 6, false],
    [any(exact("a"), range({ min: 5 })), 6, true],
    [any(exact("a"), range({ min: 5 })), 4, false],
  ])("%j takes %j: %s", ([constraint, value, expected]) => {
    expect(accepts(constraint, value)).toBe(expected);
  });

  test.for<readonly [JsonObject, JsonObject, boolean]>([
    [{}, { a: 1, b: 2 }, true],
    [{ a: wildcard }, { a: 1 }, true],
    [{ a: wildcard }, { a: 1, b: 2 }, false],
    [{ a: wildcard }, {}, false],
    [{ a: wildcard }, { b: 1 }, false],
    [{ constructor: wildcard }, {}, false],
    [{ constructor: exact(1) }, { constructor: 1 }, true],
  ])("arguments %j take %j: %s", ([constraints, args, expected]) => {
    const tools = parseToolConstraints({ tool: constraints });
    expect(validateArguments(tools.get("tool"), args).ok).toBe(expected);
  });

  test("a tool that is not granted takes nothing", () => {
    expect(validateArguments(undefined, {})).toEqual({ ok: false });
  });
});

describe("what is no constraint", () => {
  const nested = (depth: number): Json => (depth === 1 ? wildcard : all(nested(depth - 1)));
  test.for<readonly [string, Json]>([
    ["no object", 1],
    ["a list", []],
    ["no type", {}],
    ["an unknown type", { constraint_type: "regex", pattern: ".*" }],
    ["a type of a prototype", { constraint_type: "constructor" }],
    ["a wildcard with a member", { constraint_type: "wildcard", x: 1 }],
    ["exact without a value", { constraint_type: "exact" }],
    ["exact of an object", exact({})],
    ["exact of a list", exact([])],
    ["exact with a member", { constraint_type: "exact", value: 1, x: 1 }],
    ["a range without bounds", range({})],
    ["a range of texts", range({ min: "0" })],
    ["a range with null", range({ min: null })],
    ["a range with an unknown member", range({ min: 0, step: 1 })],
    ["a flag without its bound", range({ min: 0, max_inclusive: true })],
    ["a flag that is no flag", range({ min: 0, min_inclusive: 1 })],
    ["an empty list", oneOf()],
    ["a duplicate list", oneOf(1, 1)],
    ["a duplicate list of objects", oneOf({ a: 1, b: 2 }, { b: 2, a: 1 })],
    ["a list that is none", { constraint_type: "one_of", values: "a" }],
    ["a list too long", oneOf(...Array.from({ length: 257 }, (_, index) => index))],
    ["an empty exclusion", notOneOf()],
    ["an empty requirement", contains()],
    ["an empty allowance", subset()],
    ["no clauses", all()],
    ["clauses that are none", { constraint_type: "any", constraints: {} }],
    ["too many clauses", any(...Array.from({ length: 17 }, () => wildcard))],
    ["too deep", nested(9)],
  ])("%s", async ([, constraint]) => {
    const outcome = await outcomeOf(async () => parse(constraint));
    expect(outcome).toBe("ERR_TOKEN_INVALID constraint");
  });

  test("as deep and as long as may be", () => {
    expect(parse(nested(8)).size).toBe(1);
    expect(parse(oneOf(...Array.from({ length: 256 }, (_, index) => index))).size).toBe(1);
  });

  test("more than 512 nodes in one token", async () => {
    const clauses = any(...Array.from({ length: 16 }, () => wildcard));
    const tools = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`t${index}`, { v: clauses }]),
      );
    expect(parseToolConstraints(tools(30)).size).toBe(30);
    expect(await outcomeOf(async () => parseToolConstraints(tools(31)))).toContain("constraint");
  });

  test.for<readonly [string, Json | undefined]>([
    ["nothing", undefined],
    ["a list", []],
    ["a tool without a name", { "": {} }],
    ["a tool of too long a name", { ["t".repeat(257)]: {} }],
    ["arguments that are none", { t: 1 }],
  ])("tools that are %s", async ([, tools]) => {
    expect(await outcomeOf(async () => parseToolConstraints(tools))).toContain("constraint");
  });
});

describe("what a delegation may say of an argument", () => {
  test.for<readonly [string, Json, Json, boolean]>([
    ["the same", exact(1), exact(1), true],
    ["another value", exact(2), exact(1), false],
    ["anything under a wildcard", range({ min: 0 }), wildcard, true],
    ["a wildcard under a wildcard", wildcard, wildcard, true],
    ["a wildcard under anything", wildcard, range({ min: 0 }), false],
    ["a value of a list", exact(1), oneOf(1, 2), true],
    ["a value that is not of the list", exact(3), oneOf(1, 2), false],
    ["a value of a range", exact(1), range({ min: 0, max: 2 }), true],
    ["a value outside a range", exact(3), range({ min: 0, max: 2 }), false],
    ["a text under a range", exact("1"), range({ min: 0, max: 2 }), false],
    ["a narrower range", range({ min: 1, max: 2 }), range({ min: 0, max: 2 }), true],
    ["a wider range", range({ min: -1, max: 2 }), range({ min: 0, max: 2 }), false],
    ["a missing bound", range({ min: 0 }), range({ min: 0, max: 2 }), false],
    ["a bound more", range({ min: 0, max: 2 }), range({ min: 0 }), true],
    ["a bound made inclusive", range({ min: 0 }), range({ min: 0, min_inclusive: false }), false],
    ["a bound made exclusive", range({ min: 0, min_inclusive: false }), range({ min: 0 }), true],
    [
      "an upper bound made inclusive",
      range({ max: 0 }),
      range({ max: 0, max_inclusive: false }),
      false,
    ],
    [
      "an upper bound made exclusive",
      range({ max: 0, max_inclusive: false }),
      range({ max: 0 }),
      true,
    ],
    [
      "an exclusive bound beyond",
      range({ min: -1, min_inclusive: false }),
      range({ min: 0 }),
      false,
    ],
    ["part of a list", oneOf(1), oneOf(1, 2), true],
    ["more than a list", oneOf(1, 3), oneOf(1, 2), false],
    ["more exclusions", notOneOf(1, 2), notOneOf(1), true],
    ["fewer exclusions", notOneOf(1), notOneOf(1, 2), false],
    ["more required", contains(1, 2), contains(1), true],
    ["less required", contains(1), contains(1, 2), false],
    ["less allowed", subset(1), subset(1, 2), true],
    ["more allowed", subset(1, 2), subset(1), false],
    ["one clause more", all(range({ min: 0 }), range({ max: 1 })), all(range({ min: 0 })), true],
    ["one clause fewer", all(range({ min: 0 })), all(range({ min: 0 }), range({ max: 1 })), false],
    ["one clause for two", all(exact(1)), all(range({ min: 0 }), range({ max: 1 })), false],
    [
      "clauses in another order",
      all(range({ max: 1 }), range({ min: 0 })),
      all(range({ min: 0 }), range({ max: 1 })),
      true,
    ],
    [
      "a matching that has to change its mind",
      all(exact(1), oneOf(1, 2)),
      all(oneOf(1, 2), oneOf(1, 2)),
      true,
    ],
    [
      "a matching that a greedy search misses",
      all(exact(1), oneOf(5, 6)),
      all(any(exact(1), exact(2)), oneOf(5, 6)),
      false,
    ],
    ["fewer alternatives", any(exact(1)), any(exact(1), exact(2)), true],
    ["more alternatives", any(exact(1), exact(3)), any(exact(1), exact(2)), false],
    ["a list for a range, though sound", oneOf(1), range({ min: 0 }), false],
    ["a list for a value, though sound", oneOf(1), exact(1), false],
    ["a value for an exclusion, though sound", exact(1), notOneOf(2), false],
    ["a value for all, though sound", exact(1), all(range({ min: 0 })), false],
  ])("%s", ([, child, parent, isNarrower]) => {
    expect(compare(child, parent)).toBe(isNarrower ? undefined : "constraint-widened");
  });

  test("a greedy choice is taken back", () => {
    const [a, b] = [range({ min: 0, max: 1 }), range({ min: 0, max: 2 })];
    // The first child fits both parents, the second one alone.
    expect(compare(all(a, b), all(b, range({ min: 0, max: 1 })))).toBeUndefined();
    expect(compare(all(b, a), all(range({ min: 0, max: 1 }), b))).toBeUndefined();
  });

  test.for<readonly [string, JsonObject, JsonObject, string | undefined]>([
    ["the same tool", { t: {} }, { t: {} }, undefined],
    ["fewer tools", {}, { t: {} }, undefined],
    ["another tool", { u: {} }, { t: {} }, "tool-added"],
    ["a tool of a prototype", { constructor: {} }, { t: {} }, "tool-added"],
    ["free arguments made closed", { t: { a: wildcard } }, { t: {} }, undefined],
    ["closed arguments made free", { t: {} }, { t: { a: wildcard } }, "argument-keys"],
    [
      "an argument more",
      { t: { a: wildcard, b: wildcard } },
      { t: { a: wildcard } },
      "argument-keys",
    ],
    [
      "an argument fewer",
      { t: { a: wildcard } },
      { t: { a: wildcard, b: wildcard } },
      "argument-keys",
    ],
    ["another argument", { t: { b: wildcard } }, { t: { a: wildcard } }, "argument-keys"],
  ])("%s", ([, child, parent, issue]) => {
    expect(isAttenuation(parseToolConstraints(child), parseToolConstraints(parent))).toBe(issue);
  });

  test("sixteen clauses that fit nothing take no time to speak of", () => {
    const parents = Array.from({ length: 16 }, (_, index) => range({ min: 0, max: index }));
    const children = Array.from({ length: 16 }, () => range({ min: 0, max: 14 }));
    let calls = 0;
    for (; calls < 200; calls += 1) {
      expect(compare(all(...children), all(...parents))).toBe("constraint-widened");
    }
    expect(calls).toBe(200);
  });
});

// Few values, so that pairs are often related.
const scalar = fc.constantFrom<Json>(0, 1, 2, 3, "a", "b", null, true, -1, 0.5);
const values = fc.uniqueArray(scalar, { minLength: 1, maxLength: 4, comparator: "SameValue" });
const bound = fc.option(fc.constantFrom(-1, 0, 0.5, 1, 2, 3), { nil: undefined });
const flag = fc.option(fc.boolean(), { nil: undefined });
const rangeArbitrary = fc.tuple(bound, bound, flag, flag).map(([min, max, low, high]): Json => {
  const lower = min === undefined && max === undefined ? 0 : min;
  return range({
    ...(lower === undefined ? {} : { min: lower }),
    ...(max === undefined ? {} : { max }),
    ...(lower === undefined || low === undefined ? {} : { min_inclusive: low }),
    ...(max === undefined || high === undefined ? {} : { max_inclusive: high }),
  });
});
const { constraint } = fc.letrec<{ constraint: Json }>((tie) => ({
  constraint: fc.oneof(
    { maxDepth: 2, depthIdentifier: "constraint" },
    fc.constant(wildcard),
    scalar.map(exact),
    rangeArbitrary,
    values.map((list) => oneOf(...list)),
    values.map((list) => notOneOf(...list)),
    values.map((list) => contains(...list)),
    values.map((list) => subset(...list)),
    fc.array(tie("constraint"), { minLength: 1, maxLength: 3 }).map((list) => all(...list)),
    fc.array(tie("constraint"), { minLength: 1, maxLength: 3 }).map((list) => any(...list)),
  ),
}));

/** Something near a constraint: what a holder would write to get a little more or less. */
const near = (of: Json): fc.Arbitrary<Json> => {
  const json = of as Record<string, Json>;
  const type = json["constraint_type"];
  if (type === "all" || type === "any") {
    const clauses = json["constraints"] as Json[];
    const list = fc.tuple(...clauses.map(near)).chain((changed) =>
      fc.oneof(
        fc.constant(changed),
        fc.constant(changed.slice(0, Math.max(1, changed.length - 1))),
        constraint.map((more) => [...changed, more]),
        fc.constant(changed.toReversed()),
      ),
    );
    return list.map((changed) => ({ constraint_type: type, constraints: changed }));
  }
  if (type === "range") {
    const [min, max] = [json["min"], json["max"]];
    const low = fc.constantFrom(...(typeof min === "number" ? [min, min + 1, min - 1] : [0]));
    const high = fc.constantFrom(...(typeof max === "number" ? [max, max + 1, max - 1] : [2]));
    return fc.oneof(
      fc.constant(of),
      rangeArbitrary,
      fc
        .tuple(low, high, fc.boolean(), fc.boolean())
        .map(([a, b, c, d]) => range({ min: a, max: b, min_inclusive: c, max_inclusive: d })),
      scalar.map(exact),
    );
  }
  for (const name of ["values", "excluded", "required", "allowed"]) {
    const list = json[name];
    if (Array.isArray(list)) {
      return fc.oneof(
        fc.constant(of),
        fc.subarray(list as Json[], { minLength: 1 }).map((part) => ({ ...json, [name]: part })),
        values.map((other) => ({ ...json, [name]: other })),
        fc
          .constantFrom(...(list as Json[]))
          .map((value) => (typeof value === "object" && value !== null ? of : exact(value))),
      );
    }
  }
  return fc.oneof(fc.constant(of), constraint);
};
const pair = constraint.chain((parent) =>
  fc.tuple(fc.oneof(near(parent), constraint), fc.constant(parent)),
);

const SAMPLES: readonly Json[] = [
  [-2, -1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 1e9],
  ["a", "b", "c", "", null, true, false],
  [[], [0], [1], ["a"], ["a", "b"], [0, 1, 2, 3], [null, true], [0, "a", "b"], [1, 2, "c"], {}],
].flat();

describe("over random constraints", () => {
  const numRuns = isLong ? 400_000 : 3000;

  test(
    "a child that is taken accepts nothing that its parent refuses",
    { timeout: 3_600_000 },
    () => {
      let taken = 0;
      fc.assert(
        fc.property(pair, ([child, parent]) => {
          if (compare(child, parent) !== undefined) return true;
          taken += 1;
          const [narrow, wide] = [read(child), read(parent)];
          return SAMPLES.every((value) => !holds(narrow, value) || holds(wide, value));
        }),
        { numRuns },
      );
      // A search that relates nothing would prove nothing.
      expect(taken / numRuns).toBeGreaterThan(0.1);
    },
  );

  test(
    "every constraint is its own attenuation, and of a chain each of each",
    { timeout: 3_600_000 },
    () => {
      let related = 0;
      const triple = pair.chain(([b, c]) => fc.tuple(near(b), fc.constant(b), fc.constant(c)));
      fc.assert(
        fc.property(triple, ([a, b, c]) => {
          expect(compare(a, a)).toBeUndefined();
          if (compare(a, b) !== undefined || compare(b, c) !== undefined) return;
          related += 1;
          expect(compare(a, c)).toBeUndefined();
        }),
        { numRuns: numRuns / 4 },
      );
      expect(related).toBeGreaterThan(numRuns / 200);
    },
  );

  test("any JSON is parsed or refused with its reason", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (json) => {
        expect(await outcomeOf(async () => parse(json as Json))).toMatch(
          /^(ok|ERR_TOKEN_INVALID constraint)$/,
        );
      }),
      { numRuns: isLong ? 100_000 : 500 },
    );
  });
});

type Read = Readonly<Record<string, ArgumentConstraint>>;

function read(json: Json): Read {
  const found = parse(json).get("tool");
  if (found === undefined || found === "any") throw new Error("A constraint was lost.");
  return found;
}

function holds(constraints: Read, value: Json): boolean {
  return acceptsArguments(constraints, { v: value });
}
