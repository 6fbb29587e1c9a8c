import type { Clock } from "@portcullis/core";

/** A clock that moves only when it is told to. */
export interface StillClock extends Clock {
  /** Sets the date. */
  set(now: number): void;
  /** Lets time pass, for dates and for limits. */
  advance(milliseconds: number): void;
}

/** Makes a clock that stands at the epoch. */
export function createStillClock(): StillClock {
  let now = 0;
  let passed = 0;
  return {
    now: () => now,
    monotonic: () => passed,
    // Nothing in a test waits for anything outside, so no time-out may ever end a call.
    schedule: () => () => undefined,
    set(date) {
      now = date;
    },
    advance(milliseconds) {
      now += milliseconds;
      passed += milliseconds;
    },
  };
}
