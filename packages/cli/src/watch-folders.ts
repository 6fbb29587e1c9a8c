import { watch } from "node:fs";

/** Options of {@link watchFolders}. */
export interface WatchFoldersOptions {
  /** Called at once, and after something changed and then nothing for a while; never twice at once. */
  readonly act: () => Promise<void>;
  /** Quiet time in milliseconds after a change before it is acted on. Default 100. */
  readonly quietMs?: number;
  /** Says when to end; see `CliIo`. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

/**
 * Acts now and whenever something in these folders or below changes, until it is interrupted. A change
 * during `act` is acted on afterwards.
 *
 * Rejects with whatever `act` rejects with, or the watcher's own error.
 */
export function watchFolders(
  folders: readonly string[],
  { act, quietMs = 100, onInterrupt }: WatchFoldersOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let running: Promise<void> | undefined;
    let isDue = false;
    let isOver = false;
    const watchers = folders.map((folder) => watch(folder, { recursive: true }));
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      forget();
      settle();
    };
    const begin = (): void => {
      if (running !== undefined) {
        isDue = true;
        return;
      }
      running = act()
        .catch((error: unknown) => finish(() => reject(error)))
        .finally(() => {
          running = undefined;
          if (isDue) note();
          isDue = false;
        });
    };
    const note = (): void => {
      if (isOver) return;
      clearTimeout(timer);
      timer = setTimeout(begin, quietMs);
    };
    const forget = onInterrupt(() =>
      finish(() => void (running ?? Promise.resolve()).then(resolve)),
    );
    for (const watcher of watchers) {
      watcher.on("change", note);
      watcher.on("error", (error) => finish(() => reject(error)));
    }
    begin();
  });
}
