import type { Node } from "./syntax.ts";
import { below, calledName, child, children, isFunction, lastName } from "./syntax.ts";

const REFUSING_CALL =
  /^(deny|denied|denial|refus|reject|fail|unavailable|invalid|withheld|withhold|conflict|broken)|(Refusal|Error|Denied|Invalid|Unavailable)$/i;
const CHECKING_CALL =
  /^(check|assert|expect|demand|vet|verify|validate|require|refuse|report|forbid|consume|bind|spend|lint|operand|inspect)([A-Z].*)?$/;
const REPORTING_CALL = /^(add|push|set)$/;
const REPORTS = /^(report|into|issues|problems|errors|missing|refused|drop)$/i;

/** Whether control never reaches what comes after the statement. */
export function leaves(statement: Node): boolean {
  if (statement.type === "BlockStatement") return children(statement, "body").some(leaves);
  if (statement.type === "IfStatement") {
    const [then, otherwise] = [child(statement, "consequent"), child(statement, "alternate")];
    return then !== undefined && otherwise !== undefined && leaves(then) && leaves(otherwise);
  }
  return /^(Return|Throw|Continue|Break)Statement$/.test(statement.type);
}

/** Whether a statement ends in a refusal: it throws, or gives nothing, `false` or a denial. */
export function refuses(statement: Node): boolean {
  if (statement.type === "BlockStatement") {
    const leaving = children(statement, "body").find(leaves);
    return leaving !== undefined && refuses(leaving);
  }
  if (statement.type === "ThrowStatement") return true;
  if (statement.type !== "ReturnStatement") return false;
  const value = child(statement, "argument");
  return value === undefined || isRefusal(value);
}

/** Whether an expression is what a refusing function gives. */
export function isRefusal(value: Node): boolean {
  if (value.type === "Identifier") return value["name"] === "undefined";
  if (isLiteral(value, false) || isLiteral(value, null)) return true;
  const name = calledName(value);
  return name !== undefined && REFUSING_CALL.test(name);
}

/** Whether a guarded part leaves, reports or sets a flag; copying an optional member is no check. */
export function decides(node: Node): boolean {
  if (isFunction(node)) return false;
  if (leaves(node)) return true;
  if (node.type === "ExpressionStatement") return isReport(node) || setsFlag(node);
  return below(node).some(decides);
}

/** Whether a statement reports a problem or calls a check that throws or reports. */
export function isReport(statement: Node): boolean {
  const expression = child(statement, "expression");
  const call = expression?.type === "AwaitExpression" ? child(expression, "argument") : expression;
  const name = calledName(call);
  if (call === undefined || name === undefined) return false;
  if (CHECKING_CALL.test(name)) return true;
  const callee = child(call, "callee");
  const object = callee === undefined ? undefined : child(callee, "object");
  const on = object === undefined ? undefined : lastName(object);
  return on !== undefined && REPORTING_CALL.test(name) && REPORTS.test(on);
}

/** Whether a node is this literal. */
export function isLiteral(node: Node, value: boolean | null): boolean {
  return node.type === "Literal" && node["value"] === value && node["regex"] === undefined;
}

function setsFlag(statement: Node): boolean {
  const expression = child(statement, "expression");
  if (expression?.type !== "AssignmentExpression") return false;
  const value = child(expression, "right");
  return value !== undefined && (isLiteral(value, true) || isLiteral(value, false));
}
