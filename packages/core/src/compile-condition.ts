import { createAnomaly } from "./evaluate/anomaly.ts";
import {
  createEquality,
  createLiteralEquality,
  createMembership,
  createNumberOrdering,
  createOrdering,
  createSetMembership,
  createTextMembership,
} from "./evaluate/compare.ts";
import { createConversion } from "./evaluate/conversions.ts";
import type { PreparedFact } from "./evaluate/facts.ts";
import { createFactField, createFactPresence, createFactTest } from "./evaluate/facts.ts";
import type { Condition, Frame, Value } from "./evaluate/frame.ts";
import { createLabelsOf } from "./evaluate/labels.ts";
import { createChoice, createConjunction, createDisjunction } from "./evaluate/logic.ts";
import { createNegation, toCondition, toValue } from "./evaluate/logic.ts";
import { createArithmetic, createNegative } from "./evaluate/numbers.ts";
import { createAll, createExists, createExistsOne } from "./evaluate/quantifiers.ts";
import { createUserSaid } from "./evaluate/said.ts";
import {
  createLiteralTextTest,
  createMatches,
  createSize,
  createTextTest,
} from "./evaluate/text.ts";
import { createSeal, createSealedEquality, createSealedMembership } from "./evaluate/sealed.ts";
import { createElement, createOrValue, createOver } from "./evaluate/variables.ts";
import { createPresence, createVariable, nextSlot } from "./evaluate/variables.ts";
import type { VariableScope } from "./evaluate/variables.ts";
import type { Json } from "./json.ts";
import type { SearchPattern } from "./evaluate/native-pattern.ts";
import { isSealed } from "./policy/history-arguments.ts";
import type {
  CompareNode,
  FactNode,
  FactTestNode,
  InNode,
  LitNode,
  Node,
  QuantifierNode,
  VarNode,
} from "./rule-ast.ts";

/** What conditions of one policy refer to, prepared before any of them is compiled. */
export interface ConditionParts {
  /** Whether some condition reads labels of single values. */
  readonly readsLabels: boolean;
  /** Patterns of `matches` by source. */
  readonly patterns: ReadonlyMap<string, SearchPattern>;
  /** The prepared fact of a node. */
  factOf(node: FactNode): PreparedFact | undefined;
  /** The one reader of a path outside of quantifiers, for all conditions that read it. */
  readerOf(node: VarNode): Value;
}

const OPEN: VariableScope = [];
const isClosed = (): boolean => false;
const failed: Condition = () => 2;
const failedValue: Value = () => undefined;

/**
 * Compiles a boolean expression to a closure over three truth values: strong Kleene logic, so the
 * result does not depend on the order of operands.
 */
export function compileCondition(
  node: Node,
  parts: ConditionParts,
  scope: VariableScope = OPEN,
): Condition {
  const condition = (operand: Node): Condition => compileCondition(operand, parts, scope);
  const value = (operand: Node): Value => compileValue(operand, parts, scope);
  switch (node.op) {
    case "and":
      return createConjunction(node.of.map(condition));
    case "or":
      return createDisjunction(node.of.map(condition));
    case "not":
      return createNegation(condition(node.a));
    case "eq":
    case "ne":
      return compileEquality(node, value);
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return isLiteral(node.b, isNumber)
        ? createNumberOrdering(node.op, value(node.a), node.b.value)
        : createOrdering(node.op, value(node.a), value(node.b));
    case "in":
      return compileMembership(node, value);
    case "startsWith":
    case "endsWith":
    case "contains":
      return isLiteral(node.b, isText)
        ? createLiteralTextTest(node.op, value(node.a), node.b.value)
        : createTextTest(node.op, value(node.a), value(node.b));
    case "matches":
      return createMatches(value(node.a), parts.patterns.get(node.pattern));
    case "has":
      return node.a.op === "fact"
        ? compileFactPresence(node.a, parts, scope)
        : createPresence(node.a, scope);
    case "within":
    case "hostWithin":
    case "domainWithin":
    case "inCidr":
      return compileFactTest(node, parts, value);
    case "userSaid":
      return createUserSaid(value(node.a));
    case "all":
    case "exists":
    case "existsOne":
      return compileQuantifier(node, parts, scope);
    case "lit":
    case "var":
    case "fact":
    case "cond":
    case "orValue":
    case "size":
    case "labelsOf":
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
    case "neg":
    case "anomaly":
    case "convert":
    default:
      return toCondition(compileValue(node, parts, scope));
  }
}

/** Compiles any expression; one of three truth values becomes `true`, `false` or an error. */
export function compileValue(
  node: Node,
  parts: ConditionParts,
  scope: VariableScope = OPEN,
): Value {
  const value = (operand: Node): Value => compileValue(operand, parts, scope);
  switch (node.op) {
    case "lit":
      return compileLiteral(node.value);
    case "var":
      return scope.length === 0 ? parts.readerOf(node) : createVariable(node, scope);
    case "fact":
      return compileFact(node, parts, scope);
    case "cond":
      return createChoice(compileCondition(node.c, parts, scope), value(node.a), value(node.b));
    case "orValue":
      return createOrValue(node.a, node.b, scope);
    case "size":
      return createSize(value(node.a));
    case "labelsOf":
      return createLabelsOf(node, value(node.a));
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
      return createArithmetic(node.op, node.t, [value(node.a), value(node.b)]);
    case "neg":
      return createNegative(value(node.a));
    case "anomaly":
      return createAnomaly(node.a, value(node.a));
    case "convert":
      return createConversion(node.to, node.a.t, value(node.a));
    case "and":
    case "or":
    case "not":
    case "eq":
    case "ne":
    case "lt":
    case "le":
    case "gt":
    case "ge":
    case "in":
    case "startsWith":
    case "endsWith":
    case "contains":
    case "matches":
    case "has":
    case "within":
    case "hostWithin":
    case "domainWithin":
    case "inCidr":
    case "userSaid":
    case "all":
    case "exists":
    case "existsOne":
    default:
      return toValue(compileCondition(node, parts, scope));
  }
}

function compileLiteral(value: Json): Value {
  return () => value;
}

function compileEquality({ op, a, b }: CompareNode, value: (operand: Node) => Value): Condition {
  const negated = op === "ne";
  if (isSealed(a) || isSealed(b)) {
    return createSealedEquality(createSeal(a, value(a)), createSeal(b, value(b)), negated);
  }
  if (isLiteral(b, isScalar)) return createLiteralEquality(value(a), b.value, negated);
  if (isLiteral(a, isScalar)) return createLiteralEquality(value(b), a.value, negated);
  return createEquality(value(a), value(b), negated);
}

function compileMembership(node: InNode, value: (operand: Node) => Value): Condition {
  const { a, b } = node;
  if (isSealed(a)) return createSealedMembership(value(a), value(b));
  if (b.op === "lit" && Array.isArray(b.value)) {
    const literals: readonly Json[] = b.value;
    if (literals.every(isScalar)) return createSetMembership(value(a), literals);
  }
  if (isLiteral(a, isText)) return createTextMembership(a.value, value(b));
  return createMembership(value(a), value(b));
}

function isLiteral<T extends Json>(
  node: Node,
  isWanted: (value: Json) => value is T,
): node is LitNode & { readonly value: T } {
  return node.op === "lit" && isWanted(node.value);
}

function isScalar(value: Json): value is null | boolean | number | string {
  return typeof value !== "object" || value === null;
}

function isNumber(value: Json): value is number {
  return typeof value === "number";
}

function isText(value: Json): value is string {
  return typeof value === "string";
}

function compileFact(node: FactNode, parts: ConditionParts, scope: VariableScope): Value {
  const fact = parts.factOf(node);
  const root = factRoot(node, scope);
  return fact === undefined || root === undefined
    ? failedValue
    : createFactField(fact, root, { field: node.field, t: node.t });
}

function compileFactPresence(
  node: FactNode,
  parts: ConditionParts,
  scope: VariableScope,
): Condition {
  const fact = parts.factOf(node);
  const root = factRoot(node, scope);
  return fact === undefined || root === undefined
    ? failed
    : createFactPresence(fact, root, node.field);
}

function compileFactTest(
  node: FactTestNode,
  parts: ConditionParts,
  value: (operand: Node) => Value,
): Condition {
  const test = parts.factOf(node.a)?.predicates.get(node.op);
  return test === undefined ? failed : createFactTest(value(node.a), test, node.b.value);
}

/** Where a fact's pointer starts: the arguments, or an enclosing quantifier's variable. */
export function factRoot(node: FactNode, scope: VariableScope): Value | undefined {
  return node.from === undefined ? (frame: Frame) => frame.args : createElement(node.from, scope);
}

function compileQuantifier(
  node: QuantifierNode,
  parts: ConditionParts,
  scope: VariableScope,
): Condition {
  const slot = nextSlot(scope);
  if (slot === undefined) return failed;
  const visited = (node.over.op === "var" ? createOver(node.over) : undefined) ?? {
    over: compileValue(node.over, parts, scope),
    isOpen: isClosed,
  };
  const body = compileCondition(node.body, parts, [...scope, node.as]);
  const quantifier = { ...visited, body, slot };
  if (node.op === "all") return createAll(quantifier);
  return node.op === "exists" ? createExists(quantifier) : createExistsOne(quantifier);
}
