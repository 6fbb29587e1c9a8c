import type { Decision } from "./decision.ts";
import type { EvaluationRequest } from "./evaluation-request.ts";

const REQUESTS = new WeakMap<Decision, EvaluationRequest>();

/**
 * What the rules were asked about a call, with all that was loaded for them: session, live roles,
 * labels and hashes of values. The arguments are those before clamps and redaction.
 *
 * Undefined for a decision that no guard of this process made, and for a call that was refused
 * before the rules were asked. Holds argument values, so it is never for a model.
 *
 * @example
 * ```ts
 * declare const policy: CompiledPolicy;
 * declare const decision: Decision;
 * const request = askedRequest(decision);
 * const traces = request === undefined ? [] : explainRules(policy, request);
 * ```
 */
export function askedRequest(decision: Decision): EvaluationRequest | undefined {
  return REQUESTS.get(decision);
}

/** Notes what the rules were asked before the decision was made. */
export function rememberAsked(decision: Decision, request: EvaluationRequest | undefined): void {
  if (request !== undefined) REQUESTS.set(decision, request);
}
