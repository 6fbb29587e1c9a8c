import type { Json } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import { MAX_DURATION, MAX_TIMESTAMP, MIN_TIMESTAMP } from "./time-text.ts";
import type { Value } from "./frame.ts";

/** Arithmetic of two operands. */
export type ArithmeticOperator = "add" | "sub" | "mul" | "div" | "mod";

/** `a + b` and the like; overflow, division by zero and a result that is not finite are errors. */
export function createArithmetic(
  op: ArithmeticOperator,
  type: StaticType,
  operands: readonly [Value, Value],
): Value {
  const [a, b] = operands;
  const compute = arithmetic(op, type);
  return (frame) => compute(a(frame), b(frame));
}

/** The computation of one operator for one result type. */
export function arithmetic(
  op: ArithmeticOperator,
  type: StaticType,
): (a: Json | undefined, b: Json | undefined) => number | undefined {
  const compute = type === "int" ? INT[op] : DOUBLE[op];
  const accepts = RESULTS[typeof type === "string" ? type : "dyn"] ?? Number.isFinite;
  return (a, b) => {
    if (typeof a !== "number" || typeof b !== "number") return undefined;
    const result = compute(a, b);
    return accepts(result) ? result : undefined;
  };
}

/** `-a`. */
export function createNegative(operand: Value): Value {
  return (frame) => negate(operand(frame));
}

/** The negative of a number; zero has no sign. */
export function negate(value: Json | undefined): number | undefined {
  return typeof value === "number" ? 0 - value : undefined;
}

type Compute = Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>>;

// NaN and what is not a safe integer end as an error, so overflow and division by zero need no branch.
const INT: Compute = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => (a - (a % b)) / b,
  mod: (a, b) => a % b,
};

const DOUBLE: Compute = { ...INT, div: (a, b) => a / b };

const RESULTS: Readonly<Record<string, (result: number) => boolean>> = {
  int: Number.isSafeInteger,
  timestamp: (result) => result >= MIN_TIMESTAMP && result <= MAX_TIMESTAMP,
  duration: (result) => Math.abs(result) <= MAX_DURATION,
};
