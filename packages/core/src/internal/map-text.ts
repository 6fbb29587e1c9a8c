/** Deepest nesting that is walked; what lies deeper makes the walk fail. */
const MAX_DEPTH = 64;

/**
 * Maps every text in a value, keys excepted, and returns the same reference where nothing changed.
 *
 * Plain objects and arrays are copied where needed. An instance of a class is cloned with its
 * prototype and its own data properties. Bytes, URLs, dates and whatever has no own text pass
 * unchanged; accessors are not called.
 *
 * @throws {RangeError} when the value is nested deeper than 64, or when a text changed in a value
 * that refers to itself: its copy would still refer to the original.
 */
export function mapText<T>(value: T, map: (text: string) => string): T {
  const state: Walk = { map, seen: new Map(), cyclic: false };
  const result = walk(value, state, 0);
  if (state.cyclic && result !== value) throw new RangeError("refers to itself");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- same shape, other texts
  return result as T;
}

interface Walk {
  readonly map: (text: string) => string;
  /** Results by value; `IN_PROGRESS` while a value is being walked. */
  readonly seen: Map<object, unknown>;
  cyclic: boolean;
}

const IN_PROGRESS = Symbol("in progress");

function walk(value: unknown, state: Walk, depth: number): unknown {
  if (typeof value === "string") return state.map(value);
  if (typeof value !== "object" || value === null || isOpaque(value)) return value;
  if (depth > MAX_DEPTH) throw new RangeError("nested too deeply");
  const known = state.seen.get(value);
  if (known === IN_PROGRESS) {
    state.cyclic = true;
    return value;
  }
  if (known !== undefined) return known;
  state.seen.set(value, IN_PROGRESS);
  const result = Array.isArray(value)
    ? walkArray(value, state, depth)
    : value instanceof Map
      ? walkMap(value, state, depth)
      : walkObject(value, state, depth);
  state.seen.set(value, result);
  return result;
}

function walkArray(value: readonly unknown[], state: Walk, depth: number): unknown {
  const mapped = value.map((item) => walk(item, state, depth + 1));
  return mapped.every((item, index) => Object.is(item, value[index])) ? value : mapped;
}

function walkMap(value: ReadonlyMap<unknown, unknown>, state: Walk, depth: number): unknown {
  const mapped = [...value].map(([key, item]) => [key, walk(item, state, depth + 1)] as const);
  return mapped.every(([key, item]) => Object.is(item, value.get(key))) ? value : new Map(mapped);
}

function walkObject(value: object, state: Walk, depth: number): unknown {
  const descriptors: Record<PropertyKey, PropertyDescriptor> =
    Object.getOwnPropertyDescriptors(value);
  let changed = false;
  for (const key of Reflect.ownKeys(descriptors)) {
    const descriptor = descriptors[key];
    if (descriptor === undefined || !Object.hasOwn(descriptor, "value")) continue;
    const before: unknown = descriptor.value;
    const after = walk(before, state, depth + 1);
    if (Object.is(before, after)) continue;
    descriptor.value = after;
    changed = true;
  }
  return changed ? Object.create(Object.getPrototypeOf(value), descriptors) : value;
}

function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof Date ||
    value instanceof Set ||
    value instanceof Promise ||
    typeof Reflect.get(value, Symbol.asyncIterator) === "function"
  );
}
