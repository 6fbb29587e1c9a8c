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
  readonly maxLength: number;
  readonly maxDepth: number;
  readonly dropUndefined: boolean;
  readonly ancestors: object[];
  readonly path: (string | number)[];
  nodesLeft: number;
  text: string;
}

type Reason = "not-plain" | "too-large";

const NEEDS_CARE = /[^\u0020\u0021\u0023-\u005B\u005D-\uD7FF\uE000-\uFFFF]/;
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
    maxLength,
    maxDepth,
    dropUndefined,
    ancestors: [],
    path: [],
    nodesLeft: maxNodes,
    text: "",
  };
  try {
    const copy = copyValue(walk, value, 0);
    if (walk.text.length > maxLength) throw refusal(walk, 0, "too-large", "is too long");
    return { value: copy, text: walk.text };
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
    walk.text += quote(walk, value, depth);
    return value;
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refusal(walk, depth, "not-plain", "is not a finite number");
    walk.text += String(value); // as RFC 8785 §3.2.2.3 wants it, "0" for -0 included
    return value === 0 ? 0 : value;
  }
  if (value === null || typeof value === "boolean") {
    walk.text += String(value);
    return value;
  }
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
  walk.text += "[";
  for (let index = 0; index < length; index += 1) {
    walk.path[depth] = index;
    if (index > 0) walk.text += ",";
    copy.push(copyValue(walk, readOnce(walk, source, index, depth), depth + 1));
  }
  walk.text += "]";
  return Object.freeze(copy);
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
  let separator = "{";
  for (const name of names) {
    walk.path[depth] = name;
    if (name === "__proto__") {
      throw refusal(walk, depth + 1, "not-plain", "has a reserved name");
    }
    const member = readOnce(walk, source, name, depth);
    if (member === undefined && walk.dropUndefined) continue;
    walk.text += `${separator}${quote(walk, name, depth + 1)}:`;
    separator = ",";
    define(copy, name, copyValue(walk, member, depth + 1));
  }
  walk.text += separator === "{" ? "{}" : "}";
  return Object.freeze(copy);
}

// Names often come sorted, and `sort` costs more than the rest of a small object.
function sortByCodeUnits(names: string[]): void {
  let previous = "";
  for (const name of names) {
    if (name < previous) {
      names.sort();
      return;
    }
    previous = name;
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

function quote(walk: Walk, text: string, depth: number): string {
  if (walk.text.length + text.length > walk.maxLength) {
    throw refusal(walk, depth, "too-large", "is too long");
  }
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) {
    throw refusal(walk, depth, "not-plain", "has a lone surrogate");
  }
  return JSON.stringify(text);
}

function refusal(walk: Walk, depth: number, reason: Reason, message: string): PortcullisError {
  const path = toPointer(walk.path.slice(0, depth));
  return new PortcullisError("ERR_ARGUMENTS_INVALID", `The value at "${path}" ${message}.`, {
    fields: { reason, issues: [{ path, message }] },
  });
}
