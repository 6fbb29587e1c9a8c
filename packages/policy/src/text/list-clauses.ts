import type { ClauseTrace, Node } from "@portcullis/core";
import { toCel } from "./to-cel.ts";

/** One clause of a condition: what is left once `&&`, `||` and the `!` before them are taken off. */
export interface Clause {
  /** RFC 6901 pointer below the condition; `""` for the whole. */
  readonly place: string;
  /** Its CEL, not with the author's spaces and brackets. */
  readonly text: string;
  readonly node: Node;
}

/**
 * Lists the clauses of a condition, in the order in which they are written.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 *
 * declare const policy: PolicyDocument;
 * const when = policy.rules[0]?.when;
 * const texts = when === undefined ? [] : listClauses(when).map(({ text }) => text);
 * ```
 */
export function listClauses(condition: Node): readonly Clause[] {
  return walk(condition, "");
}

function walk(node: Node, place: string): readonly Clause[] {
  if (node.op === "and" || node.op === "or") {
    return node.of.flatMap((operand, index) => walk(operand, `${place}/of/${index}`));
  }
  if (node.op === "not" && isConnective(node.a)) return walk(node.a, `${place}/a`);
  return [{ place, text: toCel(node), node }];
}

function isConnective(node: Node): boolean {
  return node.op === "and" || node.op === "or" || (node.op === "not" && isConnective(node.a));
}

/** What every node of a trace came to, by its place. */
export function traceByPlace(trace: ClauseTrace): ReadonlyMap<string, ClauseTrace> {
  const places = new Map<string, ClauseTrace>();
  const add = (node: ClauseTrace): void => {
    places.set(node.place, node);
    for (const operand of node.operands) add(operand);
  };
  add(trace);
  return places;
}
