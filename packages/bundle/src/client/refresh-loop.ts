import type { Clock } from "@portcullis/core";
import type { BundleSource } from "../ports.ts";

/** Parts of {@link createRefreshLoop}. */
export interface RefreshLoopOptions {
  readonly source: BundleSource;
  readonly clock: Clock;
  /** Longest time between two refreshes in milliseconds. */
  readonly intervalMs: number;
  /** Refreshes once; true when it did what it should. */
  readonly refresh: () => Promise<boolean>;
  /** Tag of the head that is known. */
  readonly tag: () => string | undefined;
}

/** Refreshes again and again until it is stopped. */
export interface RefreshLoop {
  stop(): Promise<void>;
}

const MIN_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

/** Begins to refresh: whenever the source says so, at intervals, and after failures ever more rarely. */
export function createRefreshLoop(options: RefreshLoopOptions): RefreshLoop {
  const ended = new AbortController();
  const running = run(options, ended.signal);
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}

async function run(options: RefreshLoopOptions, ended: AbortSignal): Promise<void> {
  let failures = 0;
  while (!ended.aborted) {
    failures = (await options.refresh()) ? 0 : failures + 1;
    if (ended.aborted) return;
    if (failures === 0) failures = (await waitForChange(options, ended)) ? 0 : 1;
    if (failures > 0) await sleep(options.clock, backoffMs(failures), ended);
  }
}

/** False when the source cannot even say whether something changed. */
async function waitForChange(
  { source, clock, intervalMs, tag }: RefreshLoopOptions,
  ended: AbortSignal,
): Promise<boolean> {
  if (source.changed === undefined) {
    await sleep(clock, intervalMs, ended);
    return true;
  }
  const waiting = new AbortController();
  const stop = (): void => waiting.abort();
  ended.addEventListener("abort", stop);
  const changed = source.changed(tag(), waiting.signal).then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([changed, sleep(clock, intervalMs, ended).then(() => true)]);
  } finally {
    stop();
    ended.removeEventListener("abort", stop);
  }
}

/** Full jitter: anything up to a bound that doubles, so that a fleet does not come back as one. */
function backoffMs(failures: number): number {
  const bound = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 10));
  return Math.random() * bound;
}

function sleep(clock: Clock, ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(ms, done);
    function done(): void {
      cancel();
      ended.removeEventListener("abort", done);
      resolve();
    }
    ended.addEventListener("abort", done);
    if (ended.aborted) done();
  });
}
