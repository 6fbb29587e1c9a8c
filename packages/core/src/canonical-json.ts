import { PortcullisError } from "./errors.ts";
import { toPointer } from "./internal/json-pointer.ts";
import type { Json } from "./json.ts";

/** A value that was read once, and the bytes it is hashed as. */
export interface Canonical {
  /** A private, deeply frozen copy; its objects are plain ones, members in canonical order. */
  readonly value: Json;
  /** The RFC 8785 form of `value`. */
  readonly text: string;
}

/** Bounds of one canonicalisation. */
export interface CanonicalLimits {
  /** Longest canonical text in UTF-16 code units; default 1 048 576. */
  readonly maxLength?: number;
  /** Deepest nesting of objects and arrays; default 64. */
  readonly maxDepth?: number;
  /** Most values, members and elements counted; default 100 000. */
  readonly maxNodes?: number;
  /**
   * Leaves out object members whose value is `undefined` instead of refusing them. Only for values
   * that another library produced, as zod's optional output; `undefined` elsewhere stays refused.
   */
  readonly dropUndefined?: boolean;
}

interface Walk {
  readonly maxDepth: number;
  readonly dropUndefined: boolean;
  readonly ancestors: object[];
  readonly path: (string | number)[];
  /** Every object and array of the copy, to be frozen. */
  readonly made: object[];
  nodesLeft: number;
  /** What the strings so far leave of the longest text. */
  lengthLeft: number;
  /** Whether some name may be an array index, which objects keep before all others. */
  hasIndexNames: boolean;
}

type Reason = "not-plain" | "too-large";

const FEW_NAMES = 16;
// As the platform writes a lone one; a text may also have a backslash before these letters.
const ESCAPED_SURROGATE = "\\ud";
const LONE_SURROGATE = /\p{Surrogate}/u;
const REALM_MEMBERS = ["constructor", "hasOwnProperty", "isPrototypeOf", "valueOf"] as const;

/**
 * Copies a value once and writes it in canonical form (RFC 8785), refusing whatever is not JSON.
 *
 * Stricter than RFC 8785: nothing is converted or left out, so two different inputs never share a
 * text. `toJSON` and getters are never called. Objects must have the `Object.prototype` of any
 * realm or none, arrays the `Array.prototype` of any realm. A Proxy is not refused as such: the
 * descriptor of each property is read once, and only that snapshot is used. `-0` becomes `0` in
 * text and copy. A member named `__proto__` is refused.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` with reason `not-plain` when something is not
 * JSON, with reason `too-large` when a limit is exceeded; the issue has the pointer, no value.
 *
 * @example
 * ```ts
 * canonicalize({ to: "ann", amount: 10 }).text; // {"amount":10,"to":"ann"}
 * ```
 */
export function canonicalize(value: unknown, limits: CanonicalLimits = {}): Canonical {
  const {
    maxLength = 1_048_576,
    maxDepth = 64,
    maxNodes = 100_000,
    dropUndefined = false,
  } = limits;
  const walk: Walk = {
    maxDepth,
    dropUndefined,
    ancestors: [],
    path: [],
    made: [],
    nodesLeft: maxNodes,
    lengthLeft: maxLength,
    hasIndexNames: false,
  };
  try {
    const copy = copyValue(walk, value, 0);
    const text = writeText(copy, walk.hasIndexNames);
    if (text.length > maxLength) throw refusal(walk, 0, "too-large", "is too long");
    if (text.includes(ESCAPED_SURROGATE)) refuseLoneSurrogates(walk, copy, 0);
    // Not before: the platform writes frozen values at half the speed.
    for (const part of walk.made) Object.freeze(part);
    return { value: copy, text };
  } catch (cause) {
    if (PortcullisError.isInstance(cause)) throw cause;
    // A Proxy trap threw, or the caller left no stack.
    throw refusal(walk, walk.path.length, "not-plain", "could not be read");
  }
}

function copyValue(walk: Walk, value: unknown, depth: number): Json {
  walk.nodesLeft -= 1;
  if (walk.nodesLeft < 0) throw refusal(walk, depth, "too-large", "has too many values");
  if (typeof value === "object" && value !== null) return copyNested(walk, value, depth);
  if (typeof value === "string") {
    countText(walk, value, depth);
    return value;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refusal(walk, depth, "not-plain", "is not a finite number");
    return value === 0 ? 0 : value;
  }
  if (value === null || typeof value === "boolean") return value;
  throw refusal(walk, depth, "not-plain", `is of type ${typeof value}`);
}

function copyNested(walk: Walk, value: object, depth: number): Json {
  for (let level = 0; level < depth; level += 1) {
    if (walk.ancestors[level] === value) {
      throw refusal(walk, depth, "not-plain", "contains itself");
    }
  }
  if (depth >= walk.maxDepth) throw refusal(walk, depth, "too-large", "is nested too deeply");
  walk.ancestors[depth] = value;
  return Array.isArray(value) ? copyArray(walk, value, depth) : copyObject(walk, value, depth);
}

function copyArray(walk: Walk, source: readonly unknown[], depth: number): Json {
  // Array.prototype is itself an array, in every realm; the prototype of a subclass is not.
  const length: unknown = Array.isArray(Object.getPrototypeOf(source))
    ? Object.getOwnPropertyDescriptor(source, "length")?.value
    : undefined;
  if (typeof length !== "number") {
    throw refusal(walk, depth, "not-plain", "is not a plain array");
  }
  if (length > walk.nodesLeft) throw refusal(walk, depth, "too-large", "has too many values");
  if (Reflect.ownKeys(source).length !== length + 1) {
    throw refusal(walk, depth, "not-plain", "has holes or extra properties");
  }
  const copy: Json[] = [];
  walk.made.push(copy);
  for (let index = 0; index < length; index += 1) {
    walk.path[depth] = index;
    copy.push(copyValue(walk, readOnce(walk, source, index, depth), depth + 1));
  }
  return copy;
}

function copyObject(walk: Walk, source: object, depth: number): Json {
  if (!hasPlainPrototype(source)) {
    throw refusal(walk, depth, "not-plain", "is not a plain object");
  }
  if (Object.getOwnPropertySymbols(source).length > 0) {
    throw refusal(walk, depth, "not-plain", "has a symbol as a name");
  }
  const names = Object.getOwnPropertyNames(source);
  if (names.length > walk.nodesLeft) {
    throw refusal(walk, depth, "too-large", "has too many values");
  }
  sortByCodeUnits(names);
  const copy: Record<string, Json> = {};
  walk.made.push(copy);
  for (const name of names) {
    walk.path[depth] = name;
    if (name === "__proto__") {
      throw refusal(walk, depth + 1, "not-plain", "has a reserved name");
    }
    const member = readOnce(walk, source, name, depth);
    if (member === undefined && walk.dropUndefined) continue;
    countText(walk, name, depth + 1);
    if (startsWithDigit(name)) walk.hasIndexNames = true;
    define(copy, name, copyValue(walk, member, depth + 1));
  }
  return copy;
}

// `sort` costs more than the rest of a small object.
function sortByCodeUnits(names: string[]): void {
  if (names.length > FEW_NAMES) {
    names.sort();
    return;
  }
  for (let end = 1; end < names.length; end += 1) {
    const name = names[end] ?? "";
    let at = end;
    for (; at > 0; at -= 1) {
      const before = names[at - 1] ?? "";
      if (before <= name) break;
      names[at] = before;
    }
    names[at] = name;
  }
}

function readOnce(walk: Walk, source: object, name: string | number, depth: number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(source, name);
  if (descriptor === undefined) throw refusal(walk, depth + 1, "not-plain", "is a hole");
  if (!Object.hasOwn(descriptor, "value")) {
    throw refusal(walk, depth + 1, "not-plain", "is an accessor");
  }
  if (descriptor.enumerable !== true) {
    throw refusal(walk, depth + 1, "not-plain", "is not enumerable");
  }
  return descriptor.value;
}

// An assignment would call a setter, or fail on a read-only member, that Object.prototype holds.
function define(copy: Record<string, Json>, name: string, value: Json): void {
  if (name in copy) {
    Object.defineProperty(copy, name, { value, enumerable: true, writable: true });
    return;
  }
  copy[name] = value;
}

function hasPlainPrototype(source: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(source);
  if (prototype === Object.prototype || prototype === null) return true;
  if (typeof prototype !== "object" || Object.getPrototypeOf(prototype) !== null) return false;
  return REALM_MEMBERS.every((name) => Object.hasOwn(prototype, name));
}

// The text is at least as long as its strings: what is far too long is not written first.
function countText(walk: Walk, text: string, depth: number): void {
  walk.lengthLeft -= text.length;
  if (walk.lengthLeft < 0) throw refusal(walk, depth, "too-large", "is too long");
}

function startsWithDigit(name: string): boolean {
  const unit = name.charCodeAt(0);
  return unit >= 0x30 && unit <= 0x39;
}

// The platform writes strings and numbers as RFC 8785 §3.2.2 wants them, and members in the order
// of the copy, which is the canonical one; a `toJSON` that prototypes inherit must not be called.
function writeText(copy: Json, hasIndexNames: boolean): string {
  if (hasIndexNames || "toJSON" in Array.prototype) return writeParts(copy);
  return JSON.stringify(copy);
}

function writeParts(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => writeParts(item)).join(",")}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const parts = members.map(([name, member]) => `${JSON.stringify(name)}:${writeParts(member)}`);
  return `{${parts.join(",")}}`;
}

function refuseLoneSurrogates(walk: Walk, value: Json, depth: number): void {
  if (typeof value === "string" && LONE_SURROGATE.test(value)) {
    throw refusal(walk, depth, "not-plain", "has a lone surrogate");
  }
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    walk.path[depth] = name;
    refuseLoneSurrogates(walk, name, depth + 1);
    refuseLoneSurrogates(walk, member, depth + 1);
  }
}

function refusal(walk: Walk, depth: number, reason: Reason, message: string): PortcullisError {
  const path = toPointer(walk.path.slice(0, depth));
  return new PortcullisError("ERR_ARGUMENTS_INVALID", `The value at "${path}" ${message}.`, {
    fields: { reason, issues: [{ path, message }] },
  });
}
