/** What a suspended call keeps for its resume. */
interface SuspendedCall {
  /** The open reservation of its limits. */
  readonly reservation: string | undefined;
  /** How often it was suspended. */
  readonly times: number;
}

/** The calls that the framework paused in the middle of their run. */
export interface SuspendedCalls {
  /** Takes a suspended call out, so that only one resume gets it. */
  take(key: string): SuspendedCall | undefined;
  /** Keeps a call; false when it was suspended too often or too many calls are kept. */
  keep(key: string, call: SuspendedCall): boolean;
}

/** Suspensions of one call after which its resume is a new call. */
const MOST_SUSPENSIONS = 8;

const MOST_CALLS = 10_000;

/** Creates an empty memory of suspended calls. */
export function createSuspendedCalls(): SuspendedCalls {
  const calls = new Map<string, SuspendedCall>();
  return {
    take(key) {
      const call = calls.get(key);
      calls.delete(key);
      return call;
    },
    keep(key, call) {
      if (call.times > MOST_SUSPENSIONS || calls.size >= MOST_CALLS) return false;
      calls.set(key, call);
      return true;
    },
  };
}
