import type { Scalar } from "yaml";

/** A scalar as it is written in the canonical layout. */
export interface ScalarLayout {
  /** What stands behind the key or dash. */
  readonly head: string;
  /** The lines below it, with their own indentation. */
  readonly rest: readonly string[];
  /** Whether a comment may stand behind the last line. */
  readonly isBlock: boolean;
  /** Offset in the source up to which a comment belongs to the head. */
  readonly headEnd: number;
}

/** Where a scalar stands. */
export interface ScalarPlace {
  /** The source. */
  readonly text: string;
  /** Column, in the source, of the keys or dashes among which it stands. */
  readonly holderColumn: number;
  /** Spaces, in the layout, before the key or dash. */
  readonly indent: number;
}

const STEP = 2;

/**
 * Lays out a scalar: the author's style and line breaks, with the indentation of its new place and
 * with double quotes where single ones are not needed.
 */
export function layOutScalar(scalar: Scalar, place: ScalarPlace): ScalarLayout {
  const { text } = place;
  const [start, end] = scalar.range ?? [0, 0];
  const headEnd = endOfLine(text, start);
  if (scalar.type === "BLOCK_LITERAL" || scalar.type === "BLOCK_FOLDED") {
    return layOutBlock(text.slice(start, headEnd), text.slice(headEnd + 1, end), {
      ...place,
      headEnd,
    });
  }
  const raw = text.slice(start, end);
  if (!raw.includes("\n")) {
    return { head: withQuotes(raw), rest: [], isBlock: false, headEnd: endOfLine(text, end) };
  }
  const [first = "", ...rest] = raw.split("\n");
  const margin = " ".repeat(place.indent + STEP);
  // White space around a line break is not content, but for what a backslash escapes.
  const isEscaped = (line: string): boolean =>
    scalar.type === "QUOTE_DOUBLE" && /\\\s*$/.test(line);
  const trimEnd = (line: string): string => (isEscaped(line) ? line : line.trimEnd());
  return {
    head: trimEnd(first),
    rest: rest.map((line) => (line.trim() === "" ? "" : margin + trimEnd(line).trimStart())),
    isBlock: false,
    headEnd: endOfLine(text, end),
  };
}

/** A scalar of one line as it is written in the canonical layout. */
export function withQuotes(raw: string): string {
  const inner = raw.slice(1, -1);
  if (raw.startsWith("'")) {
    return /["\\]/.test(inner) ? raw : `"${inner.replaceAll("''", "'")}"`;
  }
  if (!raw.startsWith('"')) return raw;
  const isQuotesOnly = inner.includes('\\"') && !/\\[^"]/.test(inner) && !inner.includes("'");
  return isQuotesOnly ? `'${inner.replaceAll('\\"', '"')}'` : raw;
}

/** Offset of the line break that ends a line, or of the end of the text. */
export function endOfLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

function layOutBlock(
  header: string,
  content: string,
  { holderColumn, indent, headEnd }: ScalarPlace & { readonly headEnd: number },
): ScalarLayout {
  const [, style = "|", indicators = ""] = /^([|>])([0-9+-]*)/.exec(header) ?? [];
  const chomping = /[+-]/.exec(indicators)?.[0] ?? "";
  const digit = /[0-9]/.exec(indicators)?.[0];
  const lines = content.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const margin =
    digit === undefined ? leadingSpaces(lines) : Math.max(0, holderColumn) + Number(digit);
  const all = lines.map((line) => line.slice(margin));
  const kept = chomping === "+" ? all.length : all.findLastIndex((line) => line !== "") + 1;
  const bare = all.slice(0, kept);
  const begins = bare.find((line) => line !== "");
  const step = begins?.startsWith(" ") === true ? String(STEP) : "";
  const prefix = " ".repeat(indent + STEP);
  return {
    head: `${style}${step}${chomping}`,
    rest: bare.map((line) => (line === "" ? "" : prefix + line)),
    isBlock: true,
    headEnd,
  };
}

function leadingSpaces(lines: readonly string[]): number {
  const first = lines.find((line) => line.trim() !== "");
  return first === undefined ? 0 : first.length - first.replace(/^ +/, "").length;
}
