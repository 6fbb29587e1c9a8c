import type { Awaitable, Clock } from "@portcullis/core";

/** Settles with the work, or rejects when it takes longer than it may. */
export async function inTime<T>(
  clock: Clock,
  timeoutMs: number,
  work: () => Awaitable<T>,
): Promise<T> {
  let cancel: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.schedule(timeoutMs, () => reject(new Error("It took too long.")));
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    cancel?.();
  }
}
