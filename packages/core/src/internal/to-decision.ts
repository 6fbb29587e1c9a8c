import { rememberAsked } from "../asked-request.ts";
import type { Decision, DecisionBase } from "../decision.ts";
import type { Denial } from "../denial.ts";
import { createDenial } from "../denial.ts";
import type { ApprovalTerms, Obligation } from "../policy-document.ts";
import { Refusal } from "../refusal.ts";
import { NO_POLICY } from "./call-state.ts";
import type { CallState } from "./call-state.ts";

/** How a call stands when its decision is written. */
export type Standing =
  | { readonly kind: "permit" }
  | { readonly kind: "deny"; readonly cause: unknown }
  | {
      readonly kind: "approval-required";
      readonly cause: Refusal;
      readonly id: string;
      readonly terms: ApprovalTerms;
      /** Milliseconds since the epoch. */
      readonly expiresAt: number;
    };

/** Makes the frozen decision; whatever is not a refusal becomes `evaluation-failed`. */
export function toDecision(state: CallState, standing: Standing, now: number): Decision {
  const decision = makeDecision(state, standing, now);
  rememberAsked(decision, state.asked);
  return decision;
}

function makeDecision(state: CallState, standing: Standing, now: number): Decision {
  const base = toBase(state, standing, now);
  if (standing.kind === "permit") {
    const shadow = base.mode === "shadow";
    const validated = shadow ? state.validated : state.decided?.validated;
    if (validated === undefined) {
      const denial = createDenial("evaluation-failed", { decisionId: state.decisionId });
      return Object.freeze({ ...base, outcome: "deny", denial });
    }
    const obligations = shadow ? [] : listObligations(state);
    return Object.freeze({ ...base, outcome: "permit", args: validated.args, obligations });
  }
  if (standing.kind === "deny") {
    return Object.freeze({ ...base, outcome: "deny", denial: toDenial(state, standing.cause) });
  }
  const expiresAt = new Date(standing.expiresAt).toISOString();
  const approval = Object.freeze({ ...standing.terms, id: standing.id, expiresAt });
  const denial = createDenial(standing.cause.code, {
    ...standing.cause.detail,
    decisionId: state.decisionId,
    approvalId: standing.id,
    expiresAt,
  });
  return Object.freeze({ ...base, outcome: "approval-required", approval, denial });
}

/** The denial of a refusal; anything else that was thrown says nothing of itself. */
function toDenial(state: CallState, cause: unknown): Denial {
  const refusal = cause instanceof Refusal ? cause : new Refusal("evaluation-failed");
  return createDenial(refusal.code, { ...refusal.detail, decisionId: state.decisionId });
}

function toBase(state: CallState, standing: Standing, now: number): DecisionBase {
  const evaluation = state.decided?.evaluation;
  const validated = state.decided?.validated ?? state.validated;
  return {
    decisionId: state.decisionId,
    callId: state.call.callId,
    tool: state.call.tool,
    ...(validated === undefined ? {} : { argsDigest: validated.argsDigest }),
    rules: evaluation?.rules ?? [],
    risk: evaluation?.risk ?? { score: 0, factors: [] },
    policy: state.policy?.ref ?? NO_POLICY,
    mode: state.policy?.document.mode ?? "enforce",
    verdict: state.verdict ?? standing.kind,
    at: new Date(now).toISOString(),
  };
}

function listObligations(state: CallState): readonly Obligation[] {
  const merged = state.decided?.obligations;
  if (merged === undefined) return [];
  return [
    ...merged.clamps.map((clamp): Obligation => ({ type: "clamp", ...clamp })),
    ...toRedactions("args", merged.redactArgs),
    ...toRedactions("result", merged.redactResult),
    ...merged.dryRuns.map((demand): Obligation => ({ type: "dryRun", demand })),
    ...merged.notify.map((entry): Obligation => ({ type: "notify", ...entry })),
    ...(merged.approval === undefined ? [] : [{ type: "approval", ...merged.approval } as const]),
  ];
}

function toRedactions(target: "args" | "result", kinds: readonly string[]): readonly Obligation[] {
  return kinds.length === 0 ? [] : [{ type: "redact", target, kinds }];
}
