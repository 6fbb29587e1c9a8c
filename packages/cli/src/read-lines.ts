/** Why a line could not be read as text. */
export type UnreadableCode = "line-too-long" | "not-utf8";

/** One line of the input, without its line end; numbers start at 1. */
export type InputLine =
  | { readonly number: number; readonly ok: true; readonly text: string }
  | { readonly number: number; readonly ok: false; readonly code: UnreadableCode };

/** Longest line in bytes, without its line end. */
export const MAX_LINE_BYTES: number = 4 * 1024 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Splits bytes into lines: LF or CRLF, the last one with or without it.
 *
 * A line that is too long or not UTF-8 is reported and does not end the run; of a long one no
 * more than `maxBytes` are ever held.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = MAX_LINE_BYTES }: { readonly maxBytes?: number } = {},
): AsyncGenerator<InputLine, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 0;

  const keep = (piece: Uint8Array): void => {
    length += piece.length;
    // One byte more than allowed may be a carriage return.
    if (length <= maxBytes + 1) pieces.push(piece);
    else pieces = [];
  };
  const take = (): InputLine => {
    number += 1;
    const line = length > maxBytes + 1 ? undefined : withoutReturn(Buffer.concat(pieces));
    pieces = [];
    length = 0;
    if (line === undefined || line.length > maxBytes) {
      return { number, ok: false, code: "line-too-long" };
    }
    try {
      return { number, ok: true, text: decoder.decode(line) };
    } catch {
      return { number, ok: false, code: "not-utf8" };
    }
  };

  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      keep(chunk.subarray(start, end));
      start = end + 1;
      yield take();
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
