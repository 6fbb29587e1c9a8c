import { PortcullisError } from "@portcullis/core";
import type { BundleReason } from "../bundle-refusal.ts";
import { refuseBundle } from "../bundle-refusal.ts";

/**
 * Waits for something that may never end, until the signal ends the waiting. A foreign error becomes
 * a refusal with `otherwise`: its text is not ours to print.
 *
 * @throws {PortcullisError} its own, `ERR_BUNDLE_UNAVAILABLE` with `timeout` or `otherwise`.
 */
export async function withSignal<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  otherwise: BundleReason,
): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(timedOut());
    signal.addEventListener("abort", stop);
  });
  try {
    if (signal.aborted) throw timedOut();
    return await Promise.race([work(), aborted]);
  } catch (cause) {
    if (PortcullisError.isInstance(cause)) throw cause;
    const message =
      otherwise === "storage"
        ? "The storage of bundles cannot be used."
        : "The source of bundles cannot be reached.";
    throw refuseBundle(otherwise, message, { cause });
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}

/** Refuses to go on after the signal. */
export function refuseLate(signal: AbortSignal): void {
  if (signal.aborted) throw timedOut();
}

function timedOut(): PortcullisError {
  return refuseBundle("timeout", "The refresh took too long.");
}
