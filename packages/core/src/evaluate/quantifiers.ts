import type { Json } from "../json.ts";
import type { Condition, Frame, Tri, Value } from "./frame.ts";
import { isList, isObject, spend } from "./frame.ts";

/** Where a quantifier keeps its variable: the frame has one place for each nesting level. */
export type VariableSlot = "outer" | "inner";

/** What a quantifier is made of. */
export interface QuantifierParts {
  /** A list, or a map whose keys are visited. */
  readonly over: Value;
  readonly body: Condition;
  readonly slot: VariableSlot;
  /** True where earlier elements were dropped, so that what is not decided is an error. */
  readonly isOpen: (frame: Frame) => boolean;
}

/** `all`: a false element absorbs errors of others; true over nothing. */
export function createAll({ over, body, slot, isOpen }: QuantifierParts): Condition {
  return (frame) => {
    const elements = elementsOf(over(frame));
    if (elements === undefined) return 2;
    let result: Tri = isOpen(frame) ? 2 : 1;
    for (const element of elements) {
      if (spend(frame, 1)) return 2;
      frame[slot] = element;
      const value = body(frame);
      if (value === 0) return 0;
      if (value === 2) result = 2;
    }
    return result;
  };
}

/** `exists`: a true element absorbs errors of others; false over nothing. */
export function createExists({ over, body, slot, isOpen }: QuantifierParts): Condition {
  return (frame) => {
    const elements = elementsOf(over(frame));
    if (elements === undefined) return 2;
    let result: Tri = isOpen(frame) ? 2 : 0;
    for (const element of elements) {
      if (spend(frame, 1)) return 2;
      frame[slot] = element;
      const value = body(frame);
      if (value === 1) return 1;
      if (value === 2) result = 2;
    }
    return result;
  };
}

/** `exists_one`: an error of any element is an error. */
export function createExistsOne({ over, body, slot, isOpen }: QuantifierParts): Condition {
  return (frame) => {
    const elements = elementsOf(over(frame));
    if (elements === undefined) return 2;
    let count = 0;
    let erred = false;
    for (const element of elements) {
      if (spend(frame, 1)) return 2;
      frame[slot] = element;
      const value = body(frame);
      if (value === 2) erred = true;
      if (value === 1) count += 1;
    }
    if (erred) return 2;
    if (count > 1) return 0;
    if (isOpen(frame)) return 2;
    return count === 1 ? 1 : 0;
  };
}

/** The elements of a list, the keys of a map; undefined for anything else. */
export function elementsOf(value: Json | undefined): readonly Json[] | undefined {
  if (isList(value)) return value;
  return isObject(value) ? Object.keys(value) : undefined;
}
