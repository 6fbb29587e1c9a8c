import type { Finding } from "@portcullis/core";
import type { Span } from "../internal/text-view.ts";

/** One kind of personal data. */
export interface PiiRule {
  /** Name in findings and placeholders, in kebab-case. */
  readonly id: string;
  /** Global; finds what may be one, in linear time. */
  readonly pattern: RegExp;
  readonly confidence: Finding["confidence"];
  /** Work of looking at one candidate, in units of a sticky match. Default 1. */
  readonly cost?: number;
  /** What of a candidate is one. */
  find(text: string, match: RegExpExecArray): Iterable<Span>;
}

const MAX_CONTEXT = 64;
const LETTER = /\p{L}/u;

/** Whether the words before an offset, as far as they matter, match. */
export function hasContext(text: string, start: number, words: RegExp): boolean {
  const before = text.slice(Math.max(0, start - MAX_CONTEXT), start);
  // In columns of numbers there are no words to look at.
  return LETTER.test(before) && words.test(before);
}

/** The whole of a match. */
export function spanOf(match: RegExpExecArray): Span {
  return { start: match.index, end: match.index + match[0].length };
}
