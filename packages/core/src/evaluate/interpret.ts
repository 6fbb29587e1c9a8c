import { factRoot } from "../compile-condition.ts";
import type { ConditionParts } from "../compile-condition.ts";
import type { Json } from "../json.ts";
import { isSealed } from "../policy/history-arguments.ts";
import type {
  CompareNode,
  CondNode,
  FactNode,
  FactTestNode,
  HasNode,
  LitNode,
  LogicNode,
  Node,
  OrValueNode,
  QuantifierNode,
  VarNode,
} from "../rule-ast.ts";
import { toPointer } from "../internal/json-pointer.ts";
import { anomalyOf } from "./anomaly.ts";
import { isMember, order, ORDERINGS } from "./compare.ts";
import { conversion } from "./conversions.ts";
import { equal } from "./equality.ts";
import { createFactField, createFactPresence, createFactTest } from "./facts.ts";
import type { Evaluated, Frame, Tri } from "./frame.ts";
import { spend } from "./frame.ts";
import { labelsOf } from "./labels.ts";
import { arithmetic, negate } from "./numbers.ts";
import { elementsOf } from "./quantifiers.ts";
import { wasSaid } from "./said.ts";
import { isSame, isSealedMember, sealOf } from "./sealed.ts";
import { matchText, sizeOf, testText } from "./text.ts";
import {
  createOrValue,
  createOver,
  createPresence,
  createVariable,
  nextSlot,
} from "./variables.ts";
import type { VariableScope } from "./variables.ts";

/** What one node of a condition came to. */
export interface ClauseTrace {
  /** RFC 6901 pointer below the condition; `""` for the whole. */
  readonly place: string;
  readonly op: Node["op"];
  /** Absent when the node is an error. */
  readonly value?: Json;
  /** Operands in the order in which they are written; of a quantifier also the bodies visited. */
  readonly operands: readonly ClauseTrace[];
}

/** What interpretation needs besides the node. */
export interface Interpretation {
  readonly frame: Frame;
  readonly parts: ConditionParts;
  readonly scope: VariableScope;
  readonly place: string;
}

type Trace = Omit<ClauseTrace, "value"> & { readonly result: Evaluated };

// More bodies would only repeat themselves before a reader's eyes.
const MAX_BODIES = 16;

/**
 * Evaluates a condition by walking its tree and keeps what every node came to.
 *
 * Slow and independent of the closures that decide; only the tests of single values are shared.
 */
export function interpret(node: Node, at: Interpretation): ClauseTrace {
  return toClause(walk(node, at));
}

function walk(node: Node, at: Interpretation): Trace {
  if ("of" in node) {
    const operands = node.of.map((operand, index) => below(operand, at, `/of/${index}`));
    return trace(node, at, operands, kleene(node.op === "or", operands));
  }
  if (node.op === "cond") return walkChoice(node, at);
  if ("over" in node) return walkQuantifier(node, at);
  if (isRead(node)) return trace(node, at, [], read(node, at));
  const a = below(node.a, at, "/a");
  const b = "b" in node ? below(node.b, at, "/b") : undefined;
  const operands = b === undefined ? [a] : [a, b];
  const isErred = operands.some(({ result }) => result === undefined);
  return trace(node, at, operands, isErred ? undefined : apply(node, at, operands));
}

type ReadNode = LitNode | VarNode | FactNode | OrValueNode | HasNode;
type AppliedNode = Exclude<Node, ReadNode | QuantifierNode | LogicNode | CondNode>;

function isRead(node: Node): node is ReadNode {
  return ["lit", "var", "fact", "orValue", "has"].includes(node.op);
}

function read(node: ReadNode, { frame, parts, scope }: Interpretation): Evaluated {
  if (node.op === "lit") return node.value;
  if (node.op === "var") return createVariable(node, scope)(frame);
  if (node.op === "orValue") return createOrValue(node.a, node.b, scope)(frame);
  const target = node.op === "has" ? node.a : node;
  if (target.op === "var") return toBoolean(createPresence(target, scope)(frame));
  const fact = parts.factOf(target);
  const root = factRoot(target, scope);
  if (fact === undefined || root === undefined) return undefined;
  return node.op === "has"
    ? toBoolean(createFactPresence(fact, root, target.field)(frame))
    : createFactField(fact, root, target)(frame);
}

function apply(
  node: AppliedNode,
  { frame, parts }: Interpretation,
  operands: readonly Trace[],
): Evaluated {
  const a = operands[0]?.result;
  const b = operands[1]?.result;
  if (a === undefined) return undefined;
  switch (node.op) {
    case "not":
      return typeof a === "boolean" ? !a : undefined;
    case "neg":
      return negate(a);
    case "size":
      return sizeOf(a, frame);
    case "convert":
      return conversion(node.to, node.a.t)(a);
    case "anomaly":
      return anomalyOf(a, toPointer(node.a.path), frame);
    case "labelsOf":
      return labelsOf(node, a, frame);
    case "userSaid":
      return toBoolean(wasSaid(a, frame));
    case "matches": {
      const search = parts.patterns.get(node.pattern);
      return search === undefined ? undefined : toBoolean(matchText(a, search, frame));
    }
    case "eq":
    case "ne": {
      const same = areEqual(node, [a, b], frame);
      return same === undefined ? undefined : same === (node.op === "eq");
    }
    case "lt":
    case "le":
    case "gt":
    case "ge": {
      const difference = order(a, b, frame);
      return difference === undefined ? undefined : ORDERINGS[node.op](difference);
    }
    case "in":
      if (isSealed(node.a)) return toBoolean(isSealedMember(a, b, frame));
      return b === undefined ? undefined : toBoolean(isMember(a, b, frame));
    case "startsWith":
    case "endsWith":
    case "contains":
      return toBoolean(testText(node.op, a, b, frame));
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "mod":
      return arithmetic(node.op, node.t)(a, b);
    case "within":
    case "hostWithin":
    case "domainWithin":
    case "inCidr":
    default:
      return testFact(node, a, { frame, parts });
  }
}

function areEqual(
  node: CompareNode,
  [a, b]: readonly [Json, Evaluated],
  frame: Frame,
): boolean | undefined {
  if (b === undefined) return undefined;
  if (!isSealed(node.a) && !isSealed(node.b)) return equal(a, b, frame);
  return isSame(isSealed(node.a) ? a : sealOf(a, frame), isSealed(node.b) ? b : sealOf(b, frame));
}

function testFact(
  node: FactTestNode,
  field: Json,
  { frame, parts }: Pick<Interpretation, "frame" | "parts">,
): Evaluated {
  const test = parts.factOf(node.a)?.predicates.get(node.op);
  if (test === undefined) return undefined;
  return toBoolean(createFactTest(() => field, test, node.b.value)(frame));
}

function walkChoice(node: CondNode, at: Interpretation): Trace {
  const c = below(node.c, at, "/c");
  if (typeof c.result !== "boolean") return trace(node, at, [c], undefined);
  const taken = c.result ? below(node.a, at, "/a") : below(node.b, at, "/b");
  return trace(node, at, [c, taken], taken.result);
}

function walkQuantifier(node: QuantifierNode, at: Interpretation): Trace {
  const { frame, scope } = at;
  const slot = nextSlot(scope);
  const kept = node.over.op === "var" ? createOver(node.over) : undefined;
  const over = below(node.over, at, "/over");
  const elements = elementsOf(kept === undefined ? over.result : kept.over(frame));
  if (slot === undefined || elements === undefined) return trace(node, at, [over], undefined);
  const bodies: Trace[] = [];
  for (const element of elements) {
    if (spend(frame, 1)) return trace(node, at, [over], undefined);
    frame[slot] = element;
    bodies.push(below(node.body, { ...at, scope: [...scope, node.as] }, "/body"));
  }
  const isOpen = kept?.isOpen(frame) === true;
  const result = quantify(node.op, bodies, isOpen);
  return trace(node, at, [over, ...bodies.slice(0, MAX_BODIES)], result);
}

function quantify(
  op: QuantifierNode["op"],
  bodies: readonly Trace[],
  isOpen: boolean,
): boolean | undefined {
  if (op !== "existsOne") {
    const result = kleene(op === "exists", bodies);
    return isOpen && result !== (op === "exists") ? undefined : result;
  }
  if (bodies.some(({ result }) => typeof result !== "boolean")) return undefined;
  const count = bodies.filter(({ result }) => result === true).length;
  if (count > 1) return false;
  return isOpen ? undefined : count === 1;
}

/** Strong Kleene: the deciding value wins, then error. */
function kleene(deciding: boolean, operands: readonly Trace[]): boolean | undefined {
  if (operands.some(({ result }) => result === deciding)) return deciding;
  return operands.every(({ result }) => typeof result === "boolean") ? !deciding : undefined;
}

function below(node: Node, at: Interpretation, step: string): Trace {
  return walk(node, { ...at, place: at.place + step });
}

function trace(
  node: Node,
  { place }: Interpretation,
  operands: readonly Trace[],
  result: Evaluated,
): Trace {
  return { place, op: node.op, operands: operands.map(toClause), result };
}

function toClause({ place, op, operands, result }: Trace): ClauseTrace {
  const base = { place, op, operands };
  return result === undefined ? base : { ...base, value: result };
}

function toBoolean(result: Tri): boolean | undefined {
  return result === 2 ? undefined : result === 1;
}
