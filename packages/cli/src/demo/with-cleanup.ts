/** Registers what is to be undone at the end, in reverse order. */
export type Defer = (task: () => Promise<void> | void) => void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` and undoes what it registered: when it ends, when it throws, and when the process is
 * told to stop, as Ctrl-C does. After a signal the process then ends by that signal.
 *
 * A task that fails does not keep the others from running.
 *
 * @example
 * ```ts
 * await withCleanup(async (defer) => {
 *   const folder = await mkdtemp("demo-");
 *   defer(() => rm(folder, { recursive: true }));
 * });
 * ```
 */
export async function withCleanup<T>(work: (defer: Defer) => Promise<T>): Promise<T> {
  const tasks: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  let isStopped = false;
  const close = (): Promise<void> => (closing ??= undo(tasks));
  const stop = (signal: NodeJS.Signals): void => {
    isStopped = true;
    void close().then(() => {
      forget();
      process.kill(process.pid, signal);
    });
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, stop);
  };

  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    return await work((task) => {
      // What is opened while everything is being closed is closed at once.
      if (closing === undefined) tasks.push(task);
      else void undo([task]);
    });
  } finally {
    await close();
    forget();
    // The signal ends the process; nothing is begun before it does.
    if (isStopped) await new Promise(() => undefined);
  }
}

async function undo(tasks: (() => Promise<void> | void)[]): Promise<void> {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    try {
      await task();
    } catch {
      // The others still have to run.
    }
  }
}
