import type { ArithmeticDraft, CompareDraft, Draft, LogicDraft } from "../draft.ts";
import type { CelNode } from "../parse-cel.ts";
import { below } from "./lowering.ts";
import type { Lowering, Scope } from "./lowering.ts";

const COMPARISONS: ReadonlyMap<string, CompareDraft["op"]> = new Map([
  ["==", "eq"],
  ["!=", "ne"],
  ["<", "lt"],
  ["<=", "le"],
  [">", "gt"],
  [">=", "ge"],
  ["in", "in"],
]);

const ARITHMETIC: ReadonlyMap<string, ArithmeticDraft["op"]> = new Map([
  ["+", "add"],
  ["-", "sub"],
  ["*", "mul"],
  ["/", "div"],
  ["%", "mod"],
]);

type BinaryNode = Extract<
  CelNode,
  { op: "!=" | "==" | "in" | "+" | "-" | "*" | "/" | "%" | "<" | "<=" | ">" | ">=" }
>;

/** Lowers a comparison, `in` or arithmetic. */
export function lowerBinary(node: BinaryNode, scope: Scope, lowering: Lowering): Draft {
  const [left, right] = node.args;
  const inner = below(scope);
  const a = lowering.lower(left, inner);
  const b = lowering.lower(right, inner);
  const comparison = COMPARISONS.get(node.op);
  if (comparison !== undefined) return { op: comparison, span: node, a, b };
  return { op: ARITHMETIC.get(node.op) ?? "add", span: node, a, b };
}

/** Lowers `&&` and `||`; a chain of one operator becomes one node. */
export function lowerLogic(
  node: Extract<CelNode, { op: "&&" | "||" }>,
  scope: Scope,
  lowering: Lowering,
): LogicDraft {
  const operands: CelNode[] = [];
  const open: CelNode[] = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.op === node.op && (next.op === "&&" || next.op === "||")) {
      const [left, right] = next.args;
      open.push(right, left);
    } else operands.push(next);
  }
  const inner = below(scope);
  return {
    op: node.op === "&&" ? "and" : "or",
    span: node,
    of: operands.map((operand) => lowering.lowerOrNote(operand, inner)),
  };
}

/** Lowers `!a`, `-a` and `c ? a : b`. */
export function lowerUnaryOrChoice(
  node: Extract<CelNode, { op: "!_" | "-_" | "?:" }>,
  scope: Scope,
  lowering: Lowering,
): Draft {
  const inner = below(scope);
  if (node.op === "?:") {
    const [c, a, b] = node.args;
    return {
      op: "cond",
      span: node,
      c: lowering.lower(c, inner),
      a: lowering.lower(a, inner),
      b: lowering.lower(b, inner),
    };
  }
  return { op: node.op === "!_" ? "not" : "neg", span: node, a: lowering.lower(node.args, inner) };
}
