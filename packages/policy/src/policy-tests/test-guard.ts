import {
  createGuard,
  createMemoryApprovalStore,
  createMemoryLimitStore,
  createMemorySessionStore,
} from "@portcullis/core";
import type {
  ApprovalStore,
  Guard,
  GuardOptions,
  LimitStore,
  PolicyDocument,
  SessionStore,
} from "@portcullis/core";
import { createStillClock } from "./still-clock.ts";
import type { StillClock } from "./still-clock.ts";

/** Parts of a guard that policies may rest on. */
export type TestParts = Pick<
  GuardOptions,
  "facts" | "matcher" | "scanner" | "definitions" | "dryRunner"
>;

/** One guard for many tests, each of which begins with empty stores. */
export interface TestGuard {
  readonly guard: Guard;
  readonly clock: StillClock;
  /** Forgets limits, sessions and approvals, and sets the clock. */
  begin(now: number): void;
  /** The channels that were told since this was last asked. */
  takeNotified(): readonly string[];
}

/** Sessions, counters and approvals of one test; what does not fit is decided more strictly. */
const CAPACITY = 250_000;

interface Stores {
  readonly limits: LimitStore;
  readonly sessions: SessionStore;
  readonly approvals: ApprovalStore;
}

/**
 * Creates a guard whose decisions depend on nothing but the policy and the calls: the clock stands
 * still, random is a counter, nothing is logged.
 */
export async function createTestGuard(
  policy: PolicyDocument,
  parts: TestParts,
): Promise<TestGuard> {
  const clock = createStillClock();
  let stores = createStores(clock);
  let ids = 0;
  let notified: readonly string[] = [];
  const guard = await createGuard({
    ...parts,
    policy,
    clock,
    random: { id: () => String((ids += 1)).padStart(22, "0") },
    deploymentKey: "policy tests hold no secret at all",
    limits: {
      reserve: (demands) => stores.limits.reserve(demands),
      settle: (id, cost) => stores.limits.settle(id, cost),
      release: (id) => stores.limits.release(id),
    },
    sessions: {
      open: (request) => stores.sessions.open(request),
      close: (...end) => stores.sessions.close(...end),
      addLabels: (key, labels) => stores.sessions.addLabels(key, labels),
      addValues: (key, values) => stores.sessions.addValues(key, values),
      findLabels: (key, query) => stores.sessions.findLabels(key, query),
      addUsage: (key, usage) => stores.sessions.addUsage(key, usage),
    },
    approvals: delegateApprovals(() => stores.approvals),
    sink: { write: () => Promise.resolve() },
    notifier: {
      notify({ channel, event }) {
        // Requests for approval are obligations of their own.
        if (event === "obligation" || event === "call-refused") notified = [...notified, channel];
        return Promise.resolve();
      },
    },
  });
  return {
    guard,
    clock,
    begin(now) {
      stores = createStores(clock);
      notified = [];
      clock.set(now);
    },
    takeNotified() {
      const told = notified;
      notified = [];
      return told;
    },
  };
}

function createStores(clock: StillClock): Stores {
  return {
    limits: createMemoryLimitStore({ clock, maxKeys: CAPACITY }),
    sessions: createMemorySessionStore({ clock, maxSessions: CAPACITY }),
    approvals: createMemoryApprovalStore({ maxRecords: CAPACITY }),
  };
}

function delegateApprovals(current: () => ApprovalStore): ApprovalStore {
  return {
    get: (id) => current().get(id),
    put: (record, expected) => current().put(record, expected),
    countPending: (session) => current().countPending(session),
    isRefused: (session, tool, argsDigest) => current().isRefused(session, tool, argsDigest),
    listPending: () => current().listPending(),
  };
}
