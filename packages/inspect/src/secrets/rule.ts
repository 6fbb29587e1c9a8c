import type { Finding } from "@portcullis/core";
import type { Span } from "../internal/text-view.ts";

/** One rule of the shipped pack. */
export interface SecretRule {
  /** Name in findings and placeholders, in kebab-case. */
  readonly id: string;
  /** At least one of them stands in whatever the rule finds; found in either case. */
  readonly keywords: readonly string[];
  /** How sure a finding is. */
  readonly confidence: Finding["confidence"];
  /**
   * What there is at a keyword, or `undefined`. It looks at a bounded part of the text, in time
   * linear in it.
   */
  locate(text: string, keyword: Span): Span | undefined;
}

/** Letters and digits. */
export const ALNUM = "[A-Za-z0-9]";
/** Letters, digits, underscore and hyphen: base64url. */
export const URL64 = "[A-Za-z0-9_-]";
/** Lower-case hexadecimal digits. */
export const HEX = "[a-f0-9]";
/** A UUID in lower case. */
export const UUID = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}";

/** Details of a rule. */
export interface RuleDetails {
  /** Default `high`. */
  readonly confidence?: Finding["confidence"];
  /** Condition on what stands before. Default: no letter or digit. */
  readonly before?: string;
  /** Condition on what stands behind. Default: no letter or digit. */
  readonly after?: string;
  /** Refuses what only looks like a secret. */
  readonly accept?: (value: string) => boolean;
}

const NOT_ALNUM_BEFORE = "(?<![A-Za-z0-9])";
const NOT_ALNUM_AFTER = "(?![A-Za-z0-9])";

/**
 * A rule for tokens that begin with a prefix of their own: `prefixes` as they are written, `body`
 * a pattern for the rest.
 */
export function token(
  id: string,
  prefixes: string | readonly string[],
  { body, ...details }: RuleDetails & { readonly body: string },
): SecretRule {
  const keywords = typeof prefixes === "string" ? [prefixes] : prefixes;
  const { before = NOT_ALNUM_BEFORE, after = NOT_ALNUM_AFTER } = details;
  const prefix = keywords.map(escapePattern).join("|");
  return atKeyword(id, keywords, {
    ...details,
    pattern: `${before}(?:${prefix})${body}${after}`,
  });
}

/** A rule whose pattern begins where its keyword begins. */
export function atKeyword(
  id: string,
  keywords: readonly string[],
  { pattern, confidence = "high", accept }: RuleDetails & { readonly pattern: string },
): SecretRule {
  const match = matcherOf(pattern);
  return {
    id,
    keywords,
    confidence,
    locate(text, { start }) {
      const end = match(text, start);
      if (end === undefined || accept?.(text.slice(start, end)) === false) return undefined;
      return { start, end };
    },
  };
}

/**
 * A rule for tokens that are known by a mark inside them: `lead` characters of a class before the
 * mark, and a pattern from the mark on.
 */
export function marked(
  id: string,
  marks: readonly string[],
  {
    lead,
    min,
    max = min,
    body,
    ...details
  }: RuleDetails & {
    /** A class of characters. */
    readonly lead: string;
    /** Fewest characters before the mark. */
    readonly min: number;
    /** Most characters before the mark. Default `min`. */
    readonly max?: number;
    readonly body: string;
  },
): SecretRule {
  const { confidence = "high", after = NOT_ALNUM_AFTER, accept } = details;
  const isLead = new RegExp(`^${lead}$`);
  const match = matcherOf(`(?:${marks.map(escapePattern).join("|")})${body}${after}`);
  return {
    id,
    keywords: marks,
    confidence,
    locate(text, { start: mark }) {
      let start = mark;
      while (start > 0 && mark - start <= max && isLead.test(text.charAt(start - 1))) start -= 1;
      if (mark - start < min || mark - start > max) return undefined;
      const end = match(text, mark);
      if (end === undefined || accept?.(text.slice(start, end)) === false) return undefined;
      return { start, end };
    },
  };
}

// A name goes on, is closed and followed by an operator, and a value is opened.
const NAME_TAIL = "[\\w .\\-]{0,24}";
const OPERATOR = "[\"'`\\\\\\])]{0,3}[ \\t]{0,4}(?:\\|\\||[:=]=?>?=?|>|,(?=[ \\t]{0,4}[\"'`]))";
const OPENING = "[ \\t]{0,4}(?:[bru]?\\\\{0,2}[\"'`(]){0,2}";

/**
 * A rule for values that have no mark of their own, given to a name that says what they are:
 * `linear_api_key = "…"`, `"linearApiKey": "…"`, `<linear-key>…`.
 *
 * The finding is the assignment from its name on; in JSON the value alone, so that the text stays
 * JSON.
 */
export function keyed(
  id: string,
  names: readonly string[],
  { value, ...details }: RuleDetails & { readonly value: string },
): SecretRule {
  const { confidence = "medium", after = NOT_ALNUM_AFTER, accept } = details;
  const pattern = new RegExp(`${NAME_TAIL}${OPERATOR}${OPENING}(${value})${after}`, "y");
  return {
    id,
    keywords: names,
    confidence,
    locate(text, { start, end }) {
      pattern.lastIndex = end;
      const [whole, found] = pattern.exec(text) ?? [];
      if (whole === undefined || found === undefined || accept?.(found) === false) return undefined;
      const last = end + whole.length;
      const from = last - found.length;
      return { start: isJson(text.slice(end, from)) ? from : nameStart(text, start), end: last };
    },
  };
}

/** Whether what stands between a name and its value is that of a member in JSON. */
function isJson(between: string): boolean {
  return /["'][ \t]*:[ \t]*\\{0,2}"$/.test(between);
}

const MAX_NAME = 64;
const NAME_UNITS: ReadonlySet<number> = new Set(
  Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$-", (unit) =>
    unit.charCodeAt(0),
  ),
);

/** Where the name begins that a keyword stands in; with its quote, where it has one. */
export function nameStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < MAX_NAME && NAME_UNITS.has(text.charCodeAt(start - 1)))
    start -= 1;
  const before = text.charAt(start - 1);
  return before === '"' || before === "'" ? start - 1 : start;
}

/** Gives the end of the match that begins at an offset, if there is one. */
function matcherOf(source: string): (text: string, at: number) => number | undefined {
  const pattern = new RegExp(source, "y");
  return (text, at) => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : undefined;
  };
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
