import { PortcullisConfigError, PortcullisError } from "../errors.ts";
import type { ApprovalRecord, ApprovalStore } from "../ports/approval-store.ts";

/** Bounds of {@link createMemoryApprovalStore}. */
export interface MemoryApprovalStoreOptions {
  /** Most approvals held at the same time. Default 100 000. */
  readonly maxRecords?: number;
}

/**
 * Creates an `ApprovalStore` in memory; a restart forgets every request and grant.
 *
 * Nothing is ever evicted, because a forgotten version would let an old answer count again and a
 * forgotten refusal could be asked anew. `put` rejects with `ERR_STORE_UNAVAILABLE` when the store
 * is full.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `maxRecords` is not a positive whole number.
 *
 * @example
 * ```ts
 * declare const policy: PolicyDocument;
 * const guard = await createGuard({ policy, approvals: createMemoryApprovalStore() });
 * ```
 */
export function createMemoryApprovalStore(options: MemoryApprovalStoreOptions = {}): ApprovalStore {
  const { maxRecords = 100_000 } = options;
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    throw new PortcullisConfigError("maxRecords", "`maxRecords` must be a positive whole number.");
  }
  const records = new Map<string, ApprovalRecord>();
  const pending = new Map<string, ApprovalRecord>();
  const refused = new Set<string>();

  return {
    async get(id) {
      return records.get(id);
    },
    async put(record, expected) {
      const stored = records.get(record.id);
      if (stored?.version !== expected) return false;
      if (stored === undefined && records.size >= maxRecords) {
        throw new PortcullisError("ERR_STORE_UNAVAILABLE", "The approval store is full.", {
          fields: { reason: "full" },
        });
      }
      const kept = freezeRecord(record);
      records.set(kept.id, kept);
      if (kept.state === "pending") pending.set(kept.id, kept);
      else pending.delete(kept.id);
      if (kept.state === "refused") {
        refused.add(toTombstone(kept.session, kept.tool, kept.argsDigest));
      }
      return true;
    },
    async countPending(session) {
      return [...pending.values()].filter((record) => record.session === session).length;
    },
    async isRefused(session, tool, argsDigest) {
      return refused.has(toTombstone(session, tool, argsDigest));
    },
    async listPending() {
      return [...pending.values()].toSorted(
        (a, b) => a.requestedAt - b.requestedAt || (a.id < b.id ? -1 : 1),
      );
    },
  };
}

function toTombstone(session: string, tool: string, argsDigest: string): string {
  return JSON.stringify([session, tool, argsDigest]);
}

function freezeRecord(record: ApprovalRecord): ApprovalRecord {
  const { terms, votes, requesters, use } = record;
  return Object.freeze({
    ...record,
    terms: Object.freeze({
      ...terms,
      approvers: Object.freeze(
        terms.approvers.map(({ roles, count }) =>
          Object.freeze({ roles: Object.freeze([...roles]), count }),
        ),
      ),
      editable: Object.freeze([...terms.editable]),
    }),
    requesters: Object.freeze([...requesters]),
    votes: Object.freeze(
      votes.map((vote) => Object.freeze({ ...vote, roles: Object.freeze([...vote.roles]) })),
    ),
    ...(use === undefined ? {} : { use: Object.freeze({ ...use }) }),
  });
}
