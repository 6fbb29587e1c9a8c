import type { PortcullisError } from "@portcullis/core";
import { refuseBundle } from "../bundle-refusal.ts";
import { CLOCK_TOLERANCE_MS } from "../verify-head.ts";
import type { ActiveBundle, MaxStale } from "./bundle-client.ts";
import type { Trust } from "./trust.ts";

/** How long bundles stay in force that nothing confirms, in milliseconds. */
export interface StaleLimits {
  readonly readOnlyMs: number;
  readonly sideEffectsMs: number;
}

/** Fills in the defaults. */
export function toStaleLimits({ readOnlySeconds, sideEffectsSeconds }: MaxStale = {}): StaleLimits {
  return {
    readOnlyMs: (readOnlySeconds ?? 86_400) * 1000,
    sideEffectsMs: (sideEffectsSeconds ?? 0) * 1000,
  };
}

/** What the clock says and has said. */
export interface ClockReading {
  readonly now: number;
  /** The latest time that was ever read in this process. */
  readonly highWater: number;
}

/** A clock that went back by more than the tolerance; undefined if it did not. */
export function findClockRollback(
  { now, highWater }: ClockReading,
  { trustedTime }: Pick<Trust, "trustedTime">,
): PortcullisError | undefined {
  if (now >= Math.max(highWater, trustedTime) - CLOCK_TOLERANCE_MS) return undefined;
  return refuseBundle("clock-rollback", "The clock went back by more than five minutes.");
}

/** Why a bundle must not be used for a tool now; undefined if it may. */
export function findStaleness(
  active: ActiveBundle,
  trust: Pick<Trust, "trustedTime" | "confirmedUntil" | "head">,
  asked: {
    readonly clock: ClockReading;
    readonly tool: string | undefined;
    readonly limits: StaleLimits;
  },
): PortcullisError | undefined {
  const { clock, tool, limits } = asked;
  const { name, serial } = active.ref;
  const about = { document: "bundle", bundle: name, serial } as const;
  const rollback = findClockRollback(clock, trust);
  if (rollback !== undefined) return rollback;
  if (clock.now >= active.expires) {
    return refuseBundle("bundle-expired", "it has expired.", about);
  }
  if (trust.head !== undefined && serial < trust.head.document.minSerial) {
    return refuseBundle("below-minimum", "the head puts it out of force.", about);
  }
  const staleFor = clock.now - trust.confirmedUntil;
  const allowed = isReadOnly(active, tool) ? limits.readOnlyMs : limits.sideEffectsMs;
  if (staleFor < 0 || staleFor < allowed) return undefined;
  return refuseBundle("head-stale", "no fresh head confirms it.", about);
}

/** Only a catalogued tool of class `read` is read-only; no tool counts as one. */
function isReadOnly({ document }: ActiveBundle, tool: string | undefined): boolean {
  if (tool === undefined) return true;
  const { tools } = document;
  return Object.hasOwn(tools, tool) && tools[tool]?.class === "read";
}
