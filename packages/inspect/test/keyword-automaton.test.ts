import fc from "fast-check";
import { expect, test } from "vitest";
import { compileKeywords } from "../src/internal/keyword-automaton.ts";

function hitsOf(keywords: readonly string[], text: string): readonly string[] {
  const hits: string[] = [];
  compileKeywords(keywords).scan(text, (keyword, end) => {
    hits.push(`${end}:${keyword}`);
    return true;
  });
  return hits.toSorted();
}

function naiveHits(keywords: readonly string[], text: string): readonly string[] {
  const lower = text.toLowerCase();
  return keywords
    .flatMap((keyword, index) =>
      Array.from({ length: text.length }, (_, start) => start)
        .filter((start) => lower.startsWith(keyword.toLowerCase(), start))
        .map((start) => `${start + keyword.length}:${index}`),
    )
    .toSorted();
}

test.for([
  ["one keyword inside another", ["she", "he", "hers"], "ushers", ["4:0", "4:1", "6:2"]],
  ["either case", ["AKIA"], "akia AKIA", ["4:0", "9:0"]],
  ["repetitions that overlap", ["aa"], "aaaa", ["2:0", "3:0", "4:0"]],
  ["the same keyword twice", ["ab", "ab"], "ab", ["2:0", "2:1"]],
  ["none", ["xyz"], "abc", []],
  ["characters beyond ASCII", ["ключ"], "мой КЛЮЧ", ["8:0"]],
] as const)("finds %s", ([, keywords, text, expected]) => {
  expect(hitsOf(keywords, text)).toEqual(expected.toSorted());
});

test("finds what a search for each keyword finds", () => {
  const letters = fc.stringMatching(/^[ab_c]{1,5}$/);
  fc.assert(
    fc.property(
      fc.array(letters, { minLength: 1, maxLength: 12 }),
      fc.stringMatching(/^[abAB_cd]{0,60}$/),
      (keywords, text) => {
        expect(hitsOf(keywords, text)).toEqual(naiveHits(keywords, text));
      },
    ),
  );
});

test("stops when told to", () => {
  const ends: number[] = [];
  compileKeywords(["a"]).scan("aaaa", (_, end) => ends.push(end) < 2);
  expect(ends).toEqual([1, 2]);
});

test("refuses an empty keyword", () => {
  expect(() => compileKeywords(["a", ""])).toThrow(TypeError);
});
