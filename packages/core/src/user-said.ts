import { findText } from "./evaluate/find-text.ts";
import { isList, isObject } from "./evaluate/frame.ts";
import type { Json } from "./json.ts";

/**
 * Tells whether a value stands in the user's own words, as a whole token and not as a part of one.
 *
 * Compared after NFKC, case folding and collapsing of white space. A text must not touch a letter
 * or digit, nor be joined to one by punctuation: `12` is not said by `2012` or `12.5`. A number is
 * said by any decimal spelling of it: 10 by `10`, `10.00`, `$10`, 1000 by `1,000`. Of a list or
 * object every leaf must be said; what is empty is never said.
 *
 * @example
 * ```ts
 * userSaid("ann@x.com", ["Write to ann@x.com."]); // true
 * userSaid("ann@x.com", ["Write to joann@x.com."]); // false
 * ```
 */
export function userSaid(value: Json, request: readonly string[]): boolean {
  return isSaid(value, request.map(normalizeWords), () => false) === true;
}

/** Brings words to the form that {@link isSaid} searches. */
export function normalizeWords(text: string): string {
  return text.normalize("NFKC").toUpperCase().toLowerCase().replaceAll(/\s+/gu, " ").trim();
}

/**
 * {@link userSaid} over words that were normalised before. Asks `isExhausted` with the cost of each
 * leaf first; once it says so the answer is `undefined`.
 */
export function isSaid(
  value: Json,
  words: readonly string[],
  isExhausted: (cost: number) => boolean,
): boolean | undefined {
  if (isList(value) || isObject(value)) {
    const parts: readonly Json[] = isList(value) ? value : Object.values(value);
    let result: boolean | undefined = parts.length > 0;
    for (const part of parts) {
      result = isSaid(part, words, isExhausted);
      if (result !== true) break;
    }
    return result;
  }
  const leaf = typeof value === "string" ? value : String(value);
  const cost = words.reduce((sum, text) => sum + text.length, leaf.length + 1);
  if (isExhausted(cost)) return undefined;
  if (typeof value === "number") return words.some((text) => holdsNumber(text, value));
  const token = normalizeWords(leaf);
  return VISIBLE.test(token) && words.some((text) => holdsToken(text, token));
}

// Letters, digits, marks, and invisible characters, which could hide that a token goes on.
const TOKEN = /[\p{L}\p{N}\p{M}\p{Cf}_]/u;
const VISIBLE = /[\p{L}\p{N}]/u;
const JOINER = /[-.,:;/\\@+'’&=#~%*^|?!$⁄·−‐‑–]/u;
const CLOSED_BEFORE = /[/\\~]/;
const CLOSED_BEFORE_DIGIT = /[-+.,−‐‑–]/;
const POSSESSIVE = /^['’]s(?![\p{L}\p{N}\p{M}\p{Cf}_'’-])/u;
const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;
const GROUPED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const MAX_DIGITS = 15;

function holdsToken(text: string, token: string): boolean {
  return findText(text, token, (index) => {
    return isFreeBefore(text, index) && isFreeAfter(text, index + token.length);
  });
}

function holdsNumber(text: string, value: number): boolean {
  for (const { 0: token, index } of text.matchAll(NUMBER)) {
    const isNegative = text[index - 1] === "-" && isFreeBefore(text, index - 1);
    const isFree = isNegative || isFreeBefore(text, index);
    if (isFree && isFreeAfter(text, index + token.length) && isExact(token)) {
      const magnitude = Number(token.replaceAll(",", ""));
      if ((isNegative ? 0 - magnitude : magnitude) === value) return true;
    }
  }
  return false;
}

// Beyond 15 digits two different numbers can be one double.
function isExact(token: string): boolean {
  if (token.includes(",") && !GROUPED.test(token)) return false;
  return token.replaceAll(/[,.]/g, "").length <= MAX_DIGITS;
}

function isFreeBefore(text: string, index: number): boolean {
  const nearest = before(text, index);
  if (nearest === "") return true;
  if (TOKEN.test(nearest) || CLOSED_BEFORE.test(nearest)) return false;
  if (CLOSED_BEFORE_DIGIT.test(nearest) && /\d/.test(text[index] ?? "")) return false;
  let at = index;
  let character = nearest;
  while (JOINER.test(character)) {
    at -= character.length;
    character = before(text, at);
  }
  return at === index || character === "" || !TOKEN.test(character);
}

function isFreeAfter(text: string, index: number): boolean {
  if (POSSESSIVE.test(text.slice(index, index + 3))) return true;
  let at = index;
  let character = after(text, at);
  while (character !== "" && JOINER.test(character)) {
    at += character.length;
    character = after(text, at);
  }
  return character === "" || !TOKEN.test(character);
}

function before(text: string, index: number): string {
  const unit = text.charCodeAt(index - 1);
  const isLow = (unit & 0xfc00) === 0xdc00;
  return text.slice(Math.max(0, index - (isLow ? 2 : 1)), index);
}

function after(text: string, index: number): string {
  const point = text.codePointAt(index);
  return point === undefined ? "" : String.fromCodePoint(point);
}
