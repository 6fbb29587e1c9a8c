/** One file's text with what is needed to tell lines and columns. */
export interface SourceText {
  /** Name for messages, relative to where the document was loaded from. */
  readonly file: string;
  /** The text as it was read. */
  readonly text: string;
  /** Offset at which each line begins. */
  readonly lineStarts: readonly number[];
}

/** A part of a file, in UTF-16 code units. */
export interface Span {
  /** First code unit. */
  readonly start: number;
  /** One past the last code unit. */
  readonly end: number;
}

/** A part of a known file. */
export interface Place extends Span {
  /** The file it lies in. */
  readonly source: SourceText;
}

/** Prepares a text for looking up positions; LF, CRLF and a lone CR end a line. */
export function createSourceText(file: string, text: string): SourceText {
  const lineStarts = [0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(index + 1) !== 0x0a)) {
      lineStarts.push(index + 1);
    }
  }
  return { file, text, lineStarts };
}

/** One-based line and column (in UTF-16 code units) of an offset. */
export function positionAt(
  source: SourceText,
  offset: number,
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}

/** Writes a place as `file:line:column`. */
export function formatPlace(place: Place): string {
  const { line, column } = positionAt(place.source, place.start);
  return `${place.source.file}:${line}:${column}`;
}
