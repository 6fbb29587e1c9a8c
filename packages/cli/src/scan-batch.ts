import type { DefinitionFinding } from "@portcullis/core";
import type { ComparedTool, PresentedTool, TextFinding, ToolLock } from "@portcullis/inspect";
import { compareWithLock, scanDefinition, scanText } from "@portcullis/inspect";
import { z } from "zod";
import type { LineError } from "./answer-lines.ts";
import { answerLines } from "./answer-lines.ts";
import { parseDefinitionLine } from "./definition-line.ts";
import { nodeDigest } from "./node-digest.ts";
import { lineId, parseLine } from "./parse-line.ts";

/**
 * The answer about one tool definition.
 *
 * ```json
 * {"id":"1","verdict":"changed","findings":[{"rule":"changed-definition","severity":"error","path":"","message":"…"}]}
 * ```
 */
export interface ScanAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly verdict: ComparedTool["verdict"];
  /** By RFC 6901 pointer into the definition. */
  readonly findings: readonly DefinitionFinding[];
}

/** The answer about one text. */
export interface ScanTextAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly verdict: "clean" | "suspicious" | "poisoned";
  readonly findings: readonly TextFinding[];
}

/** Options of {@link scanBatch}. */
export interface ScanBatchOptions {
  /** Approved definitions; without it `changed` and `unknown` do not occur. */
  readonly lock?: ToolLock | undefined;
}

/**
 * Inspects one tool definition, by itself or against a lock.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` when the definition is not plain JSON.
 */
export async function scanTool(
  tool: PresentedTool,
  { lock }: ScanBatchOptions = {},
): Promise<ComparedTool> {
  if (lock === undefined) return { ...scanDefinition(tool.definition), changes: [] };
  return compareWithLock(lock, tool, { digest: nodeDigest });
}

/**
 * Answers JSON Lines `{"id","server","tool"}`, as `portcullis scan --format jsonl` does: one answer
 * for each line, in order; a malformed line is answered with an error and the run goes on.
 *
 * @example
 * ```ts
 * for await (const answer of scanBatch(process.stdin)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* scanBatch(
  input: AsyncIterable<Uint8Array>,
  options: ScanBatchOptions = {},
): AsyncGenerator<ScanAnswer | LineError, void, undefined> {
  yield* answerLines(input, async (value): Promise<ScanAnswer> => {
    const line = parseDefinitionLine(value);
    const { verdict, findings } = await scanTool(line, options);
    return { id: line.id, verdict, findings };
  });
}

const textLineSchema = z.strictObject({ id: lineId, text: z.string() });

/**
 * Answers JSON Lines `{"id","text"}`, as `portcullis scan --text --format jsonl` does.
 *
 * @example
 * ```ts
 * for await (const answer of scanTextBatch(process.stdin)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* scanTextBatch(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<ScanTextAnswer | LineError, void, undefined> {
  yield* answerLines(input, async (value): Promise<ScanTextAnswer> => {
    const { id, text } = parseLine(textLineSchema, value);
    return { id, ...scanText(text) };
  });
}
