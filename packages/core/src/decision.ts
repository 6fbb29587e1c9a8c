import type { ApprovalTerms, Mode, Obligation } from "./policy-document.ts";
import type { CanonicalArgs } from "./tool-call.ts";
import type { Denial } from "./denial.ts";
import type { ToolFailure } from "./denied-error.ts";

/** A rule that applied to the call. */
export interface MatchedRule {
  readonly id: string;
  readonly effect: "permit" | "forbid" | "require";
  /** `file:line:column` where it is known. */
  readonly source?: string;
  /** True when its condition erred; an erring forbid or require applies. */
  readonly erred: boolean;
  /** True for a rule in shadow mode: recorded, never counted. */
  readonly shadow: boolean;
}

/** The policy that a decision rests on. */
export interface PolicyRef {
  readonly name: string;
  readonly serial: number;
  /** base64url SHA-256 of the document without positions and texts. */
  readonly digest: string;
}

/** The risk score and what it is made of. */
export interface RiskScore {
  /** 0 to 100. */
  readonly score: number;
  readonly factors: readonly { readonly factor: string; readonly points: number }[];
}

/** A request for a human's approval, as the decision names it. */
export interface ApprovalRequest extends ApprovalTerms {
  /** base64url SHA-256 over principal, tool, arguments digest, session and policy; no capability. */
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
}

/** What every decision carries. */
export interface DecisionBase {
  /** `d_` and 22 random characters. */
  readonly decisionId: string;
  readonly callId: string;
  readonly tool: string;
  /** base64url SHA-256 of the canonical arguments; absent when there are none. */
  readonly argsDigest?: string;
  /** Applying rules, sorted by id. */
  readonly rules: readonly MatchedRule[];
  readonly risk: RiskScore;
  readonly policy: PolicyRef;
  /** In `shadow` the verdict below was recorded, not enforced. */
  readonly mode: Mode;
  /** What the policy said, also where shadow mode did not enforce it. */
  readonly verdict: "permit" | "deny" | "approval-required";
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** The guard's answer about one call. */
export type Decision =
  | (DecisionBase & {
      readonly outcome: "permit";
      readonly args: CanonicalArgs;
      readonly obligations: readonly Obligation[];
    })
  | (DecisionBase & { readonly outcome: "deny"; readonly denial: Denial })
  | (DecisionBase & {
      readonly outcome: "approval-required";
      readonly approval: ApprovalRequest;
      readonly denial: Denial;
    });

/** What `guard.execute` resolves to. */
export type Outcome<T> =
  | { readonly kind: "completed"; readonly value: T; readonly decision: Decision }
  | { readonly kind: "denied"; readonly decision: Decision; readonly denial: Denial }
  | { readonly kind: "approval-required"; readonly decision: Decision; readonly denial: Denial }
  | { readonly kind: "failed"; readonly decision: Decision; readonly error: ToolFailure };
