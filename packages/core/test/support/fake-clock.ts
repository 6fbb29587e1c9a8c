import type { Clock } from "../../src/ports/runtime.ts";

/** A clock that moves only when told. */
export interface FakeClock extends Clock {
  /** Moves both clocks on and fires, in order, what was scheduled until then. */
  advance(ms: number): void;
  /** Sets the wall clock alone, also back. */
  setWall(ms: number): void;
  /** Callbacks that wait. */
  readonly scheduled: number;
}

/** 20 November 2026, 09:00 UTC. */
export const START = Date.UTC(2026, 10, 20, 9);

/** Creates a clock; the monotonic one starts at an odd place on purpose. */
export function createFakeClock(start: number = START): FakeClock {
  let wall = start;
  let monotonic = 1234.5;
  let order = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();
  const next = (until: number): [number, { at: number; callback: () => void }] | undefined =>
    [...timers]
      .filter(([, { at }]) => at <= until)
      .toSorted(([a, one], [b, other]) => one.at - other.at || a - b)[0];
  const moveTo = (time: number): void => {
    wall += time - monotonic;
    monotonic = time;
  };
  return {
    now: () => wall,
    monotonic: () => monotonic,
    schedule(delayMs, callback) {
      const id = (order += 1);
      timers.set(id, { at: monotonic + delayMs, callback });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const until = monotonic + ms;
      for (let due = next(until); due !== undefined; due = next(until)) {
        timers.delete(due[0]);
        moveTo(Math.max(monotonic, due[1].at));
        due[1].callback();
      }
      moveTo(until);
    },
    setWall(ms) {
      wall = ms;
    },
    get scheduled() {
      return timers.size;
    },
  };
}
