import type { Choices } from "./choices.ts";
import { textLiteral } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";

const ATOMS = [
  "a",
  "b",
  ".",
  "[a-c]",
  "[^a]",
  "\\d",
  "\\w",
  "\\s",
  "\\S",
  "\\.",
  "é",
  "😀",
  "(?:ab|b)",
  "(a|A)",
  "\\x41",
  "[\\d-]",
  "\\b",
] as const;
const COUNTS = ["", "", "?", "{1,2}", "{2}", "{0,3}?"] as const;
const ENDS = ["", "$", "\\z"] as const;

/** Generates a pattern of `matches` that the platform's own engine may run. */
export function generatePattern(choices: Choices): Fragment {
  const isAnchored = choices.below(3) > 0;
  const pieces = Array.from({ length: 1 + choices.below(3) }, () => {
    const piece = choices.pick(ATOMS);
    const count = choices.pick(COUNTS);
    return piece === "\\b" ? piece : piece + count;
  });
  // One unbounded repeat at most, and only behind `^`: others need a linear engine.
  const repeat = isAnchored ? choices.pick(["", "[a-z]*", ".+", "\\w+?"] as const) : "";
  const pattern = `${isAnchored ? choices.pick(["^", "\\A"] as const) : ""}${repeat}${pieces.join("")}${choices.pick(ENDS)}`;
  return textLiteral(pattern, choices.pick([0, 2] as const));
}
