import type { PortcullisError } from "@portcullis/core";
import { toTimeText } from "../internal/time-text.ts";
import type { RefreshStage, StatusError } from "./bundle-client.ts";

/** Remembers the last thing that went wrong, and whether it is news. */
export interface ErrorMemory {
  last(): StatusError | null;
  /** True when the error is another than the last one: the same one is reported once. */
  note(stage: RefreshStage, error: PortcullisError, now: number): boolean;
  /** True when there was one. */
  clear(): boolean;
}

/** Creates an empty memory. */
export function createErrorMemory(): ErrorMemory {
  let last: StatusError | null = null;
  return {
    last: () => last,
    note(stage, { code, fields }, now) {
      const reason = fields.reason ?? "";
      const isNews = last?.stage !== stage || last.code !== code || last.reason !== reason;
      last = Object.freeze({ stage, code, reason, at: toTimeText(now) });
      return isNews;
    },
    clear() {
      const was = last !== null;
      last = null;
      return was;
    },
  };
}
