import type { LineError } from "./answer-lines.ts";
import { answerLines } from "./answer-lines.ts";
import { parseEvalLine } from "./eval-line.ts";
import type { EvalAnswer } from "./evaluate-line.ts";
import { evaluateLine } from "./evaluate-line.ts";
import type { EvaluatorOptions } from "./evaluator.ts";
import { createEvaluator } from "./evaluator.ts";
import type { LoadPolicyFileOptions } from "./load-policy-file.ts";
import { loadPolicyFile } from "./load-policy-file.ts";

/** Options of {@link evaluateBatch}. */
export interface EvaluateBatchOptions extends EvaluatorOptions, LoadPolicyFileOptions {
  /** Policy file, or a folder with a `policy.yaml`. */
  readonly policy: string | URL;
}

/**
 * Evaluates JSON Lines against a policy, as `portcullis eval --format jsonl` does: one answer for
 * each line, in order; a malformed line is answered with an error and the run goes on.
 *
 * Lines are taken one after the other, so lines of one session share limits, history and labels.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the policy cannot be read, or is unsigned in
 * production.
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when it is not valid.
 *
 * @example
 * ```ts
 * for await (const answer of evaluateBatch(process.stdin, { policy: "./policy.yaml" })) {
 *   if ("error" in answer) throw new Error(`line ${answer.line}: ${answer.error.message}`);
 * }
 * ```
 */
export async function* evaluateBatch(
  input: AsyncIterable<Uint8Array>,
  { policy, now, tokens, ...load }: EvaluateBatchOptions,
): AsyncGenerator<EvalAnswer | LineError, void, undefined> {
  const { document } = await loadPolicyFile(policy, load);
  const evaluator = await createEvaluator(document, {
    ...(now === undefined ? {} : { now }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(load.facts === undefined ? {} : { facts: load.facts }),
  });
  yield* answerLines(input, (value) => evaluateLine(parseEvalLine(value), evaluator));
}
