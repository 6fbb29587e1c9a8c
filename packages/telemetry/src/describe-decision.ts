import type { Attributes } from "@opentelemetry/api";
import { isTrustedPrincipal } from "@portcullis/core";
import type { ContextInput, Decision, Denial, DenialCode } from "@portcullis/core";
import { SEMCONV } from "./semconv.ts";

/** What a span says about one decision. */
export interface DecisionFacts {
  readonly decision: Decision;
  /** What was done, which a later stage may have narrowed. */
  readonly enforced: Decision["outcome"];
  /** Why the call did not run. */
  readonly denial?: Denial;
  /** Where the depth of delegation is read from. */
  readonly context: ContextInput | undefined;
}

/** Codes that tell of a guard which could not do its work, rather than of a refused call. */
const BROKEN: ReadonlySet<DenialCode> = new Set<DenialCode>([
  "identity-unavailable",
  "replay-store-full",
  "token-unavailable",
  "bundle-invalid",
  "bundle-signature",
  "bundle-rollback",
  "bundle-expired",
  "bundle-unavailable",
  "definition-unavailable",
  "session-unavailable",
  "evaluation-failed",
  "work-exceeded",
  "obligation-conflict",
  "obligation-failed",
  "limit-unavailable",
  "dry-run-unavailable",
  "approval-unavailable",
  "record-unavailable",
  "timed-out",
]);

/** Codes that can be given before the tool was found in the catalogue. */
const UNADMITTED: ReadonlySet<DenialCode> = new Set<DenialCode>([
  "tool-unknown",
  "tool-unguarded",
  "bundle-invalid",
  "bundle-signature",
  "bundle-rollback",
  "bundle-expired",
  "bundle-unavailable",
  "evaluation-failed",
  "timed-out",
]);

/** Tells whether a denial means that something is broken, so that the span is an error. */
export function isBroken(denial: Denial | undefined): boolean {
  return denial !== undefined && BROKEN.has(denial.code);
}

/**
 * The tool's name, where the policy's catalogue has it.
 *
 * A call that was refused before admission names whatever the model wrote, which belongs into the
 * decision log and not into a trace.
 */
export function catalogueName({ decision, denial }: DecisionFacts): string | undefined {
  return denial !== undefined && UNADMITTED.has(denial.code) ? undefined : decision.tool;
}

/** The attributes of a decision: names, ids and codes; never an argument, result, prompt or token. */
export function describeDecision(facts: DecisionFacts): Attributes {
  const { decision, denial } = facts;
  const tool = catalogueName(facts);
  const depth = delegationDepth(facts.context);
  const approvalId =
    decision.outcome === "approval-required" ? decision.approval.id : denial?.approvalId;
  return {
    [SEMCONV.decisionId]: decision.decisionId,
    [SEMCONV.decisionOutcome]: decision.verdict,
    [SEMCONV.decisionEnforced]: facts.enforced,
    [SEMCONV.mode]: decision.mode,
    [SEMCONV.ruleIds]: decision.rules.map(({ id }) => id),
    [SEMCONV.bundleName]: decision.policy.name,
    [SEMCONV.bundleSerial]: decision.policy.serial,
    ...(denial === undefined ? {} : { [SEMCONV.decisionCode]: denial.code }),
    ...(tool === undefined ? {} : { [SEMCONV.toolName]: tool }),
    ...(depth === undefined ? {} : { [SEMCONV.delegationDepth]: depth }),
    ...(approvalId === undefined ? {} : { [SEMCONV.approvalId]: approvalId }),
  };
}

function delegationDepth(context: ContextInput | undefined): number | undefined {
  if (context === undefined) return undefined;
  const identity = "principal" in context ? context.principal : undefined;
  const credential = "credential" in context ? context.credential : identity;
  return isTrustedPrincipal(credential) ? credential.chain.length - 1 : undefined;
}
