import { applyClamps } from "../clamp-arguments.ts";
import type { MatchedRule } from "../decision.ts";
import type { Evaluation } from "../evaluate-policy.ts";
import { evaluatePolicy } from "../evaluate-policy.ts";
import { DEFAULT_WORK_LIMIT } from "../evaluate/frame.ts";
import type { ActivePolicy } from "../internal/active-policy.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { loadValues } from "../internal/load-values.ts";
import type { LoadedValues } from "../internal/load-values.ts";
import { redactTexts } from "../internal/redact-text.ts";
import { toEvaluationRequest } from "../internal/to-evaluation-request.ts";
import { mapText } from "../internal/map-text.ts";
import type { MergedObligations } from "../merge-obligations.ts";
import { mergeObligations } from "../merge-obligations.ts";
import type { SessionSnapshot } from "../ports/session-store.ts";
import { Refusal } from "../refusal.ts";
import type { Authenticated } from "./authenticate.ts";
import type { Validated } from "./validate.ts";
import { validate } from "./validate.ts";

/** What the policy says about exactly these arguments. */
export interface Decided {
  readonly evaluation: Evaluation;
  /** The obligations of all evaluations together. */
  readonly obligations: MergedObligations;
  /** The arguments decided on, after clamps and redaction. */
  readonly validated: Validated;
  /** What conditions were told of those arguments' values. */
  readonly values: LoadedValues;
}

/** What stage 5 looks at: everything is there already, nothing is loaded. */
export interface DecideInput {
  readonly tool: string;
  readonly caller: Authenticated;
  readonly validated: Validated;
  readonly snapshot: SessionSnapshot;
  /** What conditions are told of the arguments' values. */
  readonly values: LoadedValues;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Stage 5: rules against request. Clamps and argument redaction rewrite the arguments; the new ones
 * are validated, hashed and decided again, once, and the obligations of both decisions hold.
 *
 * @throws {Refusal} `obligation-conflict`, `obligation-failed`, `arguments-invalid`.
 */
export async function decide(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  input: DecideInput,
): Promise<Decided> {
  const first = evaluate(policy, input, {
    validated: input.validated,
    workLimit: DEFAULT_WORK_LIMIT,
  });
  const { obligations } = first;
  const { validated: before, values: known } = input;
  const unchanged = { evaluation: first, obligations, validated: before, values: known };
  if (first.verdict === "deny") return unchanged;
  const changed = rewrite(runtime, before, obligations);
  if (changed === undefined) return unchanged;
  const validated = await validate(
    runtime,
    policy,
    { tool: input.tool, args: changed },
    input.caller.credential,
  );
  const values = await loadValues(runtime, policy, { ...input, args: validated.args });
  // Both evaluations share the work of one decision.
  const second = evaluate(
    policy,
    { ...input, values },
    {
      validated,
      workLimit: DEFAULT_WORK_LIMIT - first.work,
    },
  );
  const merged = mergeObligations([first.obligations, second.obligations]);
  if (merged === "conflict") throw new Refusal("obligation-conflict");
  if (second.verdict === "permit" && rewrite(runtime, validated, merged) !== undefined) {
    // A second rewriting would never end or undo the first.
    throw new Refusal("obligation-conflict");
  }
  const rules = uniteRules(first.rules, second.rules);
  return { evaluation: { ...second, rules }, obligations: merged, validated, values };
}

/** The rules of both evaluations: a clamp's own rule may not match what it made of the call. */
function uniteRules(
  first: readonly MatchedRule[],
  second: readonly MatchedRule[],
): readonly MatchedRule[] {
  const byId = new Map([...first, ...second].map((rule) => [rule.id, rule]));
  return Object.freeze([...byId.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
}

function evaluate(
  policy: ActivePolicy,
  input: DecideInput,
  { validated, workLimit }: { readonly validated: Validated; readonly workLimit: number },
): Evaluation {
  const request = toEvaluationRequest(input.caller, {
    ...input,
    ...input.values,
    args: validated.args,
  });
  return evaluatePolicy(policy.compiled, { ...request, workLimit });
}

/** The rewritten arguments, or undefined when nothing changes. */
function rewrite(
  runtime: GuardRuntime,
  validated: Validated,
  obligations: MergedObligations,
): unknown {
  const clamped = applyClamps(validated.args, obligations.clamps);
  const kinds = obligations.redactArgs;
  const redacted =
    kinds.length === 0 ? clamped : mapText(clamped, redactTexts(runtime.options.scanner, kinds));
  return redacted === validated.args ? undefined : redacted;
}
