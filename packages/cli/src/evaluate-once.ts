import type {
  Decision,
  EvaluationRequest,
  FactProvider,
  PolicyDocument,
  RuleTrace,
  SessionSnapshot,
} from "@portcullis/core";
import { canonicalize, compilePolicy, explainRules, withPolicyRoles } from "@portcullis/core";
import { linearMatcher } from "@portcullis/inspect";
import { readyFacts } from "./compose-facts.ts";
import type { EvalLine } from "./eval-line.ts";
import type { EvalAnswer } from "./evaluate-line.ts";
import { toAnswer, toCall, toContext, toPrincipal } from "./evaluate-line.ts";
import type { EvaluatorOptions } from "./evaluator.ts";
import { createEvaluator } from "./evaluator.ts";
import { isJsonObject } from "./is-json-object.ts";
import type { LoadedPolicy, LoadPolicyFileOptions } from "./load-policy-file.ts";
import { loadPolicyFile } from "./load-policy-file.ts";

/** One decision with what is needed to show it to people. */
export interface Evaluation extends Pick<LoadedPolicy, "document" | "file" | "textOf"> {
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
  // An arguments digest is there exactly when the rules were asked about canonical arguments.
  const traces =
    decision.argsDigest === undefined
      ? []
      : explain(line, document, { now, facts: await readyFacts(document, own) });
  return { ...loaded, answer: toAnswer(line, decision), decision, traces };
}

function explain(
  line: EvalLine,
  document: PolicyDocument,
  { now, facts }: { readonly now: number; readonly facts: readonly FactProvider[] },
): readonly RuleTrace[] {
  const session = { calls: [], truncated: false, turn: 0, startedAt: now, labels: [] };
  const request = toEvaluationRequest(line, { document, session, now });
  if (request === undefined) return [];
  return explainRules(compilePolicy(document, { facts, matcher: linearMatcher() }), request);
}

/** What the rules of a policy are asked about a line; undefined where there is nothing to ask. */
export function toEvaluationRequest(
  line: EvalLine,
  {
    document,
    session,
    now,
  }: {
    readonly document: PolicyDocument;
    /** The session before the call. */
    readonly session: SessionSnapshot;
    readonly now: number;
  },
): EvaluationRequest | undefined {
  const args = canonicalize(line.args === undefined ? {} : line.args).value;
  if (line.principal === undefined || !isJsonObject(args)) return undefined;
  return {
    tool: line.tool,
    args,
    principal: withPolicyRoles(toPrincipal(line.principal, line.ceiling), document),
    session,
    now,
    ...(line.context === undefined ? {} : { facts: line.context }),
    ...(line.prompt === undefined ? {} : { request: [line.prompt] }),
  };
}
