import type { Json } from "../json.ts";
import { findSafely } from "./call-port.ts";
import { includesText } from "./find-text.ts";
import type { Condition, Evaluated, Frame, Tri, Value } from "./frame.ts";
import { isList, isObject, spend } from "./frame.ts";
import type { SearchPattern } from "./native-pattern.ts";

/** Longest subject of `matches` in UTF-16 code units. */
const MAX_SUBJECT = 65_536;

/** Tests of one text against another. */
export type TextTest = "startsWith" | "endsWith" | "contains";

/** `startsWith`, `endsWith`, `contains`. */
export function createTextTest(op: TextTest, a: Value, b: Value): Condition {
  return (frame) => testText(op, a(frame), b(frame), frame);
}

/** `startsWith(literal)` and the like. */
export function createLiteralTextTest(op: TextTest, a: Value, literal: string): Condition {
  return (frame) => testText(op, a(frame), literal, frame);
}

/** Tests one text against another; anything but two texts is an error. */
export function testText(op: TextTest, a: Evaluated, b: Evaluated, frame: Frame): Tri {
  if (typeof a !== "string" || typeof b !== "string") return 2;
  if (op === "contains") {
    if (spend(frame, a.length + b.length)) return 2;
    return includesText(a, b) ? 1 : 0;
  }
  if (b.length > a.length) return 0;
  if (spend(frame, b.length)) return 2;
  return (op === "startsWith" ? a.startsWith(b) : a.endsWith(b)) ? 1 : 0;
}

/** `size(x)`: code points of a text, elements of a list, members of a map. */
export function createSize(operand: Value): Value {
  return (frame) => sizeOf(operand(frame), frame);
}

/** The size of a text, list or map. */
export function sizeOf(value: Evaluated, frame: Frame): number | undefined {
  if (typeof value === "string") {
    return spend(frame, value.length) ? undefined : countCodePoints(value);
  }
  if (isList(value)) return value.length;
  if (!isObject(value)) return undefined;
  const { length } = Object.keys(value);
  return spend(frame, length) ? undefined : length;
}

function countCodePoints(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index += 1) {
    // A low surrogate belongs to the code point that its high one began.
    if ((text.charCodeAt(index) & 0xfc00) === 0xdc00) count -= 1;
  }
  return count;
}

/** `matches(x)` with a pattern that was compiled at load. */
export function createMatches(operand: Value, search: SearchPattern | undefined): Condition {
  if (search === undefined) return () => 2;
  return (frame) => matchText(operand(frame), search, frame);
}

/** Searches a text for a pattern; longer than 64 KiB is an error. */
export function matchText(value: Json | undefined, search: SearchPattern, frame: Frame): Tri {
  if (typeof value !== "string" || value.length > MAX_SUBJECT) return 2;
  if (spend(frame, value.length * search.weight)) return 2;
  return findSafely(search.pattern, value);
}
