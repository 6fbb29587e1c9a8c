import type { Scanner } from "../ports/scanner.ts";
import type { Placeholders, RedactedSpan } from "../redactor.ts";
import { findSpans, replaceSpans } from "./find-spans.ts";

/** Redacts a text that comes in parts. */
export interface StreamRedactor {
  /** Takes a part; gives what may be shown now, `""` while it has to wait. */
  push(part: string): string;
  /** Ends the text; gives the rest. */
  end(): string;
}

/** Longest finding with spaces in it that is waited for: 512 characters, twice as many encoded. */
const HOLD = 1024;
/** What stands before a text may say what it is. */
const CONTEXT = 512;
/** Longest block, from its first line to its last. */
const MAX_BLOCK = 16_384;
/** Most that is held back. */
const MAX_HELD = 1_048_576;
/** Parts that are smaller are looked at when that much has come. */
const STEP = 256;

/** What begins a block that is found as a whole, and what ends it. */
const BLOCKS: readonly { readonly begin: string; readonly end: string; readonly lead?: string }[] =
  [
    { begin: "-----BEGIN", end: "-----END" },
    { begin: "PuTTY-User-Key-File-", end: "Private-MAC:" },
    { begin: "service_account", end: "}", lead: "{" },
  ];

/**
 * Creates the redactor of one stream, which says what redacting the whole text would say.
 *
 * Nothing is shown before so much of what follows is known that no finding can begin in it: the
 * longest one with spaces, a block of PEM to its end but at most 16 KiB, a text without spaces to
 * its next one.
 *
 * Its parts throw {@link PortcullisError} `ERR_OBLIGATION_FAILED` when a text could not be scanned,
 * and a RangeError when more than 1 MiB would have to be held back; then nothing more may be shown.
 */
export function createStreamRedactor(
  scanner: Scanner,
  kinds: readonly string[],
  placeholders: Placeholders,
): StreamRedactor {
  let context = "";
  let held = "";
  let lookedAt = 0;
  const find = (): readonly RedactedSpan[] => {
    const shown = context.length;
    return findSpans(scanner, context + held, { name: "", kinds }).flatMap((span) => {
      const start = Math.max(0, span.start - shown);
      return span.end > shown ? [{ ...span, start, end: span.end - shown }] : [];
    });
  };
  const show = (cut: number, spans: readonly RedactedSpan[]): string => {
    const text = held.slice(0, cut);
    const inside = spans.filter(({ end }) => end <= cut);
    context = (context + text).slice(-CONTEXT);
    held = held.slice(cut);
    lookedAt = held.length;
    return replaceSpans(text, inside, placeholders);
  };
  return {
    push(part) {
      held += part;
      if (held.length > MAX_HELD) throw new RangeError("Too much would have to be held back.");
      if (held.length < HOLD + STEP || held.length < lookedAt + STEP) return "";
      lookedAt = held.length;
      const safe = safeCut(held);
      if (safe === 0) return "";
      const spans = find();
      const cut = spans.find(({ start, end }) => start < safe && end > safe)?.start ?? safe;
      return cut === 0 ? "" : show(cut, spans);
    },
    end: () => (held === "" ? "" : show(held.length, find())),
  };
}

/** The last place at which no block, token or token in lines is open, far enough from the end. */
function safeCut(held: string): number {
  let cut = held.length - HOLD;
  for (const block of BLOCKS) cut = Math.min(cut, beforeOpenBlock(held, cut, block));
  return beforeLines(held, afterSpace(held, cut));
}

function beforeOpenBlock(
  held: string,
  cut: number,
  { begin, end, lead }: (typeof BLOCKS)[number],
): number {
  for (let at = held.indexOf(begin); at >= 0 && at < cut + HOLD; at = held.indexOf(begin, at + 1)) {
    const close = held.indexOf(end, at + begin.length);
    const isLong = (close < 0 ? held.length : close) - at > MAX_BLOCK;
    const isClosed = close >= 0 && close < cut;
    if (!isLong && !isClosed)
      return lead === undefined ? at : Math.max(0, held.lastIndexOf(lead, at));
  }
  return cut;
}

function afterSpace(held: string, from: number): number {
  let cut = from;
  while (cut > 0 && !/\s/.test(held.charAt(cut - 1))) cut -= 1;
  return cut;
}

const FULL_LINE = /(?:^|[^\w+/-])(?:[\w+/-]{64}|[\w+/-]{76})\r?\n$/;
const LONGEST_LINE = 80;

/** Base64 in lines is one token: lines as long as MIME's and PEM's belong to what follows them. */
function beforeLines(held: string, from: number): number {
  let cut = from;
  for (;;) {
    const line = FULL_LINE.exec(held.slice(Math.max(0, cut - LONGEST_LINE), cut));
    if (line === null) return cut;
    const length = line[0].length - (/^[\w+/-]/.test(line[0]) ? 0 : 1);
    cut = afterSpace(held, cut - length);
    if (cut === 0) return 0;
  }
}
