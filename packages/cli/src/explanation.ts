import type { Obligation, Rule, RuleTrace } from "@portcullis/core";
import type { ClauseTree } from "./clause-tree.ts";
import { toClauseTree } from "./clause-tree.ts";
import type { Evaluation } from "./evaluate-once.ts";
import type { MaskOptions } from "./mask-value.ts";

/** How one rule stands to a call. */
export interface ExplainedRule {
  readonly id: string;
  readonly effect: Rule["effect"];
  /** `file:line:column` where it is known. */
  readonly source?: string;
  /** Actor of the chain that it was asked about; 0 is the acting agent. */
  readonly hop: number;
  readonly actor: string;
  readonly applies: boolean;
  /** Why it applies or does not, in words. */
  readonly why: string;
  /** Absent without a condition, and where it was not asked. */
  readonly condition?: ClauseTree;
}

/** Everything behind one decision. */
export interface Explanation {
  readonly outcome: Evaluation["answer"]["outcome"];
  /** Code of the denial; null for a permit. */
  readonly code: string | null;
  /** Text of the denial; null for a permit. */
  readonly message: string | null;
  /** Every rule about the tool, sorted by actor and id; empty where no rule was asked. */
  readonly rules: readonly ExplainedRule[];
  readonly risk: Evaluation["decision"]["risk"];
  /** With all their terms; of an approval that is required, that one. */
  readonly obligations: readonly Obligation[];
}

/** Explains a decision; argument values are masked unless they are to be shown. */
export function explainEvaluation(
  {
    answer,
    decision,
    document,
    traces,
  }: Pick<Evaluation, "answer" | "decision" | "document" | "traces">,
  options: MaskOptions,
): Explanation {
  return {
    outcome: answer.outcome,
    code: answer.code,
    message: decision.outcome === "permit" ? null : decision.denial.message,
    rules: traces.map((trace) =>
      toRule(
        trace,
        document.rules.find(({ id }) => id === trace.id),
        options,
      ),
    ),
    risk: decision.risk,
    obligations: obligationsOf(decision),
  };
}

function toRule(trace: RuleTrace, rule: Rule | undefined, options: MaskOptions): ExplainedRule {
  const { id, effect, source, hop, actor, applies, condition } = trace;
  const when = rule?.when;
  return {
    id,
    effect,
    ...(source === undefined ? {} : { source }),
    hop,
    actor,
    applies,
    why: whyOf(trace),
    ...(when === undefined || condition === undefined
      ? {}
      : { condition: toClauseTree(when, condition, options) }),
  };
}

/** Why a rule applies to a call or does not, in words. */
function whyOf(trace: RuleTrace): string {
  const { effect, shadow, isAboutAgent, isAboutUser, result, condition } = trace;
  if (!isAboutAgent) return "it is not about this agent";
  if (!isAboutUser) return "it is not about this user";
  const shadowed = shadow ? "; it is in shadow mode and never counts" : "";
  if (condition === undefined) return `it has no condition${shadowed}`;
  if (result === "error") {
    return effect === "permit"
      ? `its condition erred, and such a permit does not apply${shadowed}`
      : `its condition erred, and such a ${effect} applies${shadowed}`;
  }
  return `its condition ${result === true ? "holds" : "does not hold"}${shadowed}`;
}

function obligationsOf(decision: Evaluation["decision"]): readonly Obligation[] {
  if (decision.outcome === "permit") return decision.obligations;
  if (decision.outcome === "deny") return [];
  const { queue, priority, expiresSeconds, approvers, scope, editable } = decision.approval;
  return [{ type: "approval", queue, priority, expiresSeconds, approvers, scope, editable }];
}
