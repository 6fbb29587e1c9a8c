import { describe, expect, test } from "vitest";
import { lintSchema } from "../src/json-schema/lint-schema.ts";
import type { PatternMatcher } from "../src/ports/pattern-matcher.ts";

const DRAFT_07 = "http://json-schema.org/draft-07/schema#";
const DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema";

function findings(schema: unknown, matcher?: PatternMatcher): string[] {
  const result = lintSchema(schema, matcher === undefined ? {} : { matcher });
  return result.ok ? [] : result.issues.map(({ path, message }) => `${path} ${message}`);
}

describe("refused with path and advice", () => {
  test.for<[string, unknown, string, string]>([
    ["an unknown keyword", { typ: "string" }, "/typ", "leave it out or name it `x-…`"],
    [
      "one deep inside",
      { properties: { a: { items: { foo: 1 } } } },
      "/properties/a/items/foo",
      "2020-12",
    ],
    ["an unknown type", { type: "strng" }, "/type", "must be one or more of array, boolean"],
    ["no types", { type: [] }, "/type", "one or more"],
    ["a type twice", { type: ["string", "string"] }, "/type", "one or more"],
    ["a type in an array of others", { type: ["string", "any"] }, "/type", "one or more"],
    ["required of a string", { required: "a" }, "/required", "array of different property names"],
    [
      "required: true",
      { properties: { a: { required: true } } },
      "/properties/a/required",
      "array",
    ],
    ["required twice", { required: ["a", "a"] }, "/required", "different"],
    ["enum of a string", { enum: "x" }, "/enum", "must be an array"],
    ["minimum of a string", { minimum: "1" }, "/minimum", "must be a number"],
    ["exclusiveMinimum: true", { exclusiveMinimum: true }, "/exclusiveMinimum", "must be a number"],
    ["a negative length", { minLength: -1 }, "/minLength", "integer, 0 or more"],
    ["a broken length", { maxLength: 1.5 }, "/maxLength", "integer, 0 or more"],
    ["a length beyond integers", { minLength: 1e300 }, "/minLength", "integer, 0 or more"],
    ["multipleOf: 0", { multipleOf: 0 }, "/multipleOf", "above 0"],
    ["uniqueItems: 1", { uniqueItems: 1 }, "/uniqueItems", "true or false"],
    ["format: true", { format: true }, "/format", "must be a string"],
    ["title: 1", { title: 1 }, "/title", "must be a string"],
    ["examples of a string", { examples: "a" }, "/examples", "must be an array"],
    ["properties of an array", { properties: [] }, "/properties", "object of schemas"],
    [
      "a property that is no schema",
      { properties: { a: "string" } },
      "/properties",
      "object of schemas",
    ],
    ["items of an array", { items: [{}] }, "/items", "write a tuple as `prefixItems`"],
    ["additionalItems", { additionalItems: false }, "/additionalItems", "`prefixItems`"],
    ["dependencies", { dependencies: {} }, "/dependencies", "`dependentRequired`"],
    ["id", { id: "x" }, "/id", "write `$id`"],
    ["nullable", { nullable: true }, "/nullable", '"null"'],
    ["$recursiveRef", { $recursiveRef: "#" }, "/$recursiveRef", "`$dynamicRef`"],
    ["an empty allOf", { allOf: [] }, "/allOf", "non-empty array of schemas"],
    ["an anyOf of strings", { anyOf: ["a"] }, "/anyOf", "non-empty array of schemas"],
    ["not of a string", { not: "a" }, "/not", "must be a schema"],
    [
      "dependentRequired of strings",
      { dependentRequired: { a: "b" } },
      "/dependentRequired",
      "arrays",
    ],
    ["an anchor with a slash", { $anchor: "a/b" }, "/$anchor", "plain name"],
    ["contentSchema of a number", { contentSchema: 1 }, "/contentSchema", "must be a schema"],
    [
      "something unknown in contentSchema",
      { contentSchema: { a: 1 } },
      "/contentSchema/a",
      "2020-12",
    ],
    [
      "something unknown in an unused definition",
      { $defs: { a: { b: 1 } } },
      "/$defs/a/b",
      "2020-12",
    ],
    ["a keyword that needs escaping", { "a/b~c": 1 }, "/a~1b~0c", "2020-12"],
    ["$vocabulary of numbers", { $vocabulary: { a: 1 } }, "/$vocabulary", "true and false"],
  ])("%s", ([, schema, path, advice]) => {
    expect(findings(schema)).toStrictEqual([expect.stringContaining(`${path} This `)]);
    expect(findings(schema)[0]).toContain(advice);
  });

  test("every problem at once", () => {
    expect(findings({ typ: 1, properties: { a: { type: "x" } }, $ref: "#/a" })).toHaveLength(3);
  });
});

describe("dialects", () => {
  test.for<[string, unknown, string[]]>([
    ["2020-12", { $schema: DRAFT_2020_12 }, []],
    ["2020-12 with #", { $schema: `${DRAFT_2020_12}#` }, []],
    [
      "draft-07 without anything that differs",
      { $schema: DRAFT_07, definitions: { a: { type: "string" } }, $ref: "#/definitions/a" },
      [],
    ],
    ["draft-06", { $schema: "http://json-schema.org/draft-06/schema#" }, ["/$schema"]],
    ["2019-09", { $schema: "https://json-schema.org/draft/2019-09/schema" }, ["/$schema"]],
    ["one of its own", { $schema: "https://example.org/schema" }, ["/$schema"]],
    ["below the root", { items: { $schema: DRAFT_2020_12 } }, ["/items/$schema"]],
    ["at an embedded resource", { $defs: { a: { $id: "urn:a", $schema: DRAFT_2020_12 } } }, []],
    ["mixed", { $defs: { a: { $id: "urn:a", $schema: DRAFT_07 } } }, ["/$defs/a/$schema"]],
    ["draft-07 with a tuple", { $schema: DRAFT_07, items: [{}] }, ["/items"]],
    [
      "draft-07 with siblings of $ref",
      { $schema: DRAFT_07, $defs: { a: {} }, $ref: "#/$defs/a", minimum: 1 },
      ["/minimum"],
    ],
    ["draft-07 with a later keyword", { $schema: DRAFT_07, prefixItems: [{}] }, ["/prefixItems"]],
    [
      "draft-07 with dependentRequired",
      { $schema: DRAFT_07, dependentRequired: {} },
      ["/dependentRequired"],
    ],
    [
      "draft-07 with unevaluatedProperties",
      { $schema: DRAFT_07, unevaluatedProperties: false },
      ["/unevaluatedProperties"],
    ],
  ])("%s", ([, schema, paths]) => {
    expect(findings(schema).map((finding) => finding.split(" ")[0])).toStrictEqual(paths);
  });
});

describe("references", () => {
  test.for<[string, unknown, boolean]>([
    ["by pointer", { $defs: { "a/b c": {} }, $ref: "#/$defs/a~1b%20c" }, true],
    ["to the root", { properties: { a: { $ref: "#" } } }, true],
    ["by anchor", { $defs: { a: { $anchor: "x" } }, $ref: "#x" }, true],
    ["by embedded id", { $id: "http://a/b", $defs: { a: { $id: "c" } }, $ref: "http://a/c" }, true],
    [
      "relative to an embedded id",
      { $id: "http://a/b", $defs: { a: { $id: "d/c", $ref: "e" }, e: { $id: "d/e" } } },
      true,
    ],
    ["to nothing", { $ref: "#/$defs/a" }, false],
    ["to what no object owns", { $ref: "#/toString" }, false],
    ["to a value that is no schema", { const: { a: {} }, $ref: "#/const/a" }, false],
    ["to a list of schemas", { allOf: [{}], items: { $ref: "#/allOf" } }, false],
    ["to an unknown anchor", { $ref: "#x" }, false],
    ["to a URI", { $ref: "https://example.org/schema.json" }, false],
    ["to a file", { $ref: "file:///etc/passwd" }, false],
    ["with a broken escape", { $ref: "#/%E0%A4%A" }, false],
    ["dynamic to nothing", { $dynamicRef: "#x" }, false],
  ])("%s", ([, schema, found]) => {
    const issues = findings(schema);
    const isExplained = issues.every((issue) => /ef This names no schema .*fetched/.test(issue));
    expect([issues.length, isExplained]).toStrictEqual([found ? 0 : 1, true]);
  });

  test.for<[string, unknown, string]>([
    [
      "an id twice",
      { $id: "urn:r", $defs: { a: { $id: "urn:a" }, b: { $id: "urn:a" } } },
      "/$defs/b/$id",
    ],
    ["the root's id again", { $id: "urn:r", items: { $id: "#" } }, "/items/$id"],
    [
      "an anchor twice",
      { $defs: { a: { $anchor: "x" }, b: { $anchor: "x" } } },
      "/$defs/b/$anchor",
    ],
    ["an id with a fragment", { $id: "urn:r#x" }, "/$id"],
  ])("%s", ([, schema, path]) => {
    expect(findings(schema)).toStrictEqual([expect.stringContaining(`${path} This `)]);
  });
});

describe("patterns", () => {
  const takesAll: PatternMatcher = { compile: () => ({ test: () => true }) };
  const takesNone: PatternMatcher = {
    compile() {
      throw new Error("no");
    },
  };

  test.for<[string, unknown, PatternMatcher | undefined, string[]]>([
    ["native", { pattern: "^a+$" }, undefined, []],
    ["super-linear, nobody takes it", { pattern: "^(a+)+$" }, undefined, ["/pattern"]],
    ["super-linear, refused by the matcher", { pattern: "^(a+)+$" }, takesNone, ["/pattern"]],
    ["super-linear, taken", { pattern: "^(a+)+$" }, takesAll, []],
    ["look-around is never taken", { pattern: "^(?=a)" }, takesAll, ["/pattern"]],
    ["not a pattern", { pattern: "(" }, takesAll, ["/pattern"]],
    ["an object", { pattern: { test: 1 } }, takesAll, ["/pattern"]],
    [
      "of property names must be native",
      { patternProperties: { "a+b": {} } },
      takesAll,
      ["/patternProperties/a+b"],
    ],
    ["of property names, native", { patternProperties: { "^a": {} } }, undefined, []],
  ])("%s", ([, schema, matcher, paths]) => {
    expect(findings(schema, matcher).map((finding) => finding.split(" ")[0])).toStrictEqual(paths);
  });
});

function nested(levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>((inner) => ({ not: inner }), {});
}

describe("what a schema may be", () => {
  test.for<[string, unknown, boolean]>([
    ["true", true, true],
    ["an empty object", {}, true],
    ["annotations of others", { "x-tool": { a: [1] }, description: "d", deprecated: true }, true],
    ["a string", "object", false],
    ["null", null, false],
    ["an array", [], false],
    ["undefined", undefined, false],
    ["a value that is not JSON", { default: new Date(0) }, false],
    ["an undefined member", { type: undefined }, false],
    ["64 levels", nested(63), true],
    ["65 levels", nested(64), false],
    ["256 KiB", { description: "x".repeat(262_144 - 18) }, true],
    ["more", { description: "x".repeat(262_145 - 18) }, false],
    ["10 000 values", { examples: Array.from({ length: 9_998 }, () => 1) }, true],
    ["10 001 values", { examples: Array.from({ length: 9_999 }, () => 1) }, false],
  ])("%s", ([, schema, ok]) => {
    expect(lintSchema(schema).ok).toBe(ok);
  });

  test("values are not read as schemas", () => {
    const schema = {
      const: { typ: 1 },
      enum: [{ $ref: "#/no" }],
      default: { a: 1 },
      examples: [{ b: 1 }],
    };
    expect(findings(schema)).toStrictEqual([]);
  });
});
