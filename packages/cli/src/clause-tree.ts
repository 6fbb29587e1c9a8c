import type { ClauseTrace, Json, Node } from "@portcullis/core";
import { toCel } from "@portcullis/policy";
import type { MaskOptions } from "./mask-value.ts";
import { maskValue } from "./mask-value.ts";

/** Something that a clause read. */
interface ClauseRead {
  /** Its CEL, such as `args.amount`. */
  readonly text: string;
  /** Absent where it is an error, such as an argument that is not there. */
  readonly value?: Json;
}

/** One clause of a condition: what it came to, what it read, and the clauses that it is made of. */
export interface ClauseTree {
  /** Its CEL; `all of`, `any of`, `not` where it is made of others. */
  readonly text: string;
  readonly result: "true" | "false" | "error";
  readonly reads: readonly ClauseRead[];
  readonly clauses: readonly ClauseTree[];
}

/** The tree of a condition, down to what is no longer made of `&&`, `||` and `!`. */
export function toClauseTree(node: Node, trace: ClauseTrace, options: MaskOptions): ClauseTree {
  const result = toResult(trace);
  if (node.op === "and" || node.op === "or") {
    const clauses = node.of.flatMap((operand, index) => below(operand, trace, index, options));
    return { text: node.op === "and" ? "all of" : "any of", result, reads: [], clauses };
  }
  if (node.op === "not" && (node.a.op === "and" || node.a.op === "or")) {
    return { text: "not", result, reads: [], clauses: below(node.a, trace, 0, options) };
  }
  const reads = listReads(node, trace, options);
  const distinct = reads.filter(
    ({ text }, index) => reads.findIndex((read) => read.text === text) === index,
  );
  return { text: toCel(node), result, reads: distinct, clauses: [] };
}

function below(
  node: Node,
  { operands }: ClauseTrace,
  index: number,
  options: MaskOptions,
): readonly ClauseTree[] {
  const trace = operands[index];
  return trace === undefined ? [] : [toClauseTree(node, trace, options)];
}

/** What a clause read, but for what each element of a quantifier is. */
function listReads(node: Node, trace: ClauseTrace, options: MaskOptions): readonly ClauseRead[] {
  if (node.op === "var" || node.op === "fact" || node.op === "orValue") {
    const { value } = trace;
    const text = toCel(node);
    return [value === undefined ? { text } : { text, value: maskValue(node, value, options) }];
  }
  return childrenOf(node, trace).flatMap(({ child, operand }) =>
    listReads(child, operand, options),
  );
}

interface Child {
  readonly child: Node;
  readonly operand: ClauseTrace;
}

/** The operands of a node beside what they came to; the places tell which is which. */
function childrenOf(node: Node, trace: ClauseTrace): readonly Child[] {
  const named: readonly (readonly [string, Node])[] = [
    ...("c" in node ? [["/c", node.c] as const] : []),
    ...("a" in node && node.op !== "has" ? [["/a", node.a] as const] : []),
    ...("b" in node && node.op !== "orValue" ? [["/b", node.b] as const] : []),
    ...("over" in node ? [["/over", node.over] as const] : []),
    ...("of" in node ? node.of.map((operand, index) => [`/of/${index}`, operand] as const) : []),
  ];
  return named.flatMap(([step, child]) => {
    const operand = trace.operands.find(({ place }) => place === trace.place + step);
    return operand === undefined ? [] : [{ child, operand }];
  });
}

function toResult({ value }: ClauseTrace): ClauseTree["result"] {
  if (value === true) return "true";
  return value === false ? "false" : "error";
}
