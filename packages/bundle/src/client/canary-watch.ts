import type { PolicyObservation } from "@portcullis/core";
import type { CanaryLimits } from "./bundle-client.ts";

/** Watches the decisions of one canary. */
export interface CanaryWatch {
  /** True once too many of its decisions erred. */
  hasFailed(observation: PolicyObservation): boolean;
}

/** Decisions that are remembered. */
const WINDOW = 200;

/** Creates a watch for the canary with this digest; decisions of other bundles do not count. */
export function createCanaryWatch(
  digest: string,
  { minDecisions = 50, maxErrorShare = 0.05 }: CanaryLimits = {},
): CanaryWatch {
  const seen: boolean[] = [];
  return {
    hasFailed(observation) {
      if (observation.digest !== digest) return false;
      seen.push(observation.erred);
      if (seen.length > WINDOW) seen.shift();
      const erred = seen.filter(Boolean).length;
      return seen.length >= minDecisions && erred / seen.length > maxErrorShare;
    },
  };
}
