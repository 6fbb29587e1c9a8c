import type { Notification } from "../ports/notifier.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/** Tells people without waiting; a dead channel never holds up a decision. */
export function notifyQuietly(runtime: GuardRuntime, notification: Notification): void {
  const { notifier } = runtime.options;
  if (notifier === undefined) return;
  void (async (): Promise<void> => {
    try {
      await notifier.notify(notification);
    } catch {
      // The decision stands whether or not anyone hears of it.
    }
  })();
}
