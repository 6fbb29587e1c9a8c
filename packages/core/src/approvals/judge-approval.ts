import type { ApprovalTerms } from "../policy-document.ts";
import type { ApprovalRecord } from "../ports/approval-store.ts";
import { countVotes, coversDemands } from "./approver-demands.ts";

/** The call for which a record is judged. */
export interface JudgedCall {
  /** What the policy demands now. */
  readonly terms: ApprovalTerms;
  /** Digest of the framework's call id. */
  readonly call: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * What a record is worth to a call: `held` is granted to another call that is suspended, `weak`
 * demands less than the policy does now, `used` was consumed.
 */
export type ApprovalWorth =
  | "pending"
  | "granted"
  | "held"
  | "weak"
  | "used"
  | "expired"
  | "refused";

/**
 * Judges a record by what the policy demands now: the same arguments may have become riskier since
 * the request, so neither its demands nor its expiry are taken on trust.
 */
export function judgeApproval(
  record: ApprovalRecord,
  { terms, call, now }: JudgedCall,
): ApprovalWorth {
  if (record.state === "refused") return "refused";
  if (record.state === "consumed") return "used";
  // Written so that a time that is not a number has passed.
  if (record.state === "expired" || !(now < endOf(record, terms))) return "expired";
  if (record.state === "pending") {
    return coversDemands(record.terms.approvers, terms.approvers) ? "pending" : "weak";
  }
  if (record.use !== undefined && record.use.call !== call) return "held";
  const { filled, places } = countVotes(record.votes, terms.approvers);
  return filled === places ? "granted" : "weak";
}

/** When the record ends for these terms, in milliseconds since the epoch. */
export function endOf(record: ApprovalRecord, { expiresSeconds }: ApprovalTerms): number {
  return Math.min(record.expiresAt, record.requestedAt + expiresSeconds * 1000);
}
