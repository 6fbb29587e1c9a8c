/** What a suspended call keeps for its resume. */
export interface SuspendedCall {
  /** The open reservation of its limits. */
  readonly reservation: string | undefined;
  /** Whether a grant let it pass a crossed soft limit, so that its resume needs that grant again. */
  readonly overSoftLimit: boolean;
  /** How often it was suspended. */
  readonly times: number;
}

/** The calls that the framework paused in the middle of their run. */
export interface SuspendedCalls {
  /** Takes a suspended call out, so that only one resume gets it. */
  take(key: string): SuspendedCall | undefined;
  /** Keeps a call for its resume; false when it was suspended too often. */
  keep(key: string, call: SuspendedCall): boolean;
}

/** Suspensions of one call after which its resume is a new call. */
const MOST_SUSPENSIONS = 8;

const MOST_CALLS = 10_000;

/**
 * Creates an empty memory of suspended calls.
 *
 * When it is full, the call that waits longest is forgotten: its reservation stays spent and its
 * resume reserves anew.
 */
export function createSuspendedCalls(): SuspendedCalls {
  const calls = new Map<string, SuspendedCall>();
  return {
    take(key) {
      const call = calls.get(key);
      calls.delete(key);
      return call;
    },
    keep(key, call) {
      if (call.times > MOST_SUSPENSIONS) return false;
      calls.delete(key);
      calls.set(key, call);
      const [oldest] = calls.keys();
      if (calls.size > MOST_CALLS && oldest !== undefined) calls.delete(oldest);
      return true;
    },
  };
}
