import type { Json } from "@portcullis/core";
import type { InputLine, UnreadableCode } from "./read-lines.ts";
import { readLines } from "./read-lines.ts";
import type { StrictJsonCode } from "./strict-json.ts";
import { readStrictJson } from "./strict-json.ts";

/** Why a line has no answer of its own; stable, listed in `docs/cli.md`. */
export type LineErrorCode =
  | UnreadableCode
  | StrictJsonCode
  | "unknown-key"
  | "invalid-member"
  | "token-unavailable"
  | "schema-unsupported"
  | "not-pinned"
  | "not-scanned"
  | "internal";

/** What stands in place of an answer for a line that cannot be answered. */
export interface LineError {
  /** One-based number of the line. */
  readonly line: number;
  readonly error: {
    readonly code: LineErrorCode;
    /** What is wrong and what to write instead; never a value of the line. */
    readonly message: string;
  };
}

/** Why one line is refused; `answerLines` adds its number. */
export class LineRefusal extends Error {
  /** Stable code. */
  readonly code: LineErrorCode;

  constructor(code: LineErrorCode, message: string) {
    super(message);
    this.name = "LineRefusal";
    this.code = code;
  }
}

const MESSAGES: Readonly<Record<UnreadableCode | StrictJsonCode, string>> = {
  "line-too-long": "The line is longer than 4 MiB",
  "not-utf8": "The line is not UTF-8",
  "not-json": "The line is not one JSON value",
  "duplicate-key": "A name is written twice in one object",
  "lone-surrogate": "A text has half of a surrogate pair",
  "number-out-of-range": "A number is beyond the range of a double",
  "too-deep": "The value is nested too deeply",
};

/**
 * Answers JSON Lines one by one: exactly one answer or error for each line, in order.
 *
 * Whatever `answer` throws becomes the line's error; the run goes on.
 */
export async function* answerLines<A>(
  input: AsyncIterable<Uint8Array>,
  answer: (value: Json) => Promise<A>,
): AsyncGenerator<A | LineError, void, undefined> {
  for await (const line of readLines(input)) {
    yield await answerLine(line, answer);
  }
}

async function answerLine<A>(
  line: InputLine,
  answer: (value: Json) => Promise<A>,
): Promise<A | LineError> {
  try {
    return await answer(toJson(line));
  } catch (error) {
    return toLineError(line.number, error);
  }
}

function toJson(line: InputLine): Json {
  if (!line.ok) throw new LineRefusal(line.code, `${MESSAGES[line.code]}.`);
  const result = readStrictJson(line.text);
  if (result.ok) return result.value;
  const place = result.column === undefined ? "" : `, at column ${result.column}`;
  throw new LineRefusal(result.code, `${MESSAGES[result.code]}${place}.`);
}

function toLineError(line: number, error: unknown): LineError {
  return error instanceof LineRefusal
    ? { line, error: { code: error.code, message: error.message } }
    : { line, error: { code: "internal", message: "The line could not be answered." } };
}
