import { PortcullisError } from "../errors.ts";
import { createHighWater } from "../memory/high-water.ts";
import type { ApprovalRecord, ApprovalStore } from "../ports/approval-store.ts";
import type { Awaitable, Clock, Digest } from "../ports/runtime.ts";
import { createApprovalSeal } from "./approval-seal.ts";
import { withinTime } from "./within-time.ts";

/** Parts of {@link createApprovalVault}. */
export interface ApprovalVaultOptions {
  readonly store: ApprovalStore;
  readonly digest: Digest;
  readonly clock: Clock;
  readonly macKey: string;
  readonly timeoutMs: number;
}

/** A store that is believed nothing: answers are bounded in time and records sealed. */
export interface ApprovalVault {
  /** Milliseconds since the epoch, never going back. */
  now(): number;
  /** The intact record of that id. */
  read(id: string): Promise<ApprovalRecord | undefined>;
  /** Seals and writes; `undefined` when another writer was faster. */
  write(
    record: Omit<ApprovalRecord, "mac">,
    expected: number | undefined,
  ): Promise<ApprovalRecord | undefined>;
  /** Whether a refusal stands. */
  isRefused(of: {
    readonly session: string;
    readonly tool: string;
    readonly argsDigest: string;
  }): Promise<boolean>;
  /** Pending records of a session, late ones included. */
  countPending(session: string): Promise<number>;
  /** Intact pending records, late ones included, oldest first. */
  listPending(): Promise<readonly ApprovalRecord[]>;
  /** Waits for other work, but not longer than for the store. */
  wait<T>(work: () => Awaitable<T>): Promise<T>;
}

/**
 * Puts time-outs and the seal around an `ApprovalStore`.
 *
 * Every method rejects when the store throws, does not answer in time or answers nonsense; `read`
 * rejects when the record's MAC does not hold.
 */
export function createApprovalVault(options: ApprovalVaultOptions): ApprovalVault {
  const { store, digest, clock, macKey, timeoutMs } = options;
  const seal = createApprovalSeal(digest, macKey);
  const wait = <T>(work: () => Awaitable<T>): Promise<T> => withinTime(clock, timeoutMs, work);
  return {
    now: createHighWater(() => clock.now()),
    wait,
    async read(id) {
      const record = await wait(() => store.get(id));
      if (record === undefined) return undefined;
      if (record.id === id && (await seal.isIntact(record))) return record;
      throw unusable("tampered", "An approval record was changed outside the guard.");
    },
    async write(record, expected) {
      const sealed = await seal.seal(record);
      const written: unknown = await wait(() => store.put(sealed, expected));
      return written === true ? sealed : undefined;
    },
    async isRefused({ session, tool, argsDigest }) {
      const refused: unknown = await wait(() => store.isRefused(session, tool, argsDigest));
      if (typeof refused === "boolean") return refused;
      throw unusable("answer", "The approval store gave no answer.");
    },
    async countPending(session) {
      const count = await wait(() => store.countPending(session));
      if (Number.isSafeInteger(count) && count >= 0) return count;
      throw unusable("answer", "The approval store gave no answer.");
    },
    async listPending() {
      const records = await wait(() => store.listPending());
      const intact = await Promise.all(records.map((record) => seal.isIntact(record)));
      return records.filter((_, index) => intact[index] === true);
    },
  };
}

function unusable(reason: string, message: string): PortcullisError {
  return new PortcullisError("ERR_STORE_UNAVAILABLE", message, { fields: { reason } });
}
