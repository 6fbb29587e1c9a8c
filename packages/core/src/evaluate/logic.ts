import type { Condition, Tri, Value } from "./frame.ts";

/** `a && b && …`: false wins, then error. */
export function createConjunction(operands: readonly Condition[]): Condition {
  return (frame) => {
    let result: Tri = 1;
    for (const operand of operands) {
      const value = operand(frame);
      if (value === 0) return 0;
      if (value === 2) result = 2;
    }
    return result;
  };
}

/** `a || b || …`: true wins, then error. */
export function createDisjunction(operands: readonly Condition[]): Condition {
  return (frame) => {
    let result: Tri = 0;
    for (const operand of operands) {
      const value = operand(frame);
      if (value === 1) return 1;
      if (value === 2) result = 2;
    }
    return result;
  };
}

/** `!a`: an error stays one. */
export function createNegation(operand: Condition): Condition {
  return (frame) => {
    const value = operand(frame);
    if (value === 2) return 2;
    return value === 0 ? 1 : 0;
  };
}

/** `c ? a : b`: an error in `c` is one; the branch not taken is not evaluated. */
export function createChoice(condition: Condition, a: Value, b: Value): Value {
  return (frame) => {
    const taken = condition(frame);
    if (taken === 2) return undefined;
    return taken === 1 ? a(frame) : b(frame);
  };
}

/** Reads a value where a bool is needed; anything else is an error. */
export function toCondition(value: Value): Condition {
  return (frame) => {
    const result = value(frame);
    if (result === true) return 1;
    return result === false ? 0 : 2;
  };
}

/** Reads a condition where a value is needed. */
export function toValue(condition: Condition): Value {
  return (frame) => {
    const result = condition(frame);
    return result === 2 ? undefined : result === 1;
  };
}
