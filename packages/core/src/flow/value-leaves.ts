import { mapText } from "../internal/map-text.ts";

/** The values in a result. */
export interface ValueLeaves {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
  /** True where something can be shown that nobody could look at. */
  readonly isOpaque: boolean;
}

/** A name made of letters alone is a field's name and carries nothing. */
const FIELD_NAME = /^[A-Za-z_$][A-Za-z_$-]*$/;
const MAX_JSON_DEPTH = 3;
/** Members by which an object shows something else than its other members. */
const HIDING = ["toJSON", Symbol.iterator, Symbol.toPrimitive] as const;

/**
 * Collects the values in a result as it is given out: texts, also those of JSON in a text, numbers,
 * and names that look like data. A text of JSON that is nested too deeply to be read is opaque.
 *
 * @throws {RangeError} when the result itself is nested deeper than 64.
 */
export function collectLeaves(value: unknown): ValueLeaves {
  const texts = new Set<string>();
  const numbers = new Set<number>();
  const state = { texts, numbers, isOpaque: false };
  collect(value, state, 0);
  return { texts: [...texts], numbers: [...numbers], isOpaque: state.isOpaque };
}

interface Collected {
  readonly texts: Set<string>;
  readonly numbers: Set<number>;
  isOpaque: boolean;
}

function collect(value: unknown, state: Collected, depth: number): void {
  mapText(value, {
    text(text) {
      state.texts.add(text);
      if (depth < MAX_JSON_DEPTH) collectJson(text, state, depth + 1);
      return text;
    },
    name(name) {
      if (!FIELD_NAME.test(name)) state.texts.add(name);
      return name;
    },
    other(other) {
      if (typeof other === "number") state.numbers.add(other);
      else if (typeof other === "bigint") state.texts.add(String(other));
      else if (other instanceof Date) addTime(other, state);
      else if (typeof other === "object" && other !== null) state.isOpaque = true;
    },
    accessor() {
      state.isOpaque = true;
    },
    object(object) {
      const prototype: unknown = Object.getPrototypeOf(object);
      if (object instanceof Map || object instanceof Set) return;
      if (prototype !== null && prototype !== Object.prototype) state.isOpaque = true;
      if (HIDING.some((name) => typeof Reflect.get(object, name) === "function")) {
        state.isOpaque = true;
      }
    },
  });
}

function addTime(time: Date, { texts, numbers }: Collected): void {
  if (Number.isNaN(time.getTime())) return;
  texts.add(time.toISOString());
  numbers.add(time.getTime());
}

function collectJson(text: string, state: Collected, depth: number): void {
  try {
    const inner = parseJson(text);
    if (inner !== undefined) collect(inner, state, depth);
  } catch {
    state.isOpaque = true;
  }
}

/** Reads a text that looks like JSON; undefined for any other. */
export function parseJson(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
