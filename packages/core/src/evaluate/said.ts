import { isSaid, prepareWords } from "../user-said.ts";
import type { Condition, Evaluated, Frame, Tri, Value } from "./frame.ts";
import { memoOf, spend } from "./frame.ts";

/** `flow.userSaid(x)`: an error where the host gave no words. */
export function createUserSaid(operand: Value): Condition {
  return (frame) => wasSaid(operand(frame), frame);
}

/** Whether a value stands in the user's own words. */
export function wasSaid(value: Evaluated, frame: Frame): Tri {
  if (value === undefined || frame.words === undefined) return 2;
  const memo = memoOf(frame);
  memo.words ??= prepareWords(frame.words);
  const said = isSaid(value, memo.words, (cost) => spend(frame, cost));
  if (said === undefined) return 2;
  return said ? 1 : 0;
}
