import { describe, expect, test } from "vitest";
import { canonicalize } from "../src/canonical-json.ts";
import { compileSchema } from "../src/json-schema/compile-schema.ts";
import { lintSchema } from "../src/json-schema/lint-schema.ts";
import { classifyPattern } from "../src/json-schema/vet-pattern.ts";
import type { PatternMatcher } from "../src/ports/pattern-matcher.ts";

// The matcher makes a schema with a pattern that is not native run interpreted.
const matcher: PatternMatcher = { compile: (source) => new RegExp(source, "u") };
const slow = "(?:x|x)*y?$";

/** Whether a value is accepted, by generated code, interpreted, and from a foreign author alike. */
function accepts(schema: object, value: unknown): boolean {
  const json = canonicalize(value).value;
  const one = compileSchema(schema, { origin: "trusted" }).validate(json).ok;
  const others = [
    compileSchema(schema, { origin: "foreign" }).validate(json).ok,
    compileSchema({ ...schema, $defs: { slow: { pattern: slow } } }, { matcher }).validate(json).ok,
  ];
  expect(others).toEqual(others.map(() => one));
  return one;
}

describe("a keyword at its edge", () => {
  test.for<readonly [string, object, unknown, boolean]>([
    ["minLength, exact", { minLength: 3 }, "abc", true],
    ["minLength, one less", { minLength: 3 }, "ab", false],
    ["minLength, of pairs, exact", { minLength: 2 }, "😀😀", true],
    ["minLength, of pairs, twice as many units", { minLength: 3 }, "😀😀", false],
    ["minLength, units at twice the least", { minLength: 2 }, "😀a", true],
    ["minLength, of one pair, two units", { minLength: 2 }, "😀", false],
    ["maxLength, exact", { maxLength: 3 }, "abc", true],
    ["maxLength, one more", { maxLength: 3 }, "abcd", false],
    ["maxLength, of pairs, exact", { maxLength: 2 }, "😀😀", true],
    ["maxLength, of pairs, one more", { maxLength: 1 }, "😀😀", false],
    ["maxLength, a pair and one, twice the most", { maxLength: 1 }, "😀a", false],
    ["maxLength, of what is near the surrogates", { maxLength: 2 }, "\ud7ff\ue000\ue000", false],
    ["both lengths, within", { minLength: 2, maxLength: 3 }, "😀😀", true],
    ["both lengths, below", { minLength: 3, maxLength: 4 }, "😀😀", false],
    ["both lengths, above", { minLength: 1, maxLength: 2 }, "😀😀😀", false],
    ["a length of what is no text", { minLength: 3, maxLength: 3 }, 5, true],
    ["multipleOf a fraction", { multipleOf: 0.1 }, 0.3, true],
    ["multipleOf a fraction, not", { multipleOf: 0.1 }, 0.35, false],
    ["multipleOf, of a fraction", { multipleOf: 2 }, 2.5, false],
    ["multipleOf a fraction, of a whole number", { multipleOf: 0.5 }, 3, true],
    ["multipleOf, of a large number", { multipleOf: 3 }, 3e20, true],
    ["multipleOf, of what is no number", { multipleOf: 3 }, "4", true],
    ["uniqueItems", { uniqueItems: true }, [1, "1", [1], { a: 1 }], true],
    [
      "uniqueItems, equal objects",
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      false,
    ],
    ["uniqueItems, not asked for", { uniqueItems: false }, [1, 1], true],
    ["uniqueItems, of what is no list", { uniqueItems: true }, { a: 1, b: 1 }, true],
    ["a format of what is no text", { format: "date" }, 5, true],
    ["a format", { format: "date" }, "2026-02-30", false],
    ["an unknown format", { format: "colour" }, "2026-02-30", true],
    ["const null", { const: null }, null, true],
    ["const null, not nothing", { const: null }, 0, false],
    ["const of a list, longer", { const: [1] }, [1, 1], false],
    ["const of a list, shorter", { const: [1, 1] }, [1], false],
    ["const of a list, with null for nothing", { const: [1, null] }, [1], false],
    ["const of an object, another name", { const: { a: null } }, { b: null }, false],
    ["const of an object, an inherited name", { const: { toString: 1 } }, { a: 1 }, false],
    ["const of an object, more", { const: { a: 1 } }, { a: 1, b: 1 }, false],
    ["const of an object, a list", { const: { 0: 1 } }, [1], false],
    ["const of an object, null", { const: {} }, null, false],
    ["enum with an object", { enum: [1, { a: [2] }] }, { a: [2] }, true],
    ["enum with an object, the other", { enum: [1, { a: [2] }] }, 1, true],
    ["enum with an object, none", { enum: [1, { a: [2] }] }, { a: [3] }, false],
    ["minContains beside contains", { contains: { const: 1 }, minContains: 2 }, [1], false],
    ["minContains alone", { minContains: 2 }, [1], true],
    ["a pattern of what is no text", { pattern: "^a" }, 5, true],
    ["a pattern", { pattern: "^a" }, "ba", false],
  ])("%s", ([, schema, value, expected]) => {
    expect(accepts(schema, value)).toBe(expected);
  });

  test("a pattern and a format take texts of 64 KiB, not longer ones", () => {
    const text = "a".repeat(65_536);
    for (const schema of [{ pattern: "^a" }, { format: "uri-reference" }]) {
      const validator = compileSchema(schema, { origin: "trusted" });
      expect(validator.validate(text).ok).toBe(true);
      expect(validator.validate(`${text}a`).ok).toBe(false);
    }
  });
});

describe("a keyword of another shape is refused", () => {
  const bad: Readonly<Record<string, readonly unknown[]>> = {
    allOf: [[], [1], {}, "a", [null]],
    not: [1, "a", null, [], undefined],
    items: [1, null, [], "a"],
    properties: [[], 1, null, { a: 1 }, { a: null }],
    patternProperties: [[], { "^a": 1 }],
    type: ["text", "", 1, [], ["string", "string"], ["string", 1], [["string"]], null, {}],
    enum: [1, {}, null, "a"],
    multipleOf: [0, -1, "1", null, true],
    maximum: ["1", null, [], true],
    maxLength: [-1, 1.5, "1", null, 2 ** 53],
    uniqueItems: [1, "true", null],
    required: ["a", [1], ["a", "a"], {}, [["a"]], [null]],
    dependentRequired: [[], { a: "b" }, { a: [1] }, { a: ["b", "b"] }],
    pattern: [1, null, "("],
    format: [1, null],
    $ref: [1, null, []],
    $id: [1, null],
    $anchor: [1, "", "1a", "a/b", null, ["a"]],
    $schema: [1, null, "http://json-schema.org/draft-04/schema#"],
    $vocabulary: [[], { a: 1 }, { a: null }],
    title: [1, null],
    examples: [1, {}, "a"],
  };
  test.for(Object.entries(bad))("%s", ([keyword, values]) => {
    for (const value of values) {
      if (value === undefined) continue;
      const result = lintSchema({ [keyword]: value });
      expect([value, result.ok]).toEqual([value, false]);
      const paths = result.ok ? [] : result.issues.map(({ path }) => path);
      expect(paths.every((path) => path.startsWith(`/${keyword}`))).toBe(true);
    }
  });
});

describe("the limits of vetting", () => {
  test.for<readonly [string, string, string]>([
    ["a source of 1 024 characters", "a".repeat(1024), "linear"],
    ["a source of 1 025", "a".repeat(1025), "refused"],
    ["1 000 steps at every place", "a".repeat(999), "native"],
    ["more steps at every place", "a".repeat(1000), "linear"],
    ["100 000 steps at the start", "^ba{49998}$", "native"],
    ["more steps at the start", "^a{49999}$", "linear"],
    ["1 000 steps for each character", `^a*${"b".repeat(998)}`, "native"],
    ["more steps for each character", `^a*${"b".repeat(1000)}`, "linear"],
    ["an end in the middle", "^a$b*", "native"],
    ["an edge of a word", "^a\\b*", "refused"],
    ["an edge of a word, once", "\\ba\\B", "native"],
    ["a brace behind an escape", "^\\d{4}$", "native"],
    ["a property in braces", "^\\p{Lu}{4}$", "native"],
    ["a code point in braces", "^\\u{1F600}{4}$", "native"],
    ["a fixed repeat within an endless one", "^(?:a{2})*$", "native"],
    ["an open repeat within an endless one", "^(?:a{1,2})*$", "linear"],
    ["an alternation within an endless one", "^(?:ab|c)*$", "linear"],
    ["an open repeat beside others within an endless one", "^(?:ba{1,2}b)*$", "linear"],
  ])("%s", ([, source, kind]) => {
    expect(classifyPattern(source).kind).toBe(kind);
  });
});
