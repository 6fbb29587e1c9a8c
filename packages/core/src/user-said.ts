import { findText } from "./evaluate/find-text.ts";
import { isList, isObject } from "./evaluate/frame.ts";
import type { Json } from "./json.ts";

/** The user's own words in the two forms that are searched. */
export interface SaidWords {
  /** NFKC in lower case: a value that is plain itself is searched for here. */
  readonly folded: readonly string[];
  /** As written, for a value of characters that only look or sound like the plain ones. */
  readonly exact: readonly string[];
}

/**
 * Tells whether a value stands in the user's own words, as a whole token and not as a part of one.
 *
 * Letters in both cases are the same, so is any white space, and words in compatibility characters
 * say the plain ones. A value is what the tool gets, so one that holds such characters itself must
 * be said with exactly these: `ﬁle` is not said by `file`, nor `mıcrosoft` by `microsoft`. A text
 * must not touch a letter or digit, nor be joined to one by punctuation: `12` is not said by `2012`
 * or `12.5`. A number is said by any decimal spelling of it: 10 by `10`, `10.00`, `$10`, 1000 by
 * `1,000`, but neither 10 nor 10000 by `10 000`. Of a list or object every leaf must be said; what
 * is empty is never said.
 *
 * @example
 * ```ts
 * userSaid("ann@x.com", ["Write to ann@x.com."]); // true
 * userSaid("ann@x.com", ["Write to joann@x.com."]); // false
 * ```
 */
export function userSaid(value: Json, request: readonly string[]): boolean {
  return isSaid(value, prepareWords(request), () => false) === true;
}

/** Brings the user's words to the forms that {@link isSaid} searches. */
export function prepareWords(request: readonly string[]): SaidWords {
  return { folded: request.map(fold), exact: request.map(collapse) };
}

/**
 * {@link userSaid} over words that were prepared before. Asks `isExhausted` with the cost of each
 * leaf first; once it says so the answer is `undefined`.
 */
export function isSaid(
  value: Json,
  words: SaidWords,
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
  const cost = words.folded.reduce((sum, text) => sum + text.length, leaf.length + 1);
  if (isExhausted(cost)) return undefined;
  if (typeof value === "number") return words.folded.some((text) => holdsNumber(text, value));
  if (!VISIBLE.test(leaf)) return false;
  const exact = collapse(leaf);
  return isPlain(exact)
    ? words.folded.some((text) => holdsToken(text, fold(exact)))
    : words.exact.some((text) => holdsToken(text, exact));
}

function fold(text: string): string {
  return collapse(text.normalize("NFKC").toLowerCase());
}

function collapse(text: string): string {
  return text.replaceAll(/\s+/gu, " ").trim();
}

/** Whether nothing but the way accents are written gets lost in folding, cases aside. */
function isPlain(text: string): boolean {
  const composed = text.normalize("NFC");
  if (text.normalize("NFKC") !== composed) return false;
  return text === composed || text === text.normalize("NFD");
}

// Letters, digits, marks, and invisible characters, which could hide that a token goes on.
const TOKEN = /[\p{L}\p{N}\p{M}\p{Cf}\p{Pc}]/u;
const VISIBLE = /[\p{L}\p{N}]/u;
const JOINER = /[-.,:;/\\@+'’&=#~%*^|?!$⁄·−‐‑–٫٬]/u;
const CLOSED_BEFORE = /[/\\~]/;
const CLOSED_BEFORE_DIGIT = /[-+.,−‐‑–]/;
const POSSESSIVE = /^['’]s(?![\p{L}\p{N}\p{M}\p{Cf}_'’-])/u;
// Digits in groups with spaces between are one token, which may be one number or several.
const NUMBER = /(?:\d{1,3}(?: \d{3})+(?!\d)|\d+(?:,\d{3})*)(?:\.\d+)?/g;
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
  if (token.includes(" ")) return false;
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
