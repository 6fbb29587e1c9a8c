import type { Clock } from "@portcullis/core";

/** The clock of the runtime; its timers keep no process alive where the runtime can say so. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs);
    if (typeof timer === "object") timer.unref();
    return () => clearTimeout(timer);
  },
});
