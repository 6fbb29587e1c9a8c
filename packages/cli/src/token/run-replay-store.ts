import type { ReplayStore } from "@portcullis/core";

/** Remembers every id of one run, whatever its time: a run stands still at one moment. */
export function createRunReplayStore(): ReplayStore {
  const used = new Set<string>();
  return {
    async consume(key) {
      if (used.has(key)) return "replayed";
      used.add(key);
      return "ok";
    },
  };
}
