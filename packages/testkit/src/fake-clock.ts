import type { Clock } from "@portcullis/core";

/** A clock that moves only when a test says so. */
export interface FakeClock extends Clock {
  /** Moves both clocks forward by so many milliseconds and runs what falls due, in order. */
  advance(ms: number): void;
}

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Creates a clock that stands still at the given time.
 *
 * @example
 * ```ts
 * const clock = createFakeClock(Date.UTC(2026, 0, 1));
 * clock.schedule(1000, () => undefined);
 * clock.advance(1000);
 * ```
 */
export function createFakeClock(startMs: number = Date.UTC(2026, 10, 20, 9)): FakeClock {
  let elapsed = 0;
  const timers = new Set<Timer>();
  const takeDue = (until: number): Timer | undefined => {
    const [next] = [...timers].toSorted((a, b) => a.due - b.due);
    return next !== undefined && next.due <= until ? next : undefined;
  };
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    schedule(delayMs, callback) {
      const timer = { due: elapsed + Math.max(0, delayMs), callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = elapsed + ms;
      for (let next = takeDue(until); next !== undefined; next = takeDue(until)) {
        timers.delete(next);
        elapsed = Math.max(elapsed, next.due);
        next.callback();
      }
      elapsed = until;
    },
  };
}
