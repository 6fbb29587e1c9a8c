import type { Json } from "@portcullis/core";
import type { Place, Span } from "./source-text.ts";

/** How a scalar was written; it decides how its content maps to the file. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/** A text, number, truth value or nothing, with its place. */
export interface LocatedScalar extends Place {
  readonly kind: "scalar";
  readonly value: null | boolean | number | string;
  readonly style: ScalarStyle;
}

/** A list with its place. */
interface LocatedList extends Place {
  readonly kind: "list";
  readonly items: readonly Located[];
}

/** One member of a mapping. */
export interface LocatedEntry {
  /** Where its key stands. */
  readonly key: Span;
  readonly value: Located;
}

/** A mapping from names to values with its place. */
export interface LocatedMap extends Place {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

/** A value read from a file, every part of which knows its place. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

/** The plain JSON of a located value. */
export function toPlain(located: Located): Json {
  if (located.kind === "scalar") return located.value;
  if (located.kind === "list") return located.items.map(toPlain);
  return Object.fromEntries(
    [...located.entries].map(([name, { value }]) => [name, toPlain(value)] as const),
  );
}

/** The value at a path, or `undefined` where there is none. */
export function locate(located: Located, path: readonly PropertyKey[]): Located | undefined {
  let current: Located | undefined = located;
  for (const segment of path) {
    if (current?.kind === "map") current = current.entries.get(String(segment))?.value;
    else if (current?.kind === "list") current = current.items[Number(segment)];
    else return undefined;
  }
  return current;
}

/** The place of a path: the value there, else the nearest thing that holds it. */
export function placeOf(located: Located, path: readonly PropertyKey[]): Place {
  for (let length = path.length; length > 0; length -= 1) {
    const found = locate(located, path.slice(0, length));
    if (found !== undefined) return found;
  }
  return located;
}

/** The place of a member's key, or of the mapping where there is no such member. */
export function placeOfKey(map: LocatedMap, name: string): Place {
  const entry = map.entries.get(name);
  return entry === undefined ? map : { source: map.source, ...entry.key };
}
