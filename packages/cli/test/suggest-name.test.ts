import { expect, test } from "vitest";
import { suggestName } from "../src/suggest-name.ts";

test.for([
  ["evl", "eval"],
  ["vlaidate", "validate"],
  ["int", "init"],
  ["initt", "init"],
  ["zzz", undefined],
  ["", undefined],
  ["e".repeat(65), undefined],
] as const)("%s most likely means %s", ([name, expected]) => {
  expect(suggestName(name, ["init", "eval", "validate"])).toBe(expected);
});
