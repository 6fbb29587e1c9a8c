import { pickText } from "./argument-shape.ts";
import type { Choices } from "./choices.ts";
import { LEVEL, atom, doubleLiteral, intLiteral, join, textLiteral } from "./fragment.ts";
import type { Fragment } from "./fragment.ts";

/** An int. */
export function intValue(choices: Choices): Fragment {
  return intLiteral(choices.pick(INT_LITERALS), choices.below(6));
}

/** A double. */
export function doubleValue(choices: Choices): Fragment {
  return doubleLiteral(choices.pick(DOUBLE_LITERALS), choices.below(4));
}

/** A text. */
export function textValue(choices: Choices): Fragment {
  return textLiteral(pickText(choices), choices.below(6));
}

/** Any constant but a time. */
export function scalarLiteral(choices: Choices): Fragment {
  switch (choices.below(5)) {
    case 0:
      return intValue(choices);
    case 1:
      return textLiteral(pickText(choices), 0);
    case 2:
      return doubleValue(choices);
    case 3:
      return atom(choices.pick(["true", "false"]));
    default:
      return atom("null");
  }
}

/** A list of ints. */
export function intList(choices: Choices): Fragment {
  return bracketed(Array.from({ length: 1 + choices.below(3) }, () => intValue(choices)));
}

/** A list of numbers. */
export function numberList(choices: Choices): Fragment {
  const items = Array.from({ length: 1 + choices.below(3) }, () =>
    choices.below(2) === 0 ? intValue(choices) : doubleValue(choices),
  );
  return bracketed(items);
}

/** A list of texts. */
export function textList(choices: Choices): Fragment {
  return bracketed(Array.from({ length: 1 + choices.below(3) }, () => textValue(choices)));
}

/** A list of any constants. */
export function literalList(choices: Choices): Fragment {
  const items = Array.from({ length: choices.below(4) }, () => scalarLiteral(choices));
  return join(LEVEL.member, LEVEL.choice, [
    "[",
    ...items.flatMap((item, index) => (index === 0 ? [item] : [", ", item])),
    "]",
  ]);
}

function bracketed(items: readonly Fragment[]): Fragment {
  const parts = items.flatMap((item, index) => (index === 0 ? [item] : [", ", item]));
  return join(LEVEL.member, LEVEL.choice, ["[", ...parts, "]"]);
}

const INT_LITERALS = [
  0, 1, 2, 3, -1, 7, 10, -7, 100, 1_780_000_000, 9_007_199_254_740_991, -9_007_199_254_740_991,
] as const;

const DOUBLE_LITERALS = [
  0, 1, 1.5, 2, -1, 0.5, 3, 0.1, 0.3, 100, 1e308, -1e308, 5e-324, 1e21, 1e-7, 9_007_199_254_740_992,
] as const;
