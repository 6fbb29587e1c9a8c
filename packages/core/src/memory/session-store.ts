import { PortcullisConfigError, PortcullisError } from "../errors.ts";
import type {
  CallArguments,
  CallEntry,
  SessionSnapshot,
  SessionStore,
  Usage,
} from "../ports/session-store.ts";
import type { Clock } from "../ports/runtime.ts";
import { checkUsage } from "../limits/check-usage.ts";
import { createValueIndex } from "./value-index.ts";
import type { ValueIndex } from "./value-index.ts";

/** Parts and bounds of {@link createMemorySessionStore}. */
export interface MemorySessionStoreOptions {
  readonly clock: Clock;
  /** Most sessions held at the same time. Default 10 000. */
  readonly maxSessions?: number;
  /** Most bytes of memory for values over all sessions, about. Default 1 GiB. */
  readonly maxIndexBytes?: number;
}

interface Session {
  /** False while nothing but use or labels was reported. */
  opened: boolean;
  calls: readonly CallEntry[];
  truncated: boolean;
  turn: number;
  startedAt: number;
  labels: readonly string[];
  /** Labels that every value may carry. */
  everywhere: readonly string[];
  /** Undefined while no values were added. */
  index: ValueIndex | undefined;
  usage: Usage | undefined;
  lastUsage: Usage | undefined;
  readonly running: Set<string>;
}

const MOST_CALLS = 256;
const MOST_RUNNING = 4096;
const DEFAULT_INDEX_BYTES = 1024 ** 3;

/**
 * Creates a `SessionStore` in memory: the last 256 calls of each session, labels, the values that
 * carry them, and summed use.
 *
 * Opening without an entry changes nothing. When the store is full, the session that was idle for
 * the longest time is forgotten, never one with a running call; so are sessions with values when all
 * values together take too much memory. From then on an unknown session that is not new counts as
 * `truncated`. The first `close` of a call counts, a later one and one of an unknown call do nothing.
 * Labels and use may be reported before the first call.
 *
 * A method rejects with `ERR_STORE_UNAVAILABLE` when every session has a running call, or one
 * session has more than 4 096; with a `TypeError` for a repeated `ref`, an `outcome` that ends
 * nothing, or use that is negative or not finite.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a bound is not a positive whole number.
 *
 * @example
 * ```ts
 * declare const clock: Clock;
 * const sessions = createMemorySessionStore({ clock });
 * const entry = { ref: "1", tool: "read_ticket", outcome: "running", at: clock.now() } as const;
 * const before = await sessions.open({ key: "s1", isNew: true, unknownLabels: [], entry });
 * await sessions.close("s1", "1", "completed");
 * ```
 */
export function createMemorySessionStore(options: MemorySessionStoreOptions): SessionStore {
  const { clock, maxSessions = 10_000, maxIndexBytes = DEFAULT_INDEX_BYTES } = options;
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
    throw new PortcullisConfigError(
      "maxSessions",
      "`maxSessions` must be a positive whole number.",
    );
  }
  if (!Number.isSafeInteger(maxIndexBytes) || maxIndexBytes < 1) {
    throw new PortcullisConfigError(
      "maxIndexBytes",
      "`maxIndexBytes` must be a positive whole number.",
    );
  }
  // In order of use: the first one was idle for the longest time.
  const sessions = new Map<string, Session>();
  let hasForgotten = false;
  let indexBytes = 0;

  const create = (): Session => ({
    opened: false,
    calls: Object.freeze([]),
    truncated: false,
    turn: 0,
    startedAt: clock.now(),
    labels: Object.freeze([]),
    everywhere: Object.freeze([]),
    index: undefined,
    usage: undefined,
    lastUsage: undefined,
    running: new Set(),
  });
  const forget = (key: string, { index }: Session): void => {
    sessions.delete(key);
    indexBytes -= index?.bytes ?? 0;
    hasForgotten = true;
  };
  const forgetOne = (): void => {
    for (const [key, session] of sessions) {
      if (session.running.size === 0) return forget(key, session);
    }
    throw full();
  };
  const forgetValues = (): void => {
    for (const [key, session] of sessions) {
      if (indexBytes <= maxIndexBytes) return;
      if (session.running.size === 0 && session.index !== undefined) forget(key, session);
    }
    if (indexBytes > maxIndexBytes) throw full();
  };
  const use = (key: string): Session => {
    const known = sessions.get(key);
    if (known === undefined && sessions.size >= maxSessions) forgetOne();
    const session = known ?? create();
    sessions.delete(key);
    sessions.set(key, session);
    return session;
  };
  const begin = (
    session: Session,
    {
      isNew,
      unknownLabels,
    }: { readonly isNew: boolean; readonly unknownLabels: readonly string[] },
  ): void => {
    if (session.opened) return;
    session.opened = true;
    session.startedAt = clock.now();
    if (isNew) return;
    session.labels = union(session.labels, unknownLabels);
    session.everywhere = union(session.everywhere, unknownLabels);
    session.truncated = hasForgotten;
  };

  return {
    async open({ key, entry, ...start }) {
      if (entry === undefined) {
        const copy = { ...(sessions.get(key) ?? create()) };
        begin(copy, start);
        return snapshot(copy);
      }
      const running = sessions.get(key)?.running;
      if (running?.has(entry.ref)) throw new TypeError("A call's `ref` came twice.");
      if (running !== undefined && running.size >= MOST_RUNNING) {
        throw unavailable("running", "Too many calls of the session run at the same time.");
      }
      const session = use(key);
      begin(session, start);
      const before = snapshot(session);
      append(session, entry);
      return before;
    },
    async close(key, ref, outcome, kept = {}) {
      if (outcome === "running") throw new TypeError("A call cannot end as `running`.");
      if (!sessions.get(key)?.running.has(ref)) return;
      finish(use(key), { ref, outcome, ...copyArguments(kept) });
    },
    async addLabels(key, labels) {
      const session = use(key);
      session.labels = union(session.labels, labels);
      session.everywhere = union(session.everywhere, labels);
    },
    async addValues(key, values) {
      const session = use(key);
      session.labels = union(session.labels, values.labels);
      const before = session.index?.bytes ?? 0;
      session.index ??= createValueIndex();
      const fits = session.index.add(values);
      indexBytes += session.index.bytes - before;
      if (!fits) session.everywhere = session.labels;
      forgetValues();
    },
    async findLabels(key, query) {
      const session = { ...(sessions.get(key) ?? create()) };
      begin(session, query);
      const found = session.index?.find(query);
      if (found !== undefined) return { ...found, everywhere: session.everywhere };
      const isEmpty = session.index === undefined;
      return {
        everywhere: isEmpty ? session.everywhere : session.labels,
        exact: query.exact.map(() => undefined),
        shingles: Array.from(query.shingles, () => undefined),
      };
    },
    async addUsage(key, usage) {
      const counted = usage === undefined ? undefined : checkUsage(usage);
      const session = use(key);
      session.lastUsage = counted;
      if (counted === undefined) return;
      const { inputTokens, outputTokens } = counted;
      session.usage = Object.freeze({
        inputTokens: inputTokens + (session.usage?.inputTokens ?? 0),
        outputTokens: outputTokens + (session.usage?.outputTokens ?? 0),
      });
    },
  };
}

function append(session: Session, { ref, tool, outcome, at, ...kept }: CallEntry): void {
  const entry = Object.freeze({ ref, tool, outcome, at, ...copyArguments(kept) });
  const calls = [...session.calls, entry];
  if (calls.length > MOST_CALLS) session.truncated = true;
  session.calls = Object.freeze(calls.slice(-MOST_CALLS));
  session.turn += 1;
  if (outcome === "running") session.running.add(ref);
}

function copyArguments({ args, numbers }: CallArguments): CallArguments {
  const byPointer = args === undefined ? undefined : Object.freeze({ ...args.byPointer });
  return {
    ...(args === undefined || byPointer === undefined
      ? {}
      : { args: Object.freeze({ keyId: args.keyId, byPointer }) }),
    ...(numbers === undefined ? {} : { numbers: Object.freeze({ ...numbers }) }),
  };
}

function finish(session: Session, end: Omit<CallEntry, "tool" | "at">): void {
  session.running.delete(end.ref);
  session.calls = Object.freeze(
    session.calls.map((call) => (call.ref === end.ref ? Object.freeze({ ...call, ...end }) : call)),
  );
}

function snapshot(session: Session): SessionSnapshot {
  const { calls, truncated, turn, startedAt, labels, usage, lastUsage } = session;
  return Object.freeze({
    calls,
    truncated,
    turn,
    startedAt,
    labels,
    ...(usage === undefined ? {} : { usage }),
    ...(lastUsage === undefined ? {} : { lastUsage }),
  });
}

function union(held: readonly string[], added: readonly string[]): readonly string[] {
  return Object.freeze([...new Set([...held, ...added])].toSorted());
}

function full(): PortcullisError {
  return unavailable("full", "Every session that the store holds has a running call.");
}

function unavailable(reason: string, message: string): PortcullisError {
  return new PortcullisError("ERR_STORE_UNAVAILABLE", message, { fields: { reason } });
}
