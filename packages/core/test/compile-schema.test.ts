import { describe, expect, test } from "vitest";
import { canonicalize } from "../src/canonical-json.ts";
import { PortcullisError } from "../src/errors.ts";
import type { SchemaEnvironment, SchemaOptions } from "../src/json-schema/compile-schema.ts";
import { compileSchema } from "../src/json-schema/compile-schema.ts";
import type { PatternMatcher } from "../src/ports/pattern-matcher.ts";

type Options = SchemaOptions & SchemaEnvironment;

function accepts(schema: unknown, value: unknown, options?: Options): boolean {
  return compileSchema(schema, options).validate(canonicalize(value).value).ok;
}

function issuesOf(schema: unknown, value: unknown, options?: Options): string[] {
  const result = compileSchema(schema, options).validate(canonicalize(value).value);
  return result.ok ? [] : result.issues.map(({ path, keyword }) => `${path} ${keyword}`);
}

function refusalOf(schema: unknown, options?: Options): string {
  try {
    compileSchema(schema, options);
  } catch (error) {
    const isRefusal = PortcullisError.isInstance(error) && error.code === "ERR_POLICY_INVALID";
    if (!isRefusal || error.fields.reason !== "schema-invalid") throw error;
    const [issue] = error.fields.issues ?? [];
    return `${issue?.path} ${issue?.message}`;
  }
  return "compiled";
}

function deep(levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>((inner) => ({ next: inner }), {
    end: true,
  });
}

function many<T>(make: (index: number) => T): T[] {
  return Array.from({ length: 3000 }, (_, index) => make(index));
}

const TRUSTED: Options = { origin: "trusted" };
const FOREIGN: Options = { origin: "foreign" };
const BOTH = [TRUSTED, FOREIGN] as const;

describe("where typebox 1.4.3 alone decides wrongly", () => {
  test.for<[string, unknown, unknown, boolean]>([
    ["an object is no array: const", { const: ["a"] }, { "0": "a", length: 1 }, false],
    ["an array is no object: const", { const: { length: 0 } }, [], false],
    ["an object is no array: enum", { enum: [[], 1] }, { length: 0 }, false],
    ["equal objects in another order", { const: { a: 1, b: [2] } }, { b: [2], a: 1 }, true],
    ["an inherited name is not there: required", { required: ["toString"] }, {}, false],
    ["nor in dependentRequired", { dependentRequired: { valueOf: ["a"] } }, {}, true],
    ["nor as a dependency", { dependentRequired: { a: ["valueOf"] } }, { a: 1 }, false],
    ["nor in properties under not", { not: { properties: { toString: false } } }, {}, false],
    ["nor in dependentSchemas", { dependentSchemas: { toString: false } }, {}, true],
    ["an own one is", { required: ["toString"] }, { toString: 1 }, true],
    ["minLength beyond 2^30", { minLength: 1_073_741_824 }, "a", false],
    ["minLength beyond 2^31", { minLength: 2_147_483_648 }, "a", false],
    ["a multiple is exact", { multipleOf: 1 }, 1.00000000001, false],
    ["a small multiple is exact", { multipleOf: 1e-11 }, 1.5e-11, false],
    ["decimal multiples", { multipleOf: 0.01 }, 4.35, true],
    ["decimal multiples, large", { multipleOf: 0.01 }, 1e20, true],
    ["multiples of the smallest number", { multipleOf: 5e-324 }, 1e308, true],
    ["nested arrays differ: uniqueItems", { uniqueItems: true }, [[[1], 2], [[1, 2]]], true],
    [
      "members named constructor differ",
      { uniqueItems: true },
      [{ constructor: 1 }, { constructor: 2 }],
      true,
    ],
    [
      "equal objects are not unique",
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      false,
    ],
  ])("%s", ([, schema, value, expected]) => {
    for (const options of BOTH) expect(accepts(schema, value, options)).toBe(expected);
  });

  test.for<[string, unknown, unknown, boolean]>([
    [
      "a failed if evaluates nothing",
      { if: { properties: { a: true }, maxProperties: 0 }, unevaluatedProperties: false },
      { a: 1 },
      false,
    ],
    [
      "items of items are not the items",
      { contains: { type: "array", prefixItems: [{ const: 1 }] }, unevaluatedItems: false },
      [5, [1]],
      false,
    ],
    ["unevaluatedProperties lets arrays be", { unevaluatedProperties: false }, [1], true],
    ["under not too", { not: { unevaluatedProperties: false } }, [1], false],
    ["with types", { type: ["array", "object"], unevaluatedProperties: false }, [1], true],
    [
      "and still holds for objects",
      { type: ["array", "object"], properties: { a: true }, unevaluatedProperties: false },
      { b: 1 },
      false,
    ],
  ])("%s", ([, schema, value, expected]) => {
    expect(accepts(schema, value, TRUSTED)).toBe(expected);
  });
});

describe("nothing is changed", () => {
  test.for<[string, unknown, unknown]>([
    ["no coercion", { type: "object", properties: { a: { type: "number" } } }, { a: "1" }],
    ["no default", { required: ["a"], properties: { a: { default: 1 } } }, {}],
    ["nothing removed", { additionalProperties: false }, { a: 1 }],
  ])("%s", ([, schema, value]) => {
    for (const options of BOTH) expect(accepts(schema, value, options)).toBe(false);
  });
});

describe("formats and patterns", () => {
  test.for<[string, unknown, unknown, boolean]>([
    ["format is asserted", { format: "email" }, "2962", false],
    ["a good one", { format: "date-time" }, "2026-11-20T10:00:00Z", true],
    ["not of other types", { format: "email" }, 1, true],
    ["an unknown format has no effect", { format: "int32" }, "x", true],
    ["a pattern is searched for", { pattern: "b" }, "abc", true],
    ["a pattern in Unicode mode", { pattern: "^.$" }, "😀", true],
    ["length in code points", { maxLength: 1, minLength: 1 }, "😀", true],
    ["64 KiB", { pattern: "^a*$" }, "a".repeat(65_536), true],
    ["over 64 KiB", { pattern: "^a*$" }, "a".repeat(65_537), false],
    ["over 64 KiB, a format", { format: "uri" }, `a:${"a".repeat(65_536)}`, false],
  ])("%s", ([, schema, value, expected]) => {
    for (const options of BOTH) expect(accepts(schema, value, options)).toBe(expected);
  });

  test("the matcher runs what is not native, and only that", () => {
    const asked: string[] = [];
    const matcher: PatternMatcher = {
      compile: (source) => ({
        test: (text) => asked.push(`${source} ${text}`) > 0 && text === "aa",
      }),
    };
    const schema = { properties: { a: { pattern: "^(a+)+$" }, b: { pattern: "^b+$" } } };
    for (const { origin } of BOTH) {
      const options: Options = { matcher, ...(origin === undefined ? {} : { origin }) };
      expect(accepts(schema, { a: "aa", b: "b" }, options)).toBe(true);
      expect(accepts(schema, { a: "ab", b: "b" }, options)).toBe(false);
      expect(accepts(schema, { a: 1 }, options)).toBe(true);
    }
    expect(new Set(asked)).toStrictEqual(new Set(["^(a+)+$ aa", "^(a+)+$ ab"]));
    expect(refusalOf(schema)).toContain("/properties/a/pattern");
  });

  test("a matcher that throws makes the value invalid", () => {
    const matcher: PatternMatcher = {
      compile: () => ({
        test() {
          throw new Error("broken");
        },
      }),
    };
    for (const schema of [{ pattern: "a+b" }, { not: { pattern: "a+b" } }]) {
      expect(issuesOf(schema, "ab", { ...TRUSTED, matcher })).toStrictEqual([" work"]);
      expect(issuesOf(schema, "ab", { matcher })).toStrictEqual([" work"]);
    }
  });

  test("property names are checked by native patterns only, through references too", () => {
    const matcher: PatternMatcher = { compile: () => ({ test: () => true }) };
    const $defs = { name: { pattern: "a+b" } };
    expect(refusalOf({ properties: { a: { $ref: "#/$defs/name" } }, $defs }, { matcher })).toBe(
      "compiled",
    );
    expect(refusalOf({ propertyNames: { $ref: "#/$defs/name" }, $defs }, { matcher })).toContain(
      "native",
    );
  });
});

describe("issues", () => {
  const schema = {
    type: "object",
    properties: {
      "a/b": { type: "array", items: { type: "string", maxLength: 3 } },
      c: { enum: ["x"] },
    },
    required: ["c"],
    additionalProperties: false,
  };

  test.for<[string, unknown, string[]]>([
    ["a type", [], [" type"]],
    ["a missing property, by its own name", { "a/b": [] }, ["/c required"]],
    ["a check of ours", { c: "x", "a/b": ["abcd"] }, ["/a~1b/0 maxLength"]],
    ["several", { c: "y", "a/b": [1] }, ["/a~1b/0 type", "/c enum"]],
    ["an unknown property", { c: "x", z: "secret" }, ["/z additionalProperties"]],
  ])("%s", ([, value, expected]) => {
    for (const options of BOTH) {
      expect(issuesOf(schema, value, options).toSorted()).toStrictEqual(expected);
    }
  });

  test("a schema false says so", () => {
    for (const options of BOTH) {
      expect(issuesOf({ properties: { a: false } }, { a: 1 }, options)).toStrictEqual(["/a false"]);
    }
  });

  test("hold no value of the arguments and no value of the schema", () => {
    const strict = {
      properties: { a: { const: "swordfish" }, b: { pattern: "^trout$" }, c: { maximum: 7331 } },
    };
    for (const options of BOTH) {
      const { value } = canonicalize({ a: "halibut", b: "halibut", c: 99_999 });
      const text = JSON.stringify(compileSchema(strict, options).validate(value));
      expect(text).not.toMatch(/halibut|99999|swordfish|trout|7331/);
      expect(text).toContain("/c");
    }
  });
});

describe("foreign schemas", () => {
  test("are not turned into code", () => {
    const marker = "__evaluated__";
    const created: string[] = [];
    const { Function: original } = globalThis;
    globalThis.Function = new Proxy(original, {
      construct(target, args: string[]) {
        created.push(args.join());
        return Reflect.construct(target, args) as object;
      },
    });
    try {
      const schema = { type: "object", properties: { [marker]: { type: "string" } } };
      expect(accepts(schema, { [marker]: 1 }, FOREIGN)).toBe(false);
      expect(created.filter((code) => code.includes(marker))).toStrictEqual([]);
      expect(accepts(schema, { [marker]: 1 }, TRUSTED)).toBe(false);
      expect(created.filter((code) => code.includes(marker))).toHaveLength(1);
    } finally {
      globalThis.Function = original;
    }
  });

  test.for(["unevaluatedItems", "unevaluatedProperties"])("may not use %s", (keyword) => {
    expect(refusalOf({ anyOf: [{ [keyword]: false }] }, FOREIGN)).toContain(`/anyOf/0/${keyword}`);
    expect(refusalOf({ anyOf: [{ [keyword]: false }] }, TRUSTED)).toBe("compiled");
  });

  test("are the default", () => {
    expect(refusalOf({ unevaluatedItems: false })).toContain("generated code");
  });
});

describe("work is bounded", () => {
  // Every level asks twice for the next one: 2^40 visits.
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => [
      `n${level}`,
      { allOf: [{ $ref: `#/$defs/n${level + 1}` }, { $ref: `#/$defs/n${level + 1}` }] },
    ]),
  );

  test.for<[string, unknown, string]>([
    [
      "a chain of doubled references",
      { $ref: "#/$defs/n0", $defs: { ...doubling, n40: {} } },
      "too many",
    ],
    ["a schema that refers to itself", { $ref: "#" }, "for ever"],
    [
      "a loop through others",
      {
        $ref: "#/$defs/a",
        $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { not: { $ref: "#/$defs/a" } } },
      },
      "for ever",
    ],
    [
      "a loop by dynamic reference",
      { $dynamicAnchor: "x", allOf: [{ $dynamicRef: "#x" }] },
      "for ever",
    ],
  ])("refused: %s", ([, schema, message]) => {
    for (const options of BOTH) expect(refusalOf(schema, options)).toContain(message);
  });

  test.for(["allOf", "anyOf", "oneOf"])(
    "recursion that doubles with every level by %s",
    (keyword) => {
      const next = { $ref: "#/$defs/node" };
      // The innermost value fails, so that no alternative is skipped.
      const properties = { next: { [keyword]: [next, next] }, end: keyword !== "anyOf" };
      const doubled = { ...next, $defs: { node: { properties } } };
      const single = { ...next, $defs: { node: { properties: { next } } } };
      for (const options of BOTH) {
        expect(issuesOf(doubled, deep(50), options)).toStrictEqual([" work"]);
        expect(accepts(single, deep(50), options)).toBe(true);
      }
    },
  );

  test("under a negation it is invalid all the same", () => {
    const next = { $ref: "#/$defs/node" };
    const schema = {
      not: next,
      $defs: { node: { properties: { next: { allOf: [next, next] } } } },
    };
    for (const options of BOTH)
      expect(issuesOf(schema, deep(50), options)).toStrictEqual([" work"]);
  });

  test("many checks of many items, foreign", () => {
    const checks = Array.from({ length: 2000 }, (_, index) => ({ not: { const: index + 0.5 } }));
    const items = Array.from({ length: 5000 }, () => 1);
    for (const [schema, value] of [
      [{ items: { allOf: checks } }, items],
      [{ contains: { allOf: checks } }, items],
      [
        { additionalProperties: { allOf: checks } },
        Object.fromEntries(items.map((_, i) => [`n${i}`, 1])),
      ],
      [{ propertyNames: { allOf: checks } }, Object.fromEntries(items.map((_, i) => [`n${i}`, 1]))],
      [
        { patternProperties: { "^n": { allOf: checks } } },
        Object.fromEntries(items.map((_, i) => [`n${i}`, 1])),
      ],
    ] as const) {
      expect(issuesOf(schema, value)).toStrictEqual([" work"]);
    }
  });

  test("many patterns, names and lengths of long texts, foreign", () => {
    const text = "é".repeat(60_000);
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`n${i}`, 1]));
    for (const [schema, value] of [
      [{ allOf: many((i) => ({ pattern: `^[^${String.fromCodePoint(0x100 + i)}]*$` })) }, text],
      [{ allOf: many(() => ({ format: "uri-reference" })) }, text.replaceAll("é", "e")],
      [{ allOf: many(() => ({ minLength: 40_000, maxLength: 60_000 })) }, text],
      [{ allOf: many(() => ({ uniqueItems: true })) }, Object.keys(wide)],
      [{ patternProperties: Object.fromEntries(many((i) => [`^x${i}`, true])) }, wide],
      [
        { properties: Object.fromEntries(many((i) => [`x${i}`, true])), additionalProperties: {} },
        wide,
      ],
    ] as const) {
      expect(issuesOf(schema, value)).toStrictEqual([" work"]);
    }
  });

  test("each validation has its own budget", () => {
    const validator = compileSchema({ items: { type: "string", pattern: "^[^a]*$" } });
    const { value } = canonicalize(Array.from({ length: 20 }, () => "b".repeat(10_000)));
    for (let round = 0; round < 100; round += 1) expect(validator.validate(value).ok).toBe(true);
  });

  test("a value that is too deep for the validator is invalid, not a throw", () => {
    const bottomless = Array.from({ length: 100_000 }).reduce<never>(
      (inner) => [inner] as never,
      [] as never,
    );
    const schema = { items: { $ref: "#" } };
    for (const options of BOTH) {
      expect(compileSchema(schema, options).validate(bottomless).ok).toBe(false);
    }
  });
});

describe("closed", () => {
  const closed = BOTH.map((options) => ({ ...options, closed: true }));
  const point = { properties: { x: { type: "number" } } };

  test.for<[string, unknown, unknown, boolean]>([
    ["the top without properties", {}, { a: 1 }, false],
    ["the top: true", true, { a: 1 }, false],
    ["the top: true takes no properties", true, {}, true],
    ["the top with properties", point, { x: 1, y: 1 }, false],
    ["the top, as said", { ...point, additionalProperties: true }, { x: 1, y: 1 }, true],
    [
      "the top, as said by a schema",
      { ...point, additionalProperties: { type: "string" } },
      { y: 1 },
      false,
    ],
    ["patternProperties count", { patternProperties: { "^a": true } }, { ab: 1 }, true],
    ["and close", { patternProperties: { "^a": true } }, { b: 1 }, false],
    ["a nested object with properties", { properties: { p: point } }, { p: { y: 1 } }, false],
    ["a nested object without", { properties: { p: { type: "object" } } }, { p: { y: 1 } }, true],
    [
      "a nested object, as said",
      { properties: { p: { ...point, additionalProperties: true } } },
      { p: { y: 1 } },
      true,
    ],
    ["in items", { properties: { l: { items: point } } }, { l: [{ x: 1 }, { y: 1 }] }, false],
    ["in prefixItems", { properties: { l: { prefixItems: [point] } } }, { l: [{ y: 1 }] }, false],
    ["in additionalProperties", { additionalProperties: point }, { p: { y: 1 } }, false],
    [
      "through a reference",
      { properties: { p: { $ref: "#/$defs/p" } }, $defs: { p: point } },
      { p: { y: 1 } },
      false,
    ],
    ["a reference at the top", { $ref: "#/$defs/p", $defs: { p: point } }, { x: 1 }, true],
    ["closes there", { $ref: "#/$defs/p", $defs: { p: point } }, { y: 1 }, false],
    [
      "a reference to an open one",
      { $ref: "#/$defs/p", $defs: { p: { ...point, additionalProperties: true } } },
      { y: 1 },
      true,
    ],
    ["allOf together", { allOf: [point, { properties: { y: true } }] }, { x: 1, y: 1 }, true],
    [
      "allOf and no more",
      { allOf: [point, { properties: { y: true } }] },
      { x: 1, y: 1, z: 1 },
      false,
    ],
    ["below allOf", { allOf: [{ properties: { p: point } }] }, { p: { y: 1 } }, false],
    [
      "below then",
      JSON.parse('{"if":{"required":["p"]},"then":{"properties":{"p":{"properties":{"x":{}}}}}}'),
      { p: { y: 1 } },
      false,
    ],
    [
      "below dependentSchemas",
      { dependentSchemas: { p: { properties: { p: point } } } },
      { p: { y: 1 } },
      false,
    ],
    ["below anyOf", { anyOf: [{ properties: { p: point } }] }, { p: { y: 1 } }, false],
    ["below oneOf", { oneOf: [{ properties: { p: point } }] }, { p: { y: 1 } }, false],
    [
      "a oneOf that matched twice still does",
      { oneOf: [{ properties: { p: point } }, { properties: { p: true } }] },
      { p: { y: 1 } },
      false,
    ],
    [
      "not below not",
      { properties: { p: { not: { properties: { q: point }, required: ["q"] } } } },
      { p: { q: { y: 1 } } },
      false,
    ],
    [
      "not in contains, where fewer matches could be valid",
      { properties: { l: { contains: { ...point, required: ["x"] }, maxContains: 1 } } },
      { l: [{ x: 1 }, { x: 1, y: 1 }] },
      false,
    ],
    [
      "a reference met open and closed",
      {
        not: { properties: { q: { $ref: "#/$defs/p" } }, required: ["q"] },
        properties: { p: { $ref: "#/$defs/p" }, q: true },
        $defs: { p: { properties: { inner: point } } },
      },
      { p: { inner: { y: 1 } } },
      false,
    ],
    ["recursion", { properties: { next: { $ref: "#" } } }, { next: { next: { other: 1 } } }, false],
    ["recursion, fine", { properties: { next: { $ref: "#" } } }, { next: { next: {} } }, true],
    ["arrays and scalars are not concerned", point, [1], true],
  ])("%s", ([, schema, value, expected]) => {
    for (const options of closed) expect(accepts(schema, value, options)).toBe(expected);
  });

  test("names the unknown property", () => {
    for (const options of closed) {
      expect(issuesOf(point, { y: 1 }, options)).toStrictEqual(["/y additionalProperties"]);
    }
  });

  const variants = {
    oneOf: [
      { properties: { kind: { const: "a" }, a: { type: "number" } }, required: ["kind"] },
      { properties: { kind: { const: "b" }, b: { type: "number" } }, required: ["kind"] },
    ],
  };

  test("trusted: a property must belong to a part that matched", () => {
    const options = { ...TRUSTED, closed: true };
    expect(accepts(variants, { kind: "a", a: 1 }, options)).toBe(true);
    expect(accepts(variants, { kind: "a", b: "unchecked" }, options)).toBe(false);
    expect(accepts(variants, { kind: "a", c: 1 }, options)).toBe(false);
  });

  test("foreign: a property must be named by some part", () => {
    const options = { ...FOREIGN, closed: true };
    expect(accepts(variants, { kind: "a", a: 1 }, options)).toBe(true);
    expect(accepts(variants, { kind: "a", c: 1 }, options)).toBe(false);
    expect(issuesOf(variants, { kind: "a", c: 1 }, options)).toStrictEqual([
      " additionalProperties",
    ]);
  });
});
