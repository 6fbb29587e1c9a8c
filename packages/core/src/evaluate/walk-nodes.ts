import type { Node } from "../rule-ast.ts";

/** An operand of a node with its place below it, such as `/a` or `/of/2`. */
interface Operand {
  readonly place: string;
  readonly node: Node;
}

/** The operands of a node, in the order in which they are written. */
function operandsOf(node: Node): readonly Operand[] {
  if (node.op === "lit" || node.op === "var" || node.op === "fact") return [];
  if ("of" in node) {
    return node.of.map((operand, index) => ({ place: `/of/${index}`, node: operand }));
  }
  if ("over" in node) {
    return [
      { place: "/over", node: node.over },
      { place: "/body", node: node.body },
    ];
  }
  const first = { place: "/a", node: node.a };
  if (!("b" in node)) return [first];
  const both = [first, { place: "/b", node: node.b }];
  return node.op === "cond" ? [{ place: "/c", node: node.c }, ...both] : both;
}

/** Visits a node and everything below it, with the pointer of each. */
export function walkNodes(
  node: Node,
  path: string,
  visit: (node: Node, path: string) => void,
): void {
  visit(node, path);
  for (const operand of operandsOf(node)) walkNodes(operand.node, path + operand.place, visit);
}
