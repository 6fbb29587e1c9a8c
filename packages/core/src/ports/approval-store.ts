import type { ApprovalTerms } from "../policy-document.ts";
import type { Awaitable } from "./runtime.ts";

/** Where an approval stands. */
export type ApprovalState = "pending" | "granted" | "refused" | "consumed" | "expired";

/** One proven answer. */
export interface ApprovalVote {
  readonly approver: string;
  readonly roles: readonly string[];
  readonly at: string;
}

/** An approval as it is stored; `mac` covers every other member. */
export interface ApprovalRecord {
  readonly id: string;
  /** Grows by one with every change; compare-and-swap key. */
  readonly version: number;
  readonly state: ApprovalState;
  readonly terms: ApprovalTerms;
  /** Ids of user and all actors: none of them may answer. */
  readonly requesters: readonly string[];
  readonly tool: string;
  readonly argsDigest: string;
  /** Digest of the session key. */
  readonly session: string;
  readonly policyDigest: string;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly votes: readonly ApprovalVote[];
  /**
   * The call that consumed the grant: digest of its call id, and how often its suspension gave the
   * grant back. While the record is `granted` again, only that call may consume it.
   */
  readonly use?: { readonly call: string; readonly rearmed: number };
  /** HMAC over the canonical record without this member. */
  readonly mac: string;
}

/** Keeps approvals. A throw or a time-out denies with `approval-unavailable`. */
export interface ApprovalStore {
  get(id: string): Promise<ApprovalRecord | undefined>;
  /**
   * Writes the record if the stored version is `expected` (`undefined` = no record yet). False
   * when another writer was faster.
   */
  put(record: ApprovalRecord, expected: number | undefined): Promise<boolean>;
  /** Pending requests of one session. */
  countPending(session: string): Promise<number>;
  /** Whether a refusal stands for the same session, tool and arguments. */
  isRefused(session: string, tool: string, argsDigest: string): Promise<boolean>;
  /** All pending requests, oldest first. */
  listPending(): Promise<readonly ApprovalRecord[]>;
}

/** What an approver's proof must cover. */
export interface ApprovalStatement {
  readonly id: string;
  readonly version: number;
  readonly argsDigest: string;
  readonly answer: "grant" | "refuse";
}

/** Who gave a proven answer. */
export interface ProvenApprover {
  readonly id: string;
  readonly roles: readonly string[];
}

/** Checks the proof of an answer; `undefined` = not proven. An agent can never be an approver. */
export interface ApprovalVerifier {
  verify(statement: ApprovalStatement, proof: string): Awaitable<ProvenApprover | undefined>;
}
