import type { ClauseTrace, Node } from "@portcullis/core";
import { toCel } from "@portcullis/policy";

/** One clause of a condition with what it came to. */
export interface Clause {
  readonly text: string;
  readonly result: "true" | "false" | "error";
  /** How many conjunctions and disjunctions it stands in. */
  readonly depth: number;
}

/** The clauses of a condition: the operands of `&&` and `||`, down to what is neither. */
export function listClauses(node: Node, trace: ClauseTrace, depth = 0): readonly Clause[] {
  if (node.op !== "and" && node.op !== "or") {
    return [{ text: toCel(node), result: toResult(trace), depth }];
  }
  const nested = node.of.flatMap((operand, index) => {
    const below = trace.operands[index];
    return below === undefined ? [] : listClauses(operand, below, depth + 1);
  });
  const all = node.op === "and" ? "all of" : "any of";
  return [{ text: all, result: toResult(trace), depth }, ...nested];
}

/** Writes clauses below each other, indented, without a value of the arguments. */
export function formatClauses(clauses: readonly Clause[], indent: string): readonly string[] {
  return clauses.map(
    ({ text, result, depth }) => `${indent}${result.padEnd(5)}  ${"  ".repeat(depth)}${text}`,
  );
}

function toResult({ value }: ClauseTrace): Clause["result"] {
  if (value === true) return "true";
  return value === false ? "false" : "error";
}
