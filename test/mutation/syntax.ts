import { parseAst } from "vitest/node";

/** A node of the ESTree that vitest's own parser gives for TypeScript. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

/** Parses a module's TypeScript. */
export function parseModule(source: string): Node {
  return toNode(parseAst(source, { lang: "ts" }));
}

/** The node in a member, or undefined where it is absent. */
export function child(node: Node, member: string): Node | undefined {
  const value = node[member];
  return isNode(value) ? value : undefined;
}

/** The nodes in a member that is a list. */
export function children(node: Node, member: string): readonly Node[] {
  const value = node[member];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Every node directly below, in the order of the source. */
export function below(node: Node): readonly Node[] {
  return Object.keys(node)
    .flatMap((member) => {
      const value = node[member];
      return Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
    })
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
}

/** The name that is called: `add` of `report.add(…)`, `check` of `check(…)`. */
export function calledName(node: Node | undefined): string | undefined {
  if (node?.type === "AwaitExpression") return calledName(child(node, "argument"));
  if (node?.type !== "CallExpression" && node?.type !== "NewExpression") return undefined;
  const callee = child(node, "callee");
  return callee === undefined ? undefined : lastName(callee);
}

/** The last name of `a.b.c` or `c`. */
export function lastName(node: Node): string | undefined {
  if (node.type === "Identifier") return String(node["name"]);
  if (node.type !== "MemberExpression" || node["computed"] === true) return undefined;
  const property = child(node, "property");
  return property?.type === "Identifier" ? String(property["name"]) : undefined;
}

/** Whether a node is a function of any form. */
export function isFunction(node: Node): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

function toNode(value: unknown): Node {
  if (!isNode(value)) throw new TypeError("The parser gave no node.");
  return value;
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "start" in value &&
    typeof value.start === "number"
  );
}
