import { canonicalize } from "../canonical-json.ts";
import type { ApprovalRecord } from "../ports/approval-store.ts";
import type { Digest } from "../ports/runtime.ts";
import { isEqualInConstantTime } from "./constant-time.ts";

/** Seals approval records against whoever can write to their store but does not have the key. */
export interface ApprovalSeal {
  /** The record with its `mac`. */
  seal(record: Omit<ApprovalRecord, "mac">): Promise<ApprovalRecord>;
  /** Whether `mac` belongs to the record; false for whatever is not a record. */
  isIntact(record: ApprovalRecord): Promise<boolean>;
}

const DOMAIN = "portcullis.approval-record.v1\n";

/** Creates a seal: HMAC over the canonical record (RFC 8785) without its `mac`. */
export function createApprovalSeal(digest: Digest, key: string): ApprovalSeal {
  const macOf = async (record: Omit<ApprovalRecord, "mac">): Promise<string> =>
    digest.hmacSha256(key, DOMAIN + canonicalize(record).text);
  return {
    seal: async (record) => Object.freeze({ ...record, mac: await macOf(record) }),
    async isIntact(record) {
      try {
        const { mac, ...rest } = record;
        return typeof mac === "string" && isEqualInConstantTime(mac, await macOf(rest));
      } catch {
        return false;
      }
    },
  };
}
