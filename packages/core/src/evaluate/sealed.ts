import { canonicalTextOf } from "../history/canonical-text.ts";
import { ABSENT, OBJECT } from "../history/kept-arguments.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Node, VarNode } from "../rule-ast.ts";
import type { Condition, Evaluated, Frame, Tri, Value } from "./frame.ts";
import { isList, isObject, memoOf, spend } from "./frame.ts";

/** What is kept of an argument of an earlier call: its hash. */
export function createKept({ path }: VarNode, element: Value): Value {
  const pointer = toPointer(path.slice(1));
  return (frame) => {
    const kept = keptAt(frame, element, pointer);
    const seal = kept?.startsWith(OBJECT) === true ? kept.slice(OBJECT.length) : kept;
    // Hashes are longer than what stands for a value without one.
    return seal === undefined || seal.length < 2 ? undefined : seal;
  };
}

/** `has(c.args.x)`; an error where it is not known, or what holds it is no object. */
export function createKeptPresence({ path }: VarNode, element: Value): Condition {
  const pointer = toPointer(path.slice(1));
  const holder = path.length > 2 ? toPointer(path.slice(1, -1)) : undefined;
  return (frame) => {
    const held = holder === undefined ? OBJECT : keptAt(frame, element, holder);
    const kept = keptAt(frame, element, pointer);
    if (kept === undefined || held?.startsWith(OBJECT) !== true) return 2;
    return kept === ABSENT ? 0 : 1;
  };
}

function keptAt(frame: Frame, element: Value, pointer: string): string | undefined {
  const call = element(frame);
  const args = isObject(call) ? memoOf(frame).kept.get(call) : undefined;
  // Under another secret equal values have different hashes, so nothing is known of them.
  if (args === undefined || args.keyId !== frame.seals?.keyId) return undefined;
  return Object.hasOwn(args.byPointer, pointer) ? args.byPointer[pointer] : undefined;
}

/** The hash of what an argument of an earlier call is compared with. */
export function createSeal(node: Node, read: Value): Value {
  if (node.op === "var" && node.t === "sealed") return read;
  return (frame) => sealOf(read(frame), frame);
}

/** `a == b` or `a != b` of hashes. */
export function createSealedEquality(a: Value, b: Value, negated: boolean): Condition {
  return (frame) => {
    const same = isSame(a(frame), b(frame));
    if (same === undefined) return 2;
    return same === negated ? 0 : 1;
  };
}

/** Whether two hashes are the same; undefined where one is not known. */
export function isSame(a: Evaluated, b: Evaluated): boolean | undefined {
  return a === undefined || b === undefined ? undefined : a === b;
}

/** `c.args.x in b`: an element of a list, or a key of a map. */
export function createSealedMembership(item: Value, whole: Value): Condition {
  return (frame) => isSealedMember(item(frame), whole(frame), frame);
}

/** Whether a hash is that of an element or key. */
export function isSealedMember(item: Evaluated, whole: Evaluated, frame: Frame): Tri {
  if (item === undefined || whole === undefined) return 2;
  const members = isList(whole) ? whole : isObject(whole) ? Object.keys(whole) : undefined;
  if (members === undefined) return 2;
  let result: Tri = 0;
  for (const member of members) {
    if (spend(frame, 1)) return 2;
    const seal = sealOf(member, frame);
    if (seal === item) return 1;
    if (seal === undefined) result = 2;
  }
  return result;
}

/** The hash of a value; undefined where none was made. */
export function sealOf(value: Evaluated, frame: Frame): string | undefined {
  if (value === undefined || frame.seals === undefined) return undefined;
  const { seals } = memoOf(frame);
  // The same operand is compared with every call of the session.
  if (seals.has(value)) return seals.get(value);
  const text = canonicalTextOf(value);
  if (text === undefined || spend(frame, text.length)) return undefined;
  const seal = frame.seals.byText.get(text);
  seals.set(value, seal);
  return seal;
}
