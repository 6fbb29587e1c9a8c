import { setTimeout as delay } from "node:timers/promises";

/** Registers what is to be undone at the end, in reverse order. */
export type Defer = (task: () => Promise<void> | void) => void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a stopped process waits for work that does not notice that its parts are gone. */
const GRACE_MS = 1000;

/**
 * Runs `work` and undoes what it registered: when it ends, when it throws, and when the process is
 * told to stop, as Ctrl-C does. After a signal the process then ends by that signal.
 *
 * A task that fails does not keep the others from running. What is registered after a signal is
 * undone as well.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from "node:fs/promises";
 *
 * await withCleanup(async (defer) => {
 *   const folder = await mkdtemp("demo-");
 *   defer(() => rm(folder, { recursive: true }));
 * });
 * ```
 */
export async function withCleanup<T>(work: (defer: Defer) => Promise<T>): Promise<T> {
  const tasks: Task[] = [];
  const late: Promise<void>[] = [];
  let running: Promise<T> | undefined;
  let closing: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= undo(tasks));
  const stop = (signal: NodeJS.Signals): void => {
    stopping ??= (async () => {
      await close();
      await Promise.race([running?.catch(() => undefined), delay(GRACE_MS)]);
      await Promise.all(late);
      forget();
      process.kill(process.pid, signal);
    })();
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };

  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    running = work((task) => {
      if (closing === undefined) tasks.push(task);
      else late.push(undo([task]));
    });
    return await running;
  } finally {
    await close();
    // A signal ends the process; nothing is begun before it does.
    if (stopping !== undefined) await new Promise(() => undefined);
    forget();
  }
}

type Task = Parameters<Defer>[0];

async function undo(tasks: Task[]): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    try {
      await task();
    } catch {
      // The others still have to run.
    }
  }
}
