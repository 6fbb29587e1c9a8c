import { createDeadline } from "./deadline.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/** Rejects when the work takes longer than the guard's time-out. */
export async function inTime<T>(runtime: GuardRuntime, work: Promise<T>): Promise<T> {
  const deadline = createDeadline(runtime.clock, runtime.timeoutMs, undefined);
  try {
    return await deadline.race(work);
  } finally {
    deadline.dispose();
  }
}

/** Waits for work whose failure changes nothing any more, but not longer than the time-out. */
export async function withoutHanging(runtime: GuardRuntime, work: Promise<void>): Promise<void> {
  try {
    await inTime(runtime, work);
  } catch {
    // Denied already, or run already.
  }
}
