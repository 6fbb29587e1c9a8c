import type { Json } from "@portcullis/core";
import { verifyJws } from "@portcullis/token/jose";
import type { JwsRefusal } from "@portcullis/token/jose";
import { z } from "zod";
import type { LineError } from "../answer-lines.ts";
import { answerLines } from "../answer-lines.ts";
import { anyJson, lineId, parseLine } from "../parse-line.ts";

/** A signed text to be verified with a key. */
export interface JwsVerifyLine {
  /** Given back as it came. */
  readonly id: string | number;
  /** Compact JWS. */
  readonly jws: Json;
  readonly jwk: Json;
}

/**
 * The answer to one line.
 *
 * ```json
 * {"id":"1","valid":false,"code":"signature-invalid"}
 * ```
 */
export interface JwsVerifyAnswer {
  /** The line's own. */
  readonly id: string | number;
  readonly valid: boolean;
  /** Null where it is valid; contains `unsupported` for what is not taken at all. */
  readonly code: JwsRefusal | null;
}

const lineSchema = z.strictObject({ id: lineId, jws: anyJson, jwk: anyJson });

/**
 * Verifies one signature, as strictly as tokens are read.
 *
 * @example
 * ```ts
 * await verifyJwsLine({ id: 1, jws: "e30.e30.AA", jwk: { kty: "oct", k: "AA" } });
 * // { id: 1, valid: false, code: "header-invalid" }
 * ```
 */
export async function verifyJwsLine({ id, jws, jwk }: JwsVerifyLine): Promise<JwsVerifyAnswer> {
  const result = await verifyJws(jws, jwk);
  return { id, valid: result.valid, code: result.valid ? null : result.code };
}

/**
 * Answers JSON Lines `{"id","jws","jwk"}`, as `portcullis token jws-verify --format jsonl` does: one
 * answer for each line, in order; a malformed line is answered with an error and the run goes on.
 *
 * @example
 * ```ts
 * for await (const answer of verifyJwsBatch(process.stdin)) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* verifyJwsBatch(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<JwsVerifyAnswer | LineError, void, undefined> {
  yield* answerLines(input, (value) => verifyJwsLine(parseLine(lineSchema, value)));
}
