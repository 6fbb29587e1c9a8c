import type { LocatedScalar } from "./located.ts";
import type { Place } from "./source-text.ts";

/**
 * Finds where a part of a scalar's content stands in the file, through quotes, escapes, folded
 * lines and indentation. Falls back to the scalar's own place.
 */
export function placeWithin(scalar: LocatedScalar, start: number, end: number): Place {
  const offsets = contentOffsets(scalar);
  const from = offsets?.[start];
  if (offsets === undefined || from === undefined) return scalar;
  const last = end > start ? offsets[end - 1] : undefined;
  return { source: scalar.source, start: from, end: (last ?? from) + 1 };
}

/** Offset in the file of each code unit of the content, and of its end. */
function contentOffsets(scalar: LocatedScalar): readonly number[] | undefined {
  if (typeof scalar.value !== "string") return undefined;
  const text = scalar.source.text.slice(scalar.start, scalar.end);
  const relative =
    scalar.style === "double"
      ? alignEscaped(text, scalar.value)
      : align(text, scalar.value, bodyStart(text, scalar.style), scalar.style === "single");
  return relative?.map((offset) => scalar.start + offset);
}

function bodyStart(text: string, style: LocatedScalar["style"]): number {
  if (style === "single") return 1;
  if (style === "plain") return 0;
  // The header of a block scalar (`|-`, `>2 # comment`) is the rest of its first line.
  const line = /\r\n|\n|\r/.exec(text);
  return line === null ? text.length : line.index + line[0].length;
}

/**
 * Folding and indentation change only white space, so the other characters of the content stand
 * in the file in the same order.
 */
function align(
  text: string,
  value: string,
  from: number,
  singleQuoted: boolean,
): readonly number[] | undefined {
  const offsets: number[] = [];
  let at = from;
  for (const unit of value.split("")) {
    if (isSpace(unit)) {
      offsets.push(at);
      if (text[at] === unit) at += 1;
      continue;
    }
    while (isSpace(text[at])) at += 1;
    if (text[at] !== unit) return undefined;
    offsets.push(at);
    at += singleQuoted && unit === "'" ? 2 : 1;
  }
  return [...offsets, at];
}

function alignEscaped(text: string, value: string): readonly number[] | undefined {
  const offsets: number[] = [];
  let at = 1;
  while (offsets.length < value.length) {
    const unit = value[offsets.length];
    if (unit === undefined || at >= text.length) return undefined;
    if (text[at] === "\\") {
      const escape = ESCAPE.exec(text.slice(at, at + 10))?.[0];
      if (escape === undefined) {
        // An escaped line break joins two lines; the next line's indentation is dropped.
        at += 1;
        while (isSpace(text[at])) at += 1;
        continue;
      }
      offsets.push(at);
      if (isHighSurrogate(unit)) offsets.push(at);
      at += escape.length;
    } else if (isSpace(unit)) {
      offsets.push(at);
      if (text[at] === unit) at += 1;
    } else {
      while (isSpace(text[at])) at += 1;
      if (text[at] === "\\") continue;
      if (text[at] !== unit) return undefined;
      offsets.push(at);
      at += 1;
    }
  }
  return [...offsets, at];
}

const ESCAPE = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^xuU\r\n])/;

function isSpace(unit: string | undefined): boolean {
  return unit === " " || unit === "\n" || unit === "\t" || unit === "\r";
}

function isHighSurrogate(unit: string): boolean {
  return unit >= "\uD800" && unit <= "\uDBFF";
}
