import type { Decision, Json, Obligation } from "@portcullis/core";

/** What a decision says, in the terms of an expectation. */
export interface PolicyTestVerdict {
  readonly outcome: "permit" | "deny" | "approval-required";
  /** Code of the denial; absent for a permit. */
  readonly code?: string;
  /** Rules that applied, without those of shadow mode, and `limit:<id>` of a limit that refused; sorted. */
  readonly rules: readonly string[];
  /** Of a permit all, of an approval that is required only that one. */
  readonly obligations: readonly Obligation[];
  /** Risk score from 0 to 100. */
  readonly risk: number;
  /** The arguments that the tool would get; for a permit only. */
  readonly args?: Json;
  /** Channels that were told of the call, sorted. */
  readonly notified: readonly string[];
}

/** Writes a decision in the terms of an expectation. */
export function toVerdict(decision: Decision, told: readonly string[] = []): PolicyTestVerdict {
  const { outcome } = decision;
  const notified = told.toSorted();
  const applied = decision.rules.filter(({ shadow }) => !shadow).map(({ id }) => id);
  const risk = decision.risk.score;
  if (decision.outcome === "permit") {
    const { obligations, args } = decision;
    return { outcome, rules: applied.toSorted(), obligations, risk, args, notified };
  }
  const { code, rule } = decision.denial;
  const rules = rule === undefined ? applied : [...new Set([...applied, rule.id])];
  const obligations: readonly Obligation[] =
    decision.outcome === "approval-required" ? [toObligation(decision.approval)] : [];
  return { outcome, code, rules: rules.toSorted(), obligations, risk, notified };
}

function toObligation({
  queue,
  priority,
  expiresSeconds,
  approvers,
  scope,
  editable,
}: Extract<Decision, { outcome: "approval-required" }>["approval"]): Obligation {
  return { type: "approval", queue, priority, expiresSeconds, approvers, scope, editable };
}
