import type { Decision, RuleTrace } from "@portcullis/core";
import { askedRequest, compilePolicy, explainRules } from "@portcullis/core";
import { linearMatcher } from "@portcullis/inspect";
import { readyFacts } from "./compose-facts.ts";
import type { EvalLine } from "./eval-line.ts";
import type { EvalAnswer } from "./evaluate-line.ts";
import { toAnswer, toCall, toContext } from "./evaluate-line.ts";
import type { EvaluatorOptions } from "./evaluator.ts";
import { createEvaluator } from "./evaluator.ts";
import type { LoadedPolicy, LoadPolicyFileOptions } from "./load-policy-file.ts";
import { loadPolicyFile } from "./load-policy-file.ts";

/** One decision with what is needed to show it to people. */
export interface Evaluation extends Pick<
  LoadedPolicy,
  "document" | "file" | "isSigned" | "textOf"
> {
  readonly answer: EvalAnswer;
  readonly decision: Decision;
  /** How each rule about the tool stands to the call; empty where no rule was asked. */
  readonly traces: readonly RuleTrace[];
}

/** Options of {@link evaluateOnce}. */
export interface EvaluateOnceOptions extends EvaluatorOptions, LoadPolicyFileOptions {
  /** Policy file, or a folder with a `policy.yaml`. */
  readonly policy: string | URL;
}

/**
 * Looks at one call, without any effect: nothing runs, no limit is counted.
 *
 * @throws {PortcullisError} as `evaluateBatch`.
 */
export async function evaluateOnce(
  line: EvalLine,
  { policy, now = Date.now(), ...load }: EvaluateOnceOptions,
): Promise<Evaluation> {
  const loaded = await loadPolicyFile(policy, load);
  const { document } = loaded;
  const own = load.facts ?? [];
  const { guard } = await createEvaluator(document, { now, facts: own });
  const decision = await guard.check(toCall(line, document), toContext(line));
  const request = askedRequest(decision);
  const traces =
    request === undefined
      ? []
      : explainRules(
          compilePolicy(document, {
            facts: await readyFacts(document, own),
            matcher: linearMatcher(),
          }),
          request,
        );
  return { ...loaded, answer: toAnswer(line, decision), decision, traces };
}
