import type { Clock, Guard, PolicyDocument, SessionStore } from "@portcullis/core";
import { createGuard, createMemorySessionStore } from "@portcullis/core";

/** A guard of its own for one run of evaluations, with empty limits, sessions and approvals. */
export interface Evaluator {
  readonly guard: Guard;
  readonly document: PolicyDocument;
}

/** Options of {@link createEvaluator}. */
export interface EvaluatorOptions {
  /** Milliseconds since the epoch at which the clock stands still. Default the present. */
  readonly now?: number;
}

/**
 * Creates an evaluator: everything is in memory, nothing is logged, and the clock stands still, so
 * that the same lines give the same answers on a fast machine and on a slow one.
 *
 * Every session is new when it is first used.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when the policy is refused.
 */
export async function createEvaluator(
  document: PolicyDocument,
  { now = Date.now() }: EvaluatorOptions = {},
): Promise<Evaluator> {
  const clock = createStillClock(now);
  const guard = await createGuard({
    policy: document,
    clock,
    sessions: withNewSessions(createMemorySessionStore({ clock })),
    // An evaluation runs no tool; there is nothing to put on record.
    sink: { write: () => Promise.resolve() },
  });
  return { guard, document };
}

/** Both times stand still, for dates and for limits; only what bounds a decision's time runs. */
function createStillClock(now: number): Clock {
  return {
    now: () => now,
    monotonic: () => 0,
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
}

/**
 * Takes a session for new at its first use in this run and at no later one: a line that is refused
 * before its session is opened must not make the next one an unknown session, and a session that
 * the store had to drop must not come back as a new one.
 */
function withNewSessions(store: SessionStore): SessionStore {
  const opened = new Set<string>();
  const open: SessionStore["open"] = (request) => {
    const isNew = !opened.has(request.key);
    // A mere check changes nothing in the store, so the session is as new as before.
    if (request.entry !== undefined) opened.add(request.key);
    return store.open({ ...request, isNew });
  };
  return {
    open,
    close: (key, ref, outcome) => store.close(key, ref, outcome),
    addLabels: (key, labels) => store.addLabels(key, labels),
    addUsage: (key, usage) => store.addUsage(key, usage),
  };
}
