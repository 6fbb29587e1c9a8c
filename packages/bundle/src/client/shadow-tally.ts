import type { PolicyObservation } from "@portcullis/core";

/** What a canary that is tried on the side would have decided. */
export interface ShadowCounts {
  readonly decisions: number;
  /** Decisions whose outcome would have been another. */
  readonly differences: number;
  readonly errors: number;
}

/** Counts them. */
export interface ShadowTally {
  add(observation: PolicyObservation): void;
  counts(): ShadowCounts;
}

/** Creates an empty tally. */
export function createShadowTally(): ShadowTally {
  let counts: ShadowCounts = { decisions: 0, differences: 0, errors: 0 };
  return {
    add({ outcome, shadow }) {
      if (shadow === undefined) return;
      counts = {
        decisions: counts.decisions + 1,
        differences: counts.differences + (shadow.outcome === outcome ? 0 : 1),
        errors: counts.errors + (shadow.erred ? 1 : 0),
      };
    },
    counts: () => counts,
  };
}
