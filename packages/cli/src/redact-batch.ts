import type { RedactedText, Scanner } from "@portcullis/core";
import { createRedactor } from "@portcullis/core";
import { createScanner } from "@portcullis/inspect";
import { z } from "zod";
import type { LineError } from "./answer-lines.ts";
import { answerLines, LineRefusal } from "./answer-lines.ts";
import { lineId, parseLine } from "./parse-line.ts";

/** A text to be redacted. */
export interface RedactLine {
  /** Given back as it came. */
  readonly id: string | number;
  readonly text: string;
}

/**
 * The answer to one line.
 *
 * ```json
 * {"id":"1","text":"Write to [REDACTED:email].","findings":[{"type":"email","start":9,"end":24}]}
 * ```
 */
export interface RedactAnswer {
  /** The line's own. */
  readonly id: string | number;
  /** The text with a placeholder for each finding. */
  readonly text: string;
  /** What was replaced, by rule; offsets in UTF-16 code units of the line's text. */
  readonly findings: readonly {
    readonly type: string;
    readonly start: number;
    readonly end: number;
  }[];
}

/** Options of {@link redactLine} and {@link redactBatch}. */
export interface RedactOptions {
  /** Finds what is replaced. Default `createScanner()` of `@portcullis/inspect`. */
  readonly scanner?: Scanner;
  /** Kinds of finding that are replaced. Default all that the scanner finds. */
  readonly kinds?: readonly string[];
}

const lineSchema = z.strictObject({ id: lineId, text: z.string() });

/**
 * Replaces credentials and personal data in a text by placeholders.
 *
 * @throws {LineRefusal} `not-scanned` when the text is longer than 1 MiB or asks for too much work;
 * then nothing of it is given out.
 *
 * @example
 * ```ts
 * redactLine({ id: 1, text: "Write to ann@example.com." });
 * // { id: 1, text: "Write to [REDACTED:email].", findings: [{ type: "email", start: 9, end: 24 }] }
 * ```
 */
export function redactLine({ id, text }: RedactLine, options: RedactOptions = {}): RedactAnswer {
  const { scanner = createScanner(), kinds = scanner.kinds } = options;
  const redacted = redactOrRefuse(scanner, kinds, text);
  const findings = redacted.findings.map(({ type, start, end }) => ({ type, start, end }));
  return { id, text: redacted.text, findings };
}

/**
 * Answers JSON Lines `{"id","text"}`, as `portcullis redact --format jsonl` does: one answer for each
 * line, in order; a malformed line, or one whose text could not be scanned to its end, is answered
 * with an error and the run goes on.
 *
 * @example
 * ```ts
 * for await (const answer of redactBatch(process.stdin)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* redactBatch(
  input: AsyncIterable<Uint8Array>,
  { scanner = createScanner(), kinds = scanner.kinds }: RedactOptions = {},
): AsyncGenerator<RedactAnswer | LineError, void, undefined> {
  yield* answerLines(input, async (value) =>
    redactLine(parseLine(lineSchema, value), { scanner, kinds }),
  );
}

function redactOrRefuse(scanner: Scanner, kinds: readonly string[], text: string): RedactedText {
  try {
    return createRedactor(scanner, { kinds }).redact(text);
  } catch {
    throw new LineRefusal(
      "not-scanned",
      "The text is too long, or asks for too much work, to be scanned to its end.",
    );
  }
}
