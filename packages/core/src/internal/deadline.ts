import type { Signal } from "../abort.ts";
import type { Clock } from "../ports/runtime.ts";
import { Refusal } from "../refusal.ts";

/** Bounds everything before a run in time, and carries the caller's abort. */
export interface Deadline {
  /** Throws when the time is over or the caller aborted; called before every effect. */
  check(): void;
  /** Settles with the work, or rejects as soon as the time is over or the caller aborts. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Whether a caught value is the caller's abort and not a refusal. */
  isAbort(cause: unknown): boolean;
  /** Frees timer and listener. */
  dispose(): void;
}

/** Creates a deadline that begins now. */
export function createDeadline(
  clock: Clock,
  timeoutMs: number,
  signal: Signal | undefined,
): Deadline {
  let failure: { readonly reason: unknown } | undefined;
  let wake: ((reason: unknown) => void) | undefined;
  const fail = (reason: unknown): void => {
    failure ??= { reason };
    wake?.(reason);
  };
  const onAbort = (): void => fail(signal?.reason);
  const cancel = clock.schedule(timeoutMs, () => fail(new Refusal("timed-out")));
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted === true) onAbort();
  return {
    check() {
      if (failure !== undefined) throw failure.reason;
    },
    race<T>(work: Promise<T>): Promise<T> {
      if (failure !== undefined) {
        work.catch(() => undefined);
        return Promise.reject(failure.reason);
      }
      return new Promise<T>((resolve, reject) => {
        wake = reject;
        work.then(resolve, reject);
      });
    },
    isAbort: (cause) => signal?.aborted === true && cause === signal.reason,
    dispose() {
      cancel();
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
