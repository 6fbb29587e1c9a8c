import type { Json } from "../json.ts";
import type { MatchedRule, PolicyRef, RiskScore } from "../decision.ts";
import type { DelegationHop } from "./credential-verifier.ts";
import type { Mode } from "../policy-document.ts";

/** What an inspection found in a definition or a result: where, never what it says. */
export interface RecordedFinding {
  /** Behaviour that the rule looks for. */
  readonly rule: string;
  readonly severity: "info" | "warning" | "error";
  /** RFC 6901 pointer. */
  readonly path: string;
}

/**
 * One line of the decision log. A call that runs has two: `intent` before the run and `outcome`
 * after it, with the same `decisionId`. A call that does not run has one `outcome`.
 */
export interface DecisionRecord {
  readonly schema: "portcullis.decision.v1";
  readonly phase: "intent" | "outcome";
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly decisionId: string;
  /** Empty where no call was made. */
  readonly callId: string;
  /** True where a tool was withheld from a list because of its definition. */
  readonly listed?: true;
  readonly parentCallId?: string;
  readonly tool: string;
  readonly toolClass?: string;
  readonly agent?: string;
  readonly user?: string;
  /** Ids of all actors, newest first. */
  readonly chain?: readonly string[];
  /**
   * The delegation chain of a task token, newest first: whose name the delegator only claims is
   * not `confirmed`.
   */
  readonly delegation?: readonly DelegationHop[];
  /** What a task token was granted for. */
  readonly purpose?: string;
  /** Digest of the session key. */
  readonly session?: string;
  /** HMAC of the arguments' digest under the deployment's key. */
  readonly argsHmac?: string;
  /** Redacted arguments, at audit level `enhanced` and above. */
  readonly args?: Json;
  readonly mode: Mode;
  /** What the policy said. */
  readonly verdict: "permit" | "deny" | "approval-required";
  /** What was done about it. */
  readonly action: "permit" | "deny" | "approval-required";
  readonly code?: string;
  /** The rule that refused, or `limit:<id>`. */
  readonly rule?: string;
  readonly rules: readonly MatchedRule[];
  readonly risk: RiskScore;
  readonly policy?: PolicyRef;
  readonly approvalId?: string;
  /** What was found in the definition that was listed, or in the result of the call. */
  readonly findings?: readonly RecordedFinding[];
  /** Only on `outcome`. */
  readonly result?:
    | "completed"
    | "failed"
    | "denied"
    | "approval-required"
    | "aborted"
    | "suspended";
  /** Milliseconds from admission to the decision or refusal; only on the first record of a call. */
  readonly decisionMs?: number;
  /** Milliseconds that the tool ran; only on an `outcome` after a run. */
  readonly runMs?: number;
}

/**
 * Takes decision records. For an intent, a throw or time-out denies with `record-unavailable`: no
 * record, no call.
 */
export interface DecisionSink {
  /** Resolves when the record is as durable as this sink promises. */
  write(record: DecisionRecord): Promise<void>;
}
