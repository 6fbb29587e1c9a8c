import { isObject } from "../evaluate/frame.ts";
import { formatType, isBoolean, isText } from "../evaluate/static-type.ts";
import type { Json, JsonObject } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";
import type { IssueReport } from "./issue-report.ts";
import type { ValueShape } from "./root-shapes.ts";

/** A tool that a rule names, with the schema of its arguments. */
interface ToolSchema {
  readonly tool: string;
  readonly input: Json;
}

/** What a condition is checked against. */
export interface ConditionContext {
  readonly report: IssueReport;
  /** Declared roles. */
  readonly roles: ReadonlySet<string>;
  /** Schemas of the tools that the rule names. */
  readonly schemas: readonly ToolSchema[];
}

/** Where a node stands. */
export interface Place {
  /** RFC 6901 pointer into the document. */
  readonly path: string;
  /** 1 for the whole condition. */
  readonly depth: number;
  /** Variables of enclosing quantifiers. */
  readonly variables: ReadonlyMap<string, ValueShape>;
  /** Tools for which the node may matter; no operand beside it decides before. */
  readonly schemas: readonly ToolSchema[];
  /** Whether an argument of an earlier call may stand here: equality and `has` alone take it. */
  readonly takesSealed?: boolean;
}

/** Checks the nodes of one condition. */
export interface Checker extends ConditionContext {
  /** Pointers below `args` that some `has()` of the condition asks for. */
  readonly asked: readonly string[];
  /** Those of them that some tool of the rule may declare, so that asking tells tools apart. */
  readonly guards: ReadonlySet<string>;
  /** Nodes so far. */
  nodes: number;
  /** Checks a node and all below it; what it holds, as far as it is known. */
  check(node: Json | undefined, place: Place): ValueShape;
}

/** Checks the operands of one operator; what the node holds by them. */
export type NodeCheck = (checker: Checker, node: JsonObject, place: Place) => ValueShape;

/** What one operator is written with. */
export interface NodeRule {
  /** Required members besides `op` and `t`. */
  readonly members: readonly string[];
  readonly optional?: readonly string[];
  readonly check: NodeCheck;
}

/** What a place asks of the type of its operand. */
export interface TypeDemand {
  readonly test: (type: StaticType) => boolean;
  /** How the demand reads. */
  readonly text: string;
}

/** Nothing is known. */
export const ANY: ValueShape = { type: "dyn" };
/** A boolean. */
export const BOOL: ValueShape = { type: "bool" };

/** Checks the operand of this name. */
export function operand(
  checker: Checker,
  node: JsonObject,
  place: Place,
  name: string,
): ValueShape {
  const path = `${place.path}/${name}`;
  return checker.check(own(node, name), {
    ...place,
    path,
    depth: place.depth + 1,
    takesSealed: false,
  });
}

/** Checks an operand that may be an argument of an earlier call. */
export function sealedOperand(
  checker: Checker,
  node: JsonObject,
  place: Place,
  name: string,
): ValueShape {
  const path = `${place.path}/${name}`;
  return checker.check(own(node, name), {
    ...place,
    path,
    depth: place.depth + 1,
    takesSealed: true,
  });
}

/** Reports an operand whose type does not pass. */
export function expect(
  checker: Checker,
  shape: ValueShape,
  path: string,
  wanted: TypeDemand,
): void {
  if (!wanted.test(shape.type)) {
    checker.report.add(path, `This is of type ${formatType(shape.type)}; ${wanted.text}.`);
  }
}

/** What a logical operator needs. */
export const A_BOOL: TypeDemand = { test: isBoolean, text: "a bool is needed here" };
/** What a text operator needs. */
export const A_STRING: TypeDemand = { test: isText, text: "a string is needed here" };

/** Requires an operand to be written as one of these operators. */
export function expectOp(
  checker: Checker,
  node: JsonObject,
  { path, wanted }: { readonly path: string; readonly wanted: readonly string[] },
): void {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const child = own(node, name);
  if (child === undefined || !isObject(child)) return;
  const op = own(child, "op");
  if (typeof op === "string" && wanted.includes(op)) return;
  checker.report.add(path, `Only ${wanted.join(" or ")} may stand here.`);
}

/** An own member of a node. */
export function own(node: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(node, name) ? node[name] : undefined;
}
