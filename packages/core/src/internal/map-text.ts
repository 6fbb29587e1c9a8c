/** Deepest nesting that is walked; what lies deeper makes the walk fail. */
const MAX_DEPTH = 64;

/** What is done with the parts of a value; whatever a member throws makes the walk fail. */
export interface TextMap {
  /** Maps a text; `name` is that of the nearest member it stands in, empty where there is none. */
  text(text: string, name: string): string;
  /** Maps the name of an enumerable member. Default unchanged. */
  name?(name: string): string;
  /** Maps a number; `name` as for a text. Default unchanged. */
  number?(value: number, name: string): number;
  /** Is shown whatever has no text or member to map: numbers, functions, bytes, dates, streams. */
  other?(value: unknown): void;
  /** Is told of an enumerable accessor, which is not called. */
  accessor?(): void;
  /** Is shown every object but arrays, as the result holds it. */
  object?(value: object): void;
}

/**
 * Maps every text in a value, and names where told to, and returns the same reference where nothing
 * changed.
 *
 * Plain objects, arrays, maps and sets are copied where needed. An instance of a class is cloned
 * with its prototype and its own data properties. Bytes, URLs, dates, streams and whatever has no
 * own text pass unchanged; accessors are not called. Names that become equal are numbered.
 *
 * @throws {RangeError} when the value is nested deeper than 64, when a text changed in a value
 * that refers to itself: its copy would still refer to the original, or in a member that an array,
 * map or set has besides its elements.
 */
export function mapText<T>(value: T, map: TextMap | TextMap["text"]): T {
  const parts = typeof map === "function" ? { text: map } : map;
  const state: Walk = { map: parts, seen: new Map(), cyclic: false };
  const result = walk(value, state, { depth: 0, name: "" });
  if (state.cyclic && result !== value) throw new RangeError("refers to itself");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- same shape, other texts
  return result as T;
}

interface Walk {
  readonly map: TextMap;
  /** Results by value; `IN_PROGRESS` while a value is being walked. */
  readonly seen: Map<object, unknown>;
  cyclic: boolean;
}

const IN_PROGRESS = Symbol("in progress");

/** Where a value stands. */
interface Place {
  readonly depth: number;
  /** Name of the nearest member. */
  readonly name: string;
}

function walk(value: unknown, state: Walk, place: Place): unknown {
  if (typeof value === "string") return state.map.text(value, place.name);
  if (typeof value !== "object" || value === null || isOpaque(value)) {
    state.map.other?.(value);
    return typeof value === "number" ? (state.map.number?.(value, place.name) ?? value) : value;
  }
  if (place.depth > MAX_DEPTH) throw new RangeError("nested too deeply");
  const known = state.seen.get(value);
  if (known === IN_PROGRESS) {
    state.cyclic = true;
    return value;
  }
  if (known !== undefined) return known;
  state.seen.set(value, IN_PROGRESS);
  const result = walkNested(value, state, { ...place, depth: place.depth + 1 });
  state.seen.set(value, result);
  return result;
}

function walkNested(value: object, state: Walk, inside: Place): unknown {
  if (Array.isArray(value)) return walkArray(value, state, inside);
  if (value instanceof Map) return walkMap(value, state, inside);
  if (value instanceof Set) return walkSet(value, state, inside);
  // oxlint-disable-next-line unicorn/no-instanceof-builtins -- the members of a text object are single characters
  if (value instanceof String) {
    const text = String.prototype.valueOf.call(value);
    const mapped = state.map.text(text, inside.name);
    return mapped === text ? value : mapped;
  }
  const result = walkObject(value, state, inside);
  state.map.object?.(result);
  return result;
}

function walkArray(value: readonly unknown[], state: Walk, inside: Place): unknown {
  const mapped = value.map((item) => walk(item, state, inside));
  if (Object.keys(value).length !== value.length) {
    const isIndex = (name: string): boolean => Object.hasOwn(mapped, name);
    demandUnchanged(value, { ...state, inside, isElement: isIndex });
  }
  return mapped.every((item, index) => Object.is(item, value[index])) ? value : mapped;
}

function walkMap(value: ReadonlyMap<unknown, unknown>, state: Walk, inside: Place): unknown {
  demandUnchanged(value, { ...state, inside });
  const before = [...value];
  const after = before.map(
    ([key, item]) =>
      [
        walk(key, state, inside),
        walk(item, state, { ...inside, name: typeof key === "string" ? key : inside.name }),
      ] as const,
  );
  return after.every(([key, item], index) => isSame(before[index], key, item))
    ? value
    : new Map(after);
}

function isSame(before: [unknown, unknown] | undefined, key: unknown, item: unknown): boolean {
  return before !== undefined && Object.is(before[0], key) && Object.is(before[1], item);
}

function walkSet(value: ReadonlySet<unknown>, state: Walk, inside: Place): unknown {
  demandUnchanged(value, { ...state, inside });
  const before = [...value];
  const after = before.map((item) => walk(item, state, inside));
  return after.every((item, index) => Object.is(item, before[index])) ? value : new Set(after);
}

/** A copy would lose what is no element, and without one it would keep its text. */
function demandUnchanged(
  value: object,
  at: Walk & { readonly inside: Place; readonly isElement?: (name: string) => boolean },
): void {
  for (const name of Object.keys(value)) {
    if (at.isElement?.(name) === true) continue;
    const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    if (!Object.is(walk(member, at, { ...at.inside, name }), member)) {
      throw new RangeError("has members besides its elements");
    }
  }
}

function walkObject(value: object, state: Walk, inside: Place): object {
  const descriptors: Record<PropertyKey, PropertyDescriptor> =
    Object.getOwnPropertyDescriptors(value);
  const mapped: Record<PropertyKey, PropertyDescriptor> = Object.create(null);
  let changed = false;
  for (const key of Reflect.ownKeys(descriptors)) {
    const descriptor = descriptors[key];
    if (descriptor === undefined) continue;
    const name = mapName(key, descriptor, { map: state.map, taken: mapped });
    if (name !== key) changed = true;
    mapped[name] = descriptor;
    if (!Object.hasOwn(descriptor, "value")) {
      if (descriptor.enumerable === true) state.map.accessor?.();
      continue;
    }
    const before: unknown = descriptor.value;
    const member = typeof key === "string" ? key : inside.name;
    const after = walk(before, state, { ...inside, name: member });
    if (Object.is(before, after)) continue;
    descriptor.value = after;
    changed = true;
  }
  if (!changed) return value;
  const copy: object = Object.create(Object.getPrototypeOf(value), mapped);
  return copy;
}

function mapName(
  key: PropertyKey,
  { enumerable }: PropertyDescriptor,
  { map, taken }: { readonly map: TextMap; readonly taken: object },
): PropertyKey {
  if (typeof key !== "string" || map.name === undefined) return key;
  const name = enumerable === true ? map.name(key) : key;
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count += 1) free = `${name} (${count})`;
  return free;
}

function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof Date ||
    value instanceof Promise ||
    typeof Reflect.get(value, Symbol.asyncIterator) === "function"
  );
}
