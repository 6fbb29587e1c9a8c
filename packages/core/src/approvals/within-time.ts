import { PortcullisError } from "../errors.ts";
import type { Awaitable, Clock } from "../ports/runtime.ts";

/**
 * Waits for the work, but not longer than `timeoutMs`; what it yields later is dropped.
 *
 * @throws {PortcullisError} `ERR_STORE_UNAVAILABLE` when the time is over.
 */
export function withinTime<T>(
  clock: Clock,
  timeoutMs: number,
  work: () => Awaitable<T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.schedule(timeoutMs, () => {
      const fields = { reason: "timed-out" };
      reject(
        new PortcullisError("ERR_STORE_UNAVAILABLE", "A store did not answer in time.", { fields }),
      );
    });
    Promise.resolve()
      .then(work)
      .then(resolve, reject)
      .finally(cancel)
      .catch(() => undefined);
  });
}
