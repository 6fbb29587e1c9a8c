import type { Json } from "../json.ts";
import type { LitNode, VarNode } from "../rule-ast.ts";
import type { Condition, Evaluated, Frame, Value } from "./frame.ts";
import { isObject } from "./frame.ts";
import type { VariableSlot } from "./quantifiers.ts";
import type { PathStep } from "./read-path.ts";
import { readPath, readStep } from "./read-path.ts";
import { hasDroppedCalls, readKeptCalls, rootReader } from "./roots.ts";
import { createKept, createKeptPresence } from "./sealed.ts";
import { createTypeTest } from "./static-type.ts";

/** Names of the variables in scope, outermost first. */
export type VariableScope = readonly string[];

const nothing: Value = () => undefined;
const SLOTS: readonly VariableSlot[] = ["outer", "inner"];

/** The place of the next quantifier's variable, or undefined where nesting is too deep. */
export function nextSlot(scope: VariableScope): VariableSlot | undefined {
  return SLOTS[scope.length];
}

/** A typed path: what is not there, or is of another type than the AST says, is an error. */
export function createVariable(node: VarNode, scope: VariableScope): Value {
  if (node.t === "sealed") return createKept(node, createElement(node.name, scope) ?? nothing);
  const isTyped = createTypeTest(node.t);
  const [first, ...others] = node.path;
  if (node.name === "args" && typeof first === "string" && others.length === 0) {
    return createArgument(first, isTyped);
  }
  const read = createPathReader(node, scope);
  return (frame) => {
    const value = read(frame);
    return value !== undefined && isTyped(value) ? value : undefined;
  };
}

/**
 * Gives one reader for each typed path outside of quantifiers, however many conditions read it:
 * a policy of thousands of rules is then small enough to stay in the processor's cache.
 */
export function createReaders(): (node: VarNode) => Value {
  const readers = new Map<string, Value>();
  return (node) => {
    const key = JSON.stringify([node.t, node.name, ...node.path]);
    const known = readers.get(key);
    if (known !== undefined) return known;
    const reader = createVariable(node, []);
    readers.set(key, reader);
    return reader;
  };
}

// The usual operand, in one closure instead of three.
function createArgument(name: string, isTyped: (value: Json) => boolean): Value {
  return (frame) => {
    const { args } = frame;
    if (args === undefined || !Object.hasOwn(args, name)) return undefined;
    const value = args[name];
    return value !== undefined && isTyped(value) ? value : undefined;
  };
}

/** `has(a.b)`: whether the last member is there; an error if what holds it is no map. */
export function createPresence(node: VarNode, scope: VariableScope): Condition {
  if (node.t === "sealed") {
    return createKeptPresence(node, createElement(node.name, scope) ?? nothing);
  }
  const last = node.path.at(-1);
  if (typeof last !== "string") return () => 2;
  const isKeptCalls = node.name === "session" && last === "calls";
  const holder = createPathReader({ ...node, path: node.path.slice(0, -1) }, scope);
  return (frame) => {
    const value = holder(frame);
    if (!isObject(value)) return 2;
    return isKeptCalls || Object.hasOwn(value, last) ? 1 : 0;
  };
}

/** `a.?b.orValue(v)`: `v` where `a` is there without `b`. */
export function createOrValue(node: VarNode, fallback: LitNode, scope: VariableScope): Value {
  const isPresent = createPresence(node, scope);
  const read = createVariable(node, scope);
  return (frame) => {
    const present = isPresent(frame);
    if (present === 2) return undefined;
    return present === 1 ? read(frame) : fallback.value;
  };
}

/** The list that a quantifier visits, and whether earlier elements of it were dropped. */
export function createOver(node: VarNode):
  | {
      readonly over: Value;
      readonly isOpen: (frame: Frame) => boolean;
    }
  | undefined {
  const isCalls = node.name === "session" && node.path.length === 1 && node.path[0] === "calls";
  return isCalls ? { over: readKeptCalls, isOpen: hasDroppedCalls } : undefined;
}

/** Reads the element that a quantifier is at. */
export function createElement(name: string, scope: VariableScope): Value | undefined {
  const slot = SLOTS[scope.indexOf(name)];
  return slot === undefined ? undefined : (frame) => frame[slot];
}

function createPathReader(node: VarNode, scope: VariableScope): Value {
  const { name, path } = node;
  const element = createElement(name, scope);
  if (element !== undefined) return createWalk(element, path);
  const common = COMMON.get(JSON.stringify([name, ...path]));
  if (common !== undefined) return common;
  const root = rootReader(name);
  return root === undefined ? () => undefined : createWalk(root, path);
}

// One step without a loop: conditions spend most of their time here.
function createWalk(root: Value, path: readonly PathStep[]): Value {
  const [first, ...others] = path;
  if (first === undefined) return root;
  if (others.length > 0) return (frame) => readPath(root(frame), path);
  return (frame) => {
    const value = root(frame);
    return value === undefined ? undefined : readStep(value, first);
  };
}

// Read by nearly every rule, and without making the whole root.
const COMMON: ReadonlyMap<string, (frame: Frame) => Evaluated> = new Map(
  Object.entries({
    '["principal","agent","id"]': (frame: Frame) => frame.agent.id,
    '["principal","agent","roles"]': (frame: Frame) => frame.agent.roles,
    '["principal","user","id"]': (frame: Frame) => frame.principal.user?.id,
    '["principal","user","roles"]': (frame: Frame) => frame.principal.user?.roles,
    '["flow","session"]': (frame: Frame) => frame.session?.labels,
    '["session","turn"]': (frame: Frame) => frame.session?.turn,
    '["session","startedAt"]': (frame: Frame) => frame.session?.startedAt,
  }),
);
