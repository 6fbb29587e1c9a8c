import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Clamp } from "../src/clamp-arguments.ts";
import { applyClamps } from "../src/clamp-arguments.ts";
import { Refusal } from "../src/refusal.ts";
import type { CanonicalArgs } from "../src/tool-call.ts";

const clamp = (path: string, more: Partial<Clamp> = { max: 5 }): Clamp => ({ path, ...more });

describe("where a clamp reaches", () => {
  test.for<readonly [string, string, CanonicalArgs, CanonicalArgs]>([
    ["a member", "/a", { a: 9, b: 9 }, { a: 5, b: 9 }],
    ["a member below", "/a/b", { a: { b: 9, c: 9 } }, { a: { b: 5, c: 9 } }],
    ["an item", "/a/1", { a: [9, 9, 9] }, { a: [9, 5, 9] }],
    ["the first item", "/a/0", { a: [9] }, { a: [5] }],
    [
      "an item behind the tenth",
      "/a/10",
      { a: Array(11).fill(9) },
      { a: [...Array(10).fill(9), 5] },
    ],
    ["below an item", "/a/0/b", { a: [{ b: 9 }] }, { a: [{ b: 5 }] }],
    ["an escaped slash", "/a~1b", { "a/b": 9, a: { b: 9 } }, { "a/b": 5, a: { b: 9 } }],
    ["an escaped tilde", "/a~0b", { "a~b": 9 }, { "a~b": 5 }],
    ["a tilde that looks escaped", "/~01", { "~1": 9, "/": 9 }, { "~1": 5, "/": 9 }],
    ["a name of digits", "/1", { 1: 9 }, { 1: 5 }],
    ["an empty name", "/", { "": 9 }, { "": 5 }],
    ["a name of a prototype", "/constructor", { constructor: 9 }, { constructor: 5 }],
  ])("%s: %s", ([, path, args, expected]) => {
    expect(applyClamps(args, [clamp(path)])).toEqual(expected);
  });
});

describe("what a clamp leaves as it is, the same object", () => {
  test.for<readonly [string, string, CanonicalArgs]>([
    ["a value within", "/a", { a: 5 }],
    ["an absent member", "/b", { a: 9 }],
    ["an absent member below", "/a/b/c", { a: {} }],
    ["below a number", "/a/b", { a: 9 }],
    ["below a text", "/a/0", { a: "9" }],
    ["below null", "/a/b", { a: null }],
    ["behind the last item", "/a/1", { a: [9] }],
    ["an index with a leading zero", "/a/01", { a: [9, 9] }],
    ["an index with a sign", "/a/-1", { a: [9] }],
    ["an index with a fraction", "/a/0.0", { a: [9] }],
    ["an empty index", "/a/", { a: [9] }],
    ["the length of a list", "/a/length", { a: [1, 2, 3, 4, 5, 6] }],
    ["an inherited name", "/constructor/length", {}],
    ["an inherited name below", "/a/toString", { a: {} }],
  ])("%s: %s", ([, path, args]) => {
    expect(applyClamps(args, [clamp(path)])).toBe(args);
  });
});

describe("what a clamp cannot be applied to is refused", () => {
  test.for<readonly [string, Clamp, CanonicalArgs]>([
    ["a text", clamp("/a"), { a: "9" }],
    ["a text within, as a number would be", clamp("/a", { min: 1, max: 5 }), { a: "3" }],
    ["null", clamp("/a"), { a: null }],
    ["a truth value", clamp("/a"), { a: true }],
    ["a list", clamp("/a"), { a: [9] }],
    ["an object", clamp("/a"), { a: { b: 9 } }],
    ["an item of another type", clamp("/a/0"), { a: ["9"] }],
    ["a value that is none of the choices", clamp("/a", { oneOf: [1, 2] }), { a: 3 }],
    ["anything, without a choice", clamp("/a", { oneOf: [] }), { a: 3 }],
    ["what one clamp made for another", clamp("/a", { max: 4, oneOf: [5] }), { a: 9 }],
  ])("%s", ([, one, args]) => {
    expect(() => applyClamps(args, [one])).toThrow(Refusal);
    expect(() => applyClamps(args, [clamp("/b"), one])).toThrow(
      expect.objectContaining({ code: "obligation-failed" }),
    );
  });
});

test("the choices admit their own values", () => {
  const args = { a: 2 };
  expect(applyClamps(args, [clamp("/a", { oneOf: [1, 2] })])).toBe(args);
});

test("whatever comes in, what goes out is within every bound, and nothing else changed", () => {
  const bound = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(fc.double({ noNaN: true }), bound, bound, fc.jsonValue(), (value, a, b, other) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)];
      const args = { list: [{ value }], other } as CanonicalArgs;
      const before = JSON.stringify(args);
      const clamps = [clamp("/list/0/value", { min }), clamp("/list/0/value", { max })];
      const after = applyClamps(args, clamps);
      const expected = Math.min(Math.max(value, min), max);
      expect(after).toEqual({ list: [{ value: expected }], other });
      expect(JSON.stringify(args)).toBe(before);
      expect(after === args).toBe(Object.is(expected, value));
    }),
  );
});
