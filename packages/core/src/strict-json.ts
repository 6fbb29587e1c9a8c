import type { Json } from "./json.ts";

/** Why a text is not taken as JSON. */
export type StrictJsonCode =
  | "not-json"
  | "duplicate-key"
  | "lone-surrogate"
  | "number-out-of-range"
  | "too-deep";

/** The value, or the reason with the one-based column where it was seen. */
export type StrictJsonResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: StrictJsonCode; readonly column?: number };

/** Deepest nesting taken; the guard itself holds arguments to less. */
const MAX_DEPTH = 1000;

const NUMBER = /-?\d[\d.eE+-]*/y;
const KEY_FOLLOWS = /[ \t\r\n]*:/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads JSON (RFC 8259) and refuses what two readers could understand differently (RFC 7493
 * §2.1 to §2.3): a name written twice in one object, a lone surrogate, a number that no double
 * can hold.
 *
 * A member named `__proto__` is an own member like any other.
 *
 * @example
 * ```ts
 * readStrictJson('{"a":1,"a":2}'); // { ok: false, code: "duplicate-key", column: 8 }
 * ```
 */
export function readStrictJson(text: string): StrictJsonResult {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return toRefusal("not-json", positionOf(error));
  }
  return findAmbiguity(text) ?? { ok: true, value };
}

/** Looks for what `JSON.parse` lets pass, in a text that is known to be JSON. */
function findAmbiguity(text: string): StrictJsonResult | undefined {
  // One set of names for each open object, undefined for an open array.
  const open: (Set<string> | undefined)[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "{" || character === "[") {
      if (open.push(character === "{" ? new Set() : undefined) > MAX_DEPTH) {
        return toRefusal("too-deep", index);
      }
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, index);
      const content: string = JSON.parse(text.slice(index, end));
      if (LONE_SURROGATE.test(content)) return toRefusal("lone-surrogate", index);
      KEY_FOLLOWS.lastIndex = end;
      if (KEY_FOLLOWS.test(text)) {
        if (open.at(-1)?.has(content) === true) return toRefusal("duplicate-key", index);
        open.at(-1)?.add(content);
      }
      index = end - 1;
    } else if (character === "-" || isDigit(character)) {
      NUMBER.lastIndex = index;
      const number = NUMBER.exec(text)?.[0] ?? "";
      if (!Number.isFinite(Number(number))) return toRefusal("number-out-of-range", index);
      index += Math.max(number.length, 1) - 1;
    }
  }
  return undefined;
}

/** Index after the closing quote. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === "\\") index += 1;
    else if (text[index] === '"') return index + 1;
  }
  return text.length;
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= "0" && character <= "9";
}

// V8 writes the offending text into its message; only the position is taken from it.
function positionOf(error: unknown): number | undefined {
  const found = error instanceof Error ? / at position (\d+)/.exec(error.message) : null;
  return found === null ? undefined : Number(found[1]);
}

function toRefusal(code: StrictJsonCode, index: number | undefined): StrictJsonResult {
  return index === undefined ? { ok: false, code } : { ok: false, code, column: index + 1 };
}
