import type { Json } from "../json.ts";
import { equal } from "./equality.ts";
import type { Condition, Evaluated, Frame, Tri, Value } from "./frame.ts";
import { isList, isObject, spend } from "./frame.ts";

/** The four orderings. */
export type Ordering = "lt" | "le" | "gt" | "ge";

/** `a == b`, or `a != b`. */
export function createEquality(a: Value, b: Value, negated: boolean): Condition {
  return (frame) => {
    const left = a(frame);
    const right = b(frame);
    if (left === undefined || right === undefined) return 2;
    const same = equal(left, right, frame);
    if (same === undefined) return 2;
    return same === negated ? 0 : 1;
  };
}

/** `a == literal`, or `a != literal`, for a literal that is no list or map. */
export function createLiteralEquality(a: Value, literal: Json, negated: boolean): Condition {
  const length = typeof literal === "string" ? literal.length : -1;
  return (frame) => {
    const left = a(frame);
    if (left === undefined) return 2;
    const isLong = typeof left === "string" && left.length === length;
    if (isLong && spend(frame, length)) return 2;
    return (left === literal) === negated ? 0 : 1;
  };
}

/** `<`, `<=`, `>`, `>=` on two numbers or two strings, strings by code points. */
export function createOrdering(op: Ordering, a: Value, b: Value): Condition {
  const holds = ORDERINGS[op];
  return (frame) => {
    const left = a(frame);
    const right = b(frame);
    const difference = order(left, right, frame);
    if (difference === undefined) return 2;
    return holds(difference) ? 1 : 0;
  };
}

/** `a < number` and the like. */
export function createNumberOrdering(op: Ordering, a: Value, literal: number): Condition {
  const holds = ORDERINGS[op];
  return (frame) => {
    const left = a(frame);
    if (typeof left !== "number") return 2;
    return holds(left - literal) ? 1 : 0;
  };
}

/** Orders two values; `undefined` where they cannot be ordered. */
export function order(a: Evaluated, b: Evaluated, frame: Frame): number | undefined {
  return typeof a === "number" && typeof b === "number" ? a - b : compareTexts(a, b, frame);
}

/** What each ordering asks of the difference. */
export const ORDERINGS: Readonly<Record<Ordering, (difference: number) => boolean>> = {
  lt: (difference) => difference < 0,
  le: (difference) => difference <= 0,
  gt: (difference) => difference > 0,
  ge: (difference) => difference >= 0,
};

function compareTexts(a: Evaluated, b: Evaluated, frame: Frame): number | undefined {
  if (typeof a !== "string" || typeof b !== "string") return undefined;
  if (spend(frame, Math.min(a.length, b.length))) return undefined;
  return compareCodePoints(a, b);
}

/** Orders two texts by Unicode code points, which UTF-16 order is not above U+D7FF. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

// Surrogates stand for code points above every other unit.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** `a in b`: element of a list, or key of a map. */
export function createMembership(a: Value, b: Value): Condition {
  return (frame) => {
    const item = a(frame);
    const whole = b(frame);
    if (item === undefined || whole === undefined) return 2;
    return isMember(item, whole, frame);
  };
}

/** `text in b`. */
export function createTextMembership(literal: string, b: Value): Condition {
  return (frame) => {
    const whole = b(frame);
    return whole === undefined ? 2 : isMember(literal, whole, frame);
  };
}

/** `a in [literals]` where all literals are scalars: one look-up instead of a walk. */
export function createSetMembership(a: Value, literals: readonly Json[]): Condition {
  const set: ReadonlySet<Json> = new Set(literals);
  return (frame) => {
    const item = a(frame);
    if (item === undefined) return 2;
    if (spend(frame, typeof item === "string" ? item.length : 1)) return 2;
    return set.has(item) ? 1 : 0;
  };
}

/** Whether an item is an element of a list, or a key of a map. */
export function isMember(item: Json, whole: Json, frame: Frame): Tri {
  if (isList(whole)) {
    for (const element of whole) {
      if (spend(frame, 1)) return 2;
      const same = equal(item, element, frame);
      if (same === undefined) return 2;
      if (same) return 1;
    }
    return 0;
  }
  if (!isObject(whole) || spend(frame, 1)) return 2;
  return typeof item === "string" && Object.hasOwn(whole, item) ? 1 : 0;
}
