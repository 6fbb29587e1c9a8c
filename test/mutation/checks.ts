import { decides, isLiteral, isRefusal, isReport, leaves, refuses } from "./refusals.ts";
import type { Node } from "./syntax.ts";
import { child, children, lastName } from "./syntax.ts";

/**
 * How a check is neutralised.
 *
 * - `if-never`: the condition of an `if` is false, so what it guards never happens;
 * - `if-always`: the condition that accepts is true, so the refusal behind it never happens;
 * - `throw`: a `throw` that no `if` of its own guards is left out;
 * - `operand`: one operand of `&&` or `||` no longer has a say;
 * - `bound`: `<` and `<=`, `>` and `>=` change places;
 * - `own`: `Object.hasOwn` finds inherited members as well;
 * - `arm`: a conditional expression never takes its refusing arm;
 * - `predicate`: a function that answers yes or no answers yes;
 * - `every`, `some`, `filter`: the test of elements passes all of them;
 * - `report`: a statement that reports a problem or calls a check is left out.
 */
export type Operator =
  | "if-never"
  | "if-always"
  | "throw"
  | "operand"
  | "bound"
  | "own"
  | "arm"
  | "predicate"
  | "every"
  | "some"
  | "filter"
  | "report";

/** A part of a source text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What becomes of the mutated part. */
export type Change =
  /** The expression has this value. */
  | { readonly kind: "value"; readonly value: "true" | "false" }
  /** The statement is left out. */
  | { readonly kind: "omit" }
  /** The expression is one of its own parts, or parts joined by an operator. */
  | { readonly kind: "parts"; readonly parts: readonly (Span | string)[] };

/** A check in the syntax, and how it is neutralised. */
export interface Found {
  readonly operator: Operator;
  readonly node: Span;
  readonly change: Change;
  /** Names of the functions around. */
  readonly within: string;
}

/** Where a node stands. */
export interface Place {
  /** Names of the functions around. */
  readonly within: string;
  /** The function around is declared to answer with a boolean. */
  readonly answers: boolean;
  /** What runs after the statement refuses. */
  readonly refusesNext: boolean;
  /** The statement is all that an `if` guards. */
  readonly guarded: boolean;
  /** The comparison counts or orders, it refuses nothing. */
  readonly counts: boolean;
}

/** Outside of every function. */
export const OUTSIDE: Place = {
  within: "",
  answers: false,
  refusesNext: false,
  guarded: false,
  counts: false,
};

const OPPOSITE: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const YES: Change = { kind: "value", value: "true" };
const NO: Change = { kind: "value", value: "false" };

/**
 * The checks that a node is, those in its parts left out.
 *
 * A check is what stands between a value and a refusal: the condition of an `if` that leaves its
 * function, reports or sets a flag, or whose `else` refuses; the condition in front of a refusing
 * arm; an answer of a function that says yes or no; a test of the elements of a list; a call of a
 * check; and every operand and bound, wherever it stands, since a condition that is kept in a
 * variable decides later. So a shortcut that only saves work is mutated as well, and is explained
 * where no test can tell.
 */
export function checksOf(node: Node, place: Place): readonly Found[] {
  const { within } = place;
  switch (node.type) {
    case "IfStatement":
      return ofIf(node, place);
    case "ThrowStatement":
      // With its `if` neutralised it is left out already.
      return place.guarded ? [] : [{ operator: "throw", node, change: { kind: "omit" }, within }];
    case "LogicalExpression":
      return ofLogical(node, within);
    case "BinaryExpression":
      return place.counts ? [] : ofBound(node, within);
    case "ConditionalExpression":
      return ofConditional(node, within);
    case "CallExpression":
      return ofCall(node, within);
    case "ExpressionStatement":
      return isReport(node) ? [{ operator: "report", node, change: { kind: "omit" }, within }] : [];
    case "ReturnStatement":
      return place.answers ? ofAnswer(child(node, "argument"), place) : [];
    case "ArrowFunctionExpression": {
      const body = child(node, "body");
      const direct = body !== undefined && body.type !== "BlockStatement";
      return direct && answersYesOrNo(node) ? ofAnswer(body, place) : [];
    }
    default:
      return [];
  }
}

function ofIf(node: Node, place: Place): readonly Found[] {
  const test = child(node, "test");
  const then = child(node, "consequent");
  if (test === undefined || then === undefined) return [];
  const { within } = place;
  const never: Found = { operator: "if-never", node: test, change: NO, within };
  const always: Found = { operator: "if-always", node: test, change: YES, within };
  const otherwise = child(node, "alternate");
  const refusesElse =
    otherwise === undefined ? leaves(then) && place.refusesNext : refuses(otherwise);
  return [...(decides(then) ? [never] : []), ...(refusesElse && !refuses(then) ? [always] : [])];
}

function ofLogical(node: Node, within: string): readonly Found[] {
  const operator = node["operator"];
  if (operator === "??") return [];
  const change = operator === "&&" ? YES : NO;
  return ["left", "right"].flatMap((member): Found[] => {
    const part = child(node, member);
    // The operands of a longer chain are those of the nested one.
    if (part === undefined || isChain(part, operator)) return [];
    return [{ operator: "operand", node: part, change, within }];
  });
}

function ofBound(node: Node, within: string): readonly Found[] {
  const other = OPPOSITE[String(node["operator"])];
  const left = child(node, "left");
  const right = child(node, "right");
  if (other === undefined || left === undefined || right === undefined) return [];
  const change: Change = { kind: "parts", parts: [left, ` ${other} `, right] };
  return [{ operator: "bound", node, change, within }];
}

function ofConditional(node: Node, within: string): readonly Found[] {
  const test = child(node, "test");
  const yes = child(node, "consequent");
  const no = child(node, "alternate");
  if (test === undefined || yes === undefined || no === undefined) return [];
  if (isRefusal(yes) === isRefusal(no)) return [];
  return [{ operator: "arm", node: test, change: isRefusal(yes) ? NO : YES, within }];
}

function ofCall(node: Node, within: string): readonly Found[] {
  const callee = child(node, "callee");
  if (callee?.type !== "MemberExpression") return [];
  const object = child(callee, "object");
  const name = lastName(callee);
  if (object === undefined || callee["optional"] === true) return [];
  const given = children(node, "arguments");
  const [first, second] = given;
  if (name === "hasOwn" && lastName(object) === "Object" && first && second) {
    const parts = ["(", second, " in Object(", first, "))"];
    return [{ operator: "own", node, change: { kind: "parts", parts }, within }];
  }
  if (given.length !== 1) return [];
  if (name === "every") return [{ operator: "every", node, change: YES, within }];
  if (name === "some") return [{ operator: "some", node, change: NO, within }];
  if (name === "filter") {
    return [{ operator: "filter", node, change: { kind: "parts", parts: [object] }, within }];
  }
  return [];
}

function ofAnswer(answer: Node | undefined, place: Place): readonly Found[] {
  if (answer === undefined || isLiteral(answer, true)) return [];
  if (place.guarded && isLiteral(answer, false)) return [];
  return [{ operator: "predicate", node: answer, change: YES, within: place.within }];
}

/** Whether a function is declared to answer with a boolean. */
export function answersYesOrNo(node: Node): boolean {
  const annotation = child(node, "returnType");
  const type = annotation === undefined ? undefined : child(annotation, "typeAnnotation");
  return type?.type === "TSBooleanKeyword" || type?.type === "TSTypePredicate";
}

function isChain(node: Node, operator: unknown): boolean {
  const inner = node.type === "ParenthesizedExpression" ? child(node, "expression") : node;
  return inner?.type === "LogicalExpression" && inner["operator"] === operator;
}
