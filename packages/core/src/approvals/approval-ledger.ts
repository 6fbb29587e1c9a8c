import { PortcullisConfigError, PortcullisError } from "../errors.ts";
import type { ApprovalAnswer } from "../guard.ts";
import type { ApprovalRecord, ApprovalStore, ApprovalVerifier } from "../ports/approval-store.ts";
import type { ApprovalTerms } from "../policy-document.ts";
import type { Clock, Digest } from "../ports/runtime.ts";
import { Refusal } from "../refusal.ts";
import { answerApproval } from "./answer-approval.ts";
import type { ApprovalBinding, ApprovalUse } from "./approval-binding.ts";
import { toApprovalId, toRequesters } from "./approval-binding.ts";
import type { ApprovalVault } from "./approval-vault.ts";
import { createApprovalVault } from "./approval-vault.ts";
import { uniteDemands } from "./approver-demands.ts";
import type { ApprovalWorth } from "./judge-approval.ts";
import { endOf, judgeApproval } from "./judge-approval.ts";
import { createTurns } from "./take-turns.ts";

/** Parts of {@link createApprovalLedger}. */
export interface ApprovalLedgerOptions {
  readonly store: ApprovalStore;
  /** Without it no answer is accepted. */
  readonly verifier?: ApprovalVerifier;
  readonly digest: Digest;
  readonly clock: Clock;
  /**
   * Secret behind the records' MACs, at least 32 characters. Processes that share a store need the
   * same one.
   */
  readonly macKey: string;
  /** Longest wait for one answer of the store or verifier, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number;
}

/** Where the approval of a call stands. */
type ApprovalStanding =
  | { readonly state: "none"; readonly id: string }
  | { readonly state: "pending"; readonly id: string; readonly record: ApprovalRecord }
  | { readonly state: "granted"; readonly id: string; readonly record: ApprovalRecord }
  | { readonly state: "expired"; readonly id: string; readonly record: ApprovalRecord }
  | { readonly state: "refused"; readonly id: string };

/** Asks for approvals, takes proven answers and uses up grants. */
export interface ApprovalLedger {
  /** Derives the approval's id from what it is bound to. */
  approvalId(binding: ApprovalBinding): Promise<string>;
  /**
   * Reads where the approval stands, without any effect. Rejects with a `Refusal`
   * `approval-unavailable` when that cannot be known.
   */
  look(binding: ApprovalBinding, use: ApprovalUse): Promise<ApprovalStanding>;
  /**
   * Stores the request unless one stands already, and opens it again with the next version after
   * consumption or expiry, or when the policy demands more by now. Rejects with a `Refusal`:
   * `approval-refused`, `approval-limit` beyond 16 pending of a session, `approval-unavailable`.
   */
  request(binding: ApprovalBinding, use: ApprovalUse): Promise<ApprovalRecord>;
  /**
   * Records a proven answer. Rejects with `ERR_APPROVAL_INVALID` when it does not count, with
   * `ERR_STORE_UNAVAILABLE` when the store fails.
   */
  answer(answer: ApprovalAnswer): Promise<ApprovalRecord>;
  /**
   * Uses up the grant; of any number of callers one wins. Rejects with a `Refusal`:
   * `approval-required`, `approval-expired`, `approval-refused`, `approval-unavailable`.
   */
  consume(binding: ApprovalBinding, use: ApprovalUse): Promise<ApprovalRecord>;
  /**
   * Gives a consumed grant back to the call that consumed it, because the framework suspended it:
   * at most 8 times and not after its expiry. False when it is not given back.
   */
  rearm(binding: ApprovalBinding, use: ApprovalUse): Promise<boolean>;
  /** Pending requests that have not expired, oldest first; rejects with `ERR_STORE_UNAVAILABLE`. */
  list(): Promise<readonly ApprovalRecord[]>;
}

const LEAST_KEY_LENGTH = 32;
const MOST_PENDING = 16;
const MOST_REARMS = 8;
const MOST_ATTEMPTS = 8;

/**
 * Creates the logic around an `ApprovalStore`, which is believed nothing: each record is sealed with
 * a MAC, each change is a compare-and-swap, and whatever fails denies.
 *
 * The first version of a request is its time in milliseconds, so that a store which lost its records
 * never opens a request that an old answer fits.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `macKey` is shorter than 32 characters or
 * `timeoutMs` is not positive.
 */
export function createApprovalLedger(options: ApprovalLedgerOptions): ApprovalLedger {
  const { store, verifier, digest, clock, macKey, timeoutMs = 5000 } = options;
  if (typeof macKey !== "string" || macKey.length < LEAST_KEY_LENGTH) {
    throw new PortcullisConfigError("macKey", "`macKey` must have at least 32 characters.");
  }
  if (!Number.isFinite(timeoutMs) || timeoutMs <= 0) {
    throw new PortcullisConfigError("timeoutMs", "`timeoutMs` must be positive.");
  }
  const vault = createApprovalVault({ store, digest, clock, macKey, timeoutMs });
  const takeTurns = createTurns();

  /** The record with its worth for this call; a standing refusal is the first thing looked for. */
  const find = async (binding: ApprovalBinding, use: ApprovalUse): Promise<Found> => {
    const id = await toApprovalId(binding, digest);
    const call = await digest.sha256(use.callId);
    if (await vault.isRefused(binding)) return { id, call, worth: "refused", record: undefined };
    const record = await vault.read(id);
    if (record === undefined) return { id, call, worth: "none", record };
    const worth = judgeApproval(record, { terms: use.terms, call, now: vault.now() });
    return { id, call, worth, record };
  };

  const open = async (binding: ApprovalBinding, use: ApprovalUse): Promise<ApprovalRecord> => {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const found = await find(binding, use);
      if (found.worth === "refused") throw new Refusal("approval-refused");
      if (found.record !== undefined && STANDING.has(found.worth)) return found.record;
      if (found.record?.state !== "pending") await demandRoom(vault, binding.session);
      const request = toRequest(binding, use.terms, { ...found, now: vault.now() });
      const written = await vault.write(request, found.record?.version);
      if (written !== undefined) return written;
    }
    throw new Refusal("approval-unavailable");
  };

  return {
    approvalId: (binding) => toApprovalId(binding, digest),
    look: (binding, use) =>
      orRefuse(async () => {
        const { id, worth, record } = await find(binding, use);
        if (worth === "refused") return { state: "refused", id };
        if (record === undefined || worth === "used" || worth === "weak") {
          return { state: "none", id };
        }
        if (worth === "granted" || worth === "expired") return { state: worth, id, record };
        return { state: "pending", id, record };
      }),
    request: (binding, use) => orRefuse(() => takeTurns(binding.session, () => open(binding, use))),
    answer: (answer) => orThrow(() => answerApproval(vault, verifier, answer)),
    consume: (binding, use) =>
      orRefuse(async () => {
        const { worth, record, call } = await find(binding, use);
        if (worth === "refused") throw new Refusal("approval-refused");
        if (worth === "expired") throw new Refusal("approval-expired");
        if (record === undefined || worth !== "granted") throw new Refusal("approval-required");
        const { mac: _mac, ...rest } = record;
        const version = record.version + 1;
        const consumed = { call, rearmed: record.use?.rearmed ?? 0 };
        const written = await vault.write(
          { ...rest, state: "consumed", version, use: consumed },
          record.version,
        );
        if (written === undefined) throw new Refusal("approval-required");
        return written;
      }),
    async rearm(binding, use) {
      try {
        const { record, call, worth } = await find(binding, use);
        if (record?.use === undefined || worth !== "used" || record.use.call !== call) return false;
        const isLate = !(vault.now() < endOf(record, use.terms));
        if (isLate || record.use.rearmed >= MOST_REARMS) return false;
        const { mac: _mac, ...rest } = record;
        const version = record.version + 1;
        const rearmed = { call, rearmed: record.use.rearmed + 1 };
        const written = await vault.write(
          { ...rest, state: "granted", version, use: rearmed },
          record.version,
        );
        return written !== undefined;
      } catch {
        return false;
      }
    },
    list: () =>
      orThrow(async () => {
        const now = vault.now();
        return (await vault.listPending()).filter(({ expiresAt }) => now < expiresAt);
      }),
  };
}

interface Found {
  readonly id: string;
  readonly call: string;
  readonly worth: ApprovalWorth | "none";
  readonly record: ApprovalRecord | undefined;
}

/** A record of such worth answers a request as it is. */
const STANDING: ReadonlySet<string> = new Set(["pending", "granted", "held"]);

function toRequest(
  binding: ApprovalBinding,
  terms: ApprovalTerms,
  found: Found & { readonly now: number },
): Omit<ApprovalRecord, "mac"> {
  const { id, now, record, worth } = found;
  const { queue, priority, expiresSeconds, scope, editable } = terms;
  const approvers =
    worth === "weak" && record !== undefined
      ? uniteDemands(terms.approvers, record.terms.approvers)
      : terms.approvers;
  return {
    id,
    version: record === undefined ? Math.max(1, Math.floor(now)) : record.version + 1,
    state: "pending",
    terms: { queue, priority, expiresSeconds, approvers, scope, editable },
    requesters: toRequesters(binding),
    tool: binding.tool,
    argsDigest: binding.argsDigest,
    session: binding.session,
    policyDigest: binding.policyDigest,
    requestedAt: now,
    expiresAt: now + expiresSeconds * 1000,
    votes: [],
  };
}

async function demandRoom(vault: ApprovalVault, session: string): Promise<void> {
  if ((await vault.countPending(session)) < MOST_PENDING) return;
  const now = vault.now();
  for (const { mac: _mac, ...record } of await vault.listPending()) {
    if (record.session !== session || now < record.expiresAt) continue;
    await vault.write({ ...record, state: "expired", version: record.version + 1 }, record.version);
  }
  if ((await vault.countPending(session)) >= MOST_PENDING) throw new Refusal("approval-limit");
}

async function orRefuse<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal("approval-unavailable");
  }
}

async function orThrow<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (PortcullisError.isInstance(cause)) throw cause;
    throw new PortcullisError("ERR_STORE_UNAVAILABLE", "The approval store failed.", { cause });
  }
}

export type { ApprovalBinding, ApprovalUse };
