import type { Issue } from "./errors.ts";

/** When a caller may try again. */
export type Retryable = "no" | "after-change" | "after-approval" | "later";

/** A denial code: kebab-case, from a closed list, stable across versions. */
export type DenialCode =
  | "tool-unknown"
  | "tool-unguarded"
  | "definition-unknown"
  | "definition-changed"
  | "definition-stale"
  | "header-mismatch"
  | "continuation-invalid"
  | "definition-suspicious"
  | "definition-poisoned"
  | "definition-unavailable"
  | "context-missing"
  | "session-mismatch"
  | "identity-unavailable"
  | "not-delegated"
  | "replay-store-full"
  | "replay-store-cold"
  | "token-invalid"
  | "token-expired"
  | "token-audience"
  | "token-replayed"
  | "token-revoked"
  | "token-unavailable"
  | "delegation-widened"
  | "delegation-too-deep"
  | "bundle-invalid"
  | "bundle-signature"
  | "bundle-rollback"
  | "bundle-expired"
  | "bundle-unavailable"
  | "arguments-invalid"
  | "arguments-not-plain"
  | "arguments-too-large"
  | "session-unavailable"
  | "no-applicable-rule"
  | "forbidden-by-rule"
  | "risk-too-high"
  | "evaluation-failed"
  | "work-exceeded"
  | "obligation-conflict"
  | "obligation-failed"
  | "limit-exceeded"
  | "limit-unavailable"
  | "dry-run-unavailable"
  | "dry-run-refused"
  | "approval-required"
  | "approval-refused"
  | "approval-expired"
  | "approval-limit"
  | "approval-unavailable"
  | "record-unavailable"
  | "timed-out";

/** What the table below says about one denial code. */
export interface DenialText {
  /** The stage that gives it. */
  readonly stage: "admit" | "authenticate" | "validate" | "inspect" | "decide" | "fulfil" | "any";
  /** Default for {@link Denial.retryable}. */
  readonly retryable: Retryable;
  /** Default text for the model. */
  readonly message: string;
  /** Default hint for the model. */
  readonly hint?: string;
}

/**
 * The closed list of denial codes with their stage, default text and whether a retry can help.
 * The table in `docs/denials.md` is generated from it and compared by a test.
 */
export const DENIALS: Readonly<Record<DenialCode, DenialText>> = {
  "tool-unknown": {
    stage: "admit",
    retryable: "no",
    message: "This tool is not in the policy's catalogue.",
    hint: "Use one of the tools you were given.",
  },
  "tool-unguarded": {
    stage: "admit",
    retryable: "no",
    message: "This tool is not under the guard and may not run.",
  },
  "definition-unknown": {
    stage: "admit",
    retryable: "no",
    message: "No approved definition of this tool was presented with the call.",
  },
  "definition-changed": {
    stage: "admit",
    retryable: "no",
    message: "The definition of this tool differs from the one that was approved.",
  },
  "definition-stale": {
    stage: "admit",
    retryable: "later",
    message: "The definition of this tool must be listed again before it may be called.",
  },
  "header-mismatch": {
    stage: "admit",
    retryable: "after-change",
    message: "The request's headers differ from the arguments that would be sent.",
    hint: "Give every argument explicitly, as the tool's schema writes it.",
  },
  "continuation-invalid": {
    stage: "admit",
    retryable: "after-change",
    message: "This answer belongs to no call that is waiting for input.",
    hint: "Make the call anew, without the answers and state of an earlier one.",
  },
  "definition-suspicious": {
    stage: "admit",
    retryable: "no",
    message: "The definition of this tool looks manipulated and was not approved.",
  },
  "definition-poisoned": {
    stage: "admit",
    retryable: "no",
    message: "The definition of this tool holds instructions that it may not give.",
  },
  "definition-unavailable": {
    stage: "admit",
    retryable: "later",
    message: "The definition of this tool could not be inspected.",
  },
  "context-missing": {
    stage: "authenticate",
    retryable: "no",
    message: "The call came without a verified identity.",
  },
  "session-mismatch": {
    stage: "authenticate",
    retryable: "no",
    message: "The call names another session than its credential.",
  },
  "identity-unavailable": {
    stage: "authenticate",
    retryable: "later",
    message: "The identity behind this call could not be verified now.",
  },
  "not-delegated": {
    stage: "authenticate",
    retryable: "no",
    message: "This task was not given the right to make this call.",
    hint: "Stay within the task that was delegated to you.",
  },
  "replay-store-full": {
    stage: "fulfil",
    retryable: "later",
    message: "The call cannot be authorised now.",
  },
  "replay-store-cold": {
    stage: "fulfil",
    retryable: "later",
    message: "The call needs a fresh credential.",
  },
  "token-invalid": {
    stage: "authenticate",
    retryable: "no",
    message: "The credential of this call is not valid.",
  },
  "token-expired": {
    stage: "authenticate",
    retryable: "later",
    message: "The credential of this call has expired.",
  },
  "token-audience": {
    stage: "authenticate",
    retryable: "no",
    message: "The credential of this call is meant for another service.",
  },
  "token-replayed": {
    stage: "fulfil",
    retryable: "later",
    message: "The credential of this call was used before.",
  },
  "token-revoked": {
    stage: "authenticate",
    retryable: "no",
    message: "The credential of this call was revoked.",
  },
  "token-unavailable": {
    stage: "authenticate",
    retryable: "later",
    message: "The credential of this call could not be verified now.",
  },
  "delegation-widened": {
    stage: "authenticate",
    retryable: "no",
    message: "The delegation of this call asks for more than was given.",
  },
  "delegation-too-deep": {
    stage: "authenticate",
    retryable: "no",
    message: "The delegation of this call has too many hops.",
  },
  "bundle-invalid": {
    stage: "admit",
    retryable: "later",
    message: "The policy in force is not valid.",
  },
  "bundle-signature": {
    stage: "admit",
    retryable: "later",
    message: "The policy in force is not properly signed.",
  },
  "bundle-rollback": {
    stage: "admit",
    retryable: "later",
    message: "The policy in force is older than one seen before.",
  },
  "bundle-expired": {
    stage: "admit",
    retryable: "later",
    message: "The policy in force has expired.",
  },
  "bundle-unavailable": {
    stage: "admit",
    retryable: "later",
    message: "No policy is in force.",
  },
  "arguments-invalid": {
    stage: "validate",
    retryable: "after-change",
    message: "The arguments do not fit the tool's schema.",
    hint: "Correct the arguments and call again.",
  },
  "arguments-not-plain": {
    stage: "validate",
    retryable: "after-change",
    message: "The arguments are not plain JSON.",
    hint: "Send plain JSON values only.",
  },
  "arguments-too-large": {
    stage: "validate",
    retryable: "after-change",
    message: "The arguments are too large or too deeply nested.",
    hint: "Send less at once.",
  },
  "session-unavailable": {
    stage: "inspect",
    retryable: "later",
    message: "The session's record could not be read or written.",
  },
  "no-applicable-rule": {
    stage: "decide",
    retryable: "after-change",
    message: "No rule permits this call.",
    hint: "Try other arguments or another tool; if the task needs exactly this, tell the person.",
  },
  "forbidden-by-rule": {
    stage: "decide",
    retryable: "after-change",
    message: "A rule forbids this call.",
    hint: "Try other arguments or another tool; if the task needs exactly this, tell the person.",
  },
  "risk-too-high": {
    stage: "decide",
    retryable: "no",
    message: "The risk of this call is above what is permitted.",
  },
  "evaluation-failed": {
    stage: "decide",
    retryable: "later",
    message: "The policy could not be evaluated for this call.",
  },
  "work-exceeded": {
    stage: "decide",
    retryable: "after-change",
    message: "The arguments are too large to be decided on.",
    hint: "Send less at once.",
  },
  "obligation-conflict": {
    stage: "decide",
    retryable: "no",
    message: "The conditions attached to this call contradict each other.",
  },
  "obligation-failed": {
    stage: "fulfil",
    retryable: "later",
    message: "A condition attached to this call could not be fulfilled.",
  },
  "limit-exceeded": {
    stage: "fulfil",
    retryable: "later",
    message: "A limit is used up.",
    hint: "Wait, or ask for less.",
  },
  "limit-unavailable": {
    stage: "fulfil",
    retryable: "later",
    message: "A limit of this call could not be checked.",
  },
  "dry-run-unavailable": {
    stage: "fulfil",
    retryable: "later",
    message: "This call must be tried out safely first, and that is not possible here.",
  },
  "dry-run-refused": {
    stage: "fulfil",
    retryable: "after-change",
    message: "The effects of this call go beyond what is permitted.",
  },
  "approval-required": {
    stage: "fulfil",
    retryable: "after-approval",
    message: "A person must approve this call first.",
    hint: "Tell the person that approval is needed; repeat the same call once it is given.",
  },
  "approval-refused": {
    stage: "fulfil",
    retryable: "no",
    message: "A person refused this call.",
    hint: "Do not ask again for the same call.",
  },
  "approval-expired": {
    stage: "fulfil",
    retryable: "after-approval",
    message: "The approval of this call has expired; a person must approve it again.",
  },
  "approval-limit": {
    stage: "fulfil",
    retryable: "later",
    message: "Too many calls of this session wait for approval.",
  },
  "approval-unavailable": {
    stage: "fulfil",
    retryable: "later",
    message: "The approval of this call could not be checked.",
  },
  "record-unavailable": {
    stage: "fulfil",
    retryable: "later",
    message: "The call could not be put on record and therefore may not run.",
  },
  "timed-out": {
    stage: "any",
    retryable: "later",
    message: "The decision took too long.",
  },
};

/** Tells whether a text is a denial code of this version. */
export function isDenialCode(value: string): value is DenialCode {
  return Object.hasOwn(DENIALS, value);
}

/** The rule behind a denial; for people and logs, never for the model. */
export interface DenialRule {
  /** Rule id. */
  readonly id: string;
  /** `file:line:column` of the rule. */
  readonly source?: string;
}

/**
 * Why a call may not run: one shape for the model, the developer and the log.
 *
 * {@link toModelText} gives the model's view, which has neither `rule` nor `issues`.
 */
export interface Denial {
  /** Stable code. */
  readonly code: DenialCode;
  /** The rule that decided, where one did. */
  readonly rule?: DenialRule;
  /** Fixed text for the model: names of the signed catalogue only, never a value. */
  readonly message: string;
  /** Whether and when repeating the call can help. */
  readonly retryable: Retryable;
  /** What would be possible instead; fixed text. */
  readonly hint?: string;
  /** The decision this belongs to. */
  readonly decisionId: string;
  /** The approval to wait for (`approval-required` and `approval-expired`); an id, not a capability. */
  readonly approvalId?: string;
  /** When that approval request expires, ISO 8601 in UTC. */
  readonly expiresAt?: string;
  /** Seconds until a limit allows the call again. */
  readonly retryAfterSeconds?: number;
  /** Which arguments are wrong: pointers and keywords, for callers and records. */
  readonly issues?: readonly Issue[];
}

/** What {@link createDenial} needs besides the code. */
export interface DenialOptions extends Partial<Omit<Denial, "code" | "decisionId">> {
  /** The decision this belongs to. */
  readonly decisionId: string;
}

/** Makes a denial from its code with the table's texts; options override them. */
export function createDenial(code: DenialCode, options: DenialOptions): Denial {
  const entry = DENIALS[code];
  const base =
    entry.hint === undefined
      ? { code, message: entry.message, retryable: entry.retryable }
      : { code, message: entry.message, retryable: entry.retryable, hint: entry.hint };
  return Object.freeze({ ...base, ...options });
}

/**
 * The one JSON text that every adapter gives the model for a call that did not run.
 *
 * It holds no rule text or id and no argument value.
 *
 * ```json
 * {"error":"portcullis.denied","code":"forbidden-by-rule","message":"…","retryable":"after-change","decisionId":"d_…"}
 * ```
 */
export function toModelText(denial: Denial): string {
  const waits = denial.code === "approval-required" || denial.code === "approval-expired";
  return JSON.stringify({
    error: waits ? "portcullis.approval-required" : "portcullis.denied",
    code: denial.code,
    message: denial.message,
    retryable: denial.retryable,
    hint: denial.hint,
    approvalId: denial.approvalId,
    expiresAt: denial.expiresAt,
    retryAfterSeconds: denial.retryAfterSeconds,
    decisionId: denial.decisionId,
  });
}
