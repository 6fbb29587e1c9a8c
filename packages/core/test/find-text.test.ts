import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findText, includesText } from "../src/evaluate/find-text.ts";

/** All places, overlapping ones too. */
function placesOf(haystack: string, needle: string): number[] {
  const places: number[] = [];
  findText(haystack, needle, (index) => {
    places.push(index);
    return false;
  });
  return places;
}

describe("findText", () => {
  test.for<readonly [haystack: string, needle: string, places: readonly number[]]>([
    ["abcabc", "abc", [0, 3]],
    ["aaaa", "aa", [0, 1, 2]],
    ["abab", "x", []],
    ["ab", "abc", []],
    ["", "a", []],
    ["aabaab", "aab", [0, 3]],
    ["abababab", "abab", [0, 2, 4]],
    ["😀😀", "😀", [0, 2]],
  ])("in %j, %j is at %j", ([haystack, needle, places]) => {
    expect(placesOf(haystack, needle)).toEqual(places);
  });

  test("stops at the first place that is taken", () => {
    const seen: number[] = [];
    const found = findText("aaaa", "a", (index) => {
      seen.push(index);
      return index === 1;
    });
    expect(found).toBe(true);
    expect(seen).toEqual([0, 1]);
  });

  test("finds what the platform finds", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "😀"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (haystack, needle) => {
        fc.pre(needle !== "");
        const expected: number[] = [];
        for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1))
          expected.push(at);
        expect(placesOf(haystack, needle)).toEqual(expected);
        expect(includesText(haystack, needle)).toBe(expected.length > 0);
      }),
    );
  });
});

describe("includesText", () => {
  test("takes an empty text anywhere", () => {
    expect(includesText("", "")).toBe(true);
    expect(includesText("a", "")).toBe(true);
  });

  test("is linear for long repetitive texts", () => {
    const haystack = "a".repeat(500_000);
    // In quadratic time these would take longer than the test may.
    expect(includesText(haystack, `${"a".repeat(250_000)}b`)).toBe(false);
    expect(includesText(haystack, `b${"a".repeat(250_000)}`)).toBe(false);
    expect(includesText(haystack, "a".repeat(250_000))).toBe(true);
    expect(includesText(haystack, "a".repeat(500_001))).toBe(false);
  });
});
