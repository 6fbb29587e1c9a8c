import type { Scanner } from "@portcullis/core";

/** Finds one password. */
export const scanner: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/hunter2/g)].map(({ index }) => ({
      kind: "secret",
      rule: "password",
      start: index,
      end: index + 7,
      confidence: "high",
    })),
  }),
};
