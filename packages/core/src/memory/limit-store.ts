import { PortcullisConfigError, PortcullisError } from "../errors.ts";
import type { LimitDemand, LimitStore } from "../ports/limit-store.ts";
import type { Clock, Random } from "../ports/runtime.ts";
import { checkDemand } from "./check-demand.ts";
import type { Held, Taken } from "./counter.ts";
import { createCounters } from "./counters.ts";
import { createHighWater } from "./high-water.ts";

/** Parts and bounds of {@link createMemoryLimitStore}. */
export interface MemoryLimitStoreOptions {
  /** Only its monotonic time is read. */
  readonly clock: Clock;
  /** Makes reservation ids. Default: numbers. */
  readonly random?: Random;
  /** Most counters held at the same time. Default 100 000. */
  readonly maxKeys?: number;
}

interface Attempt {
  readonly demand: LimitDemand;
  readonly taken: Taken;
}

interface Reserved {
  readonly attempts: readonly Attempt[];
  readonly until: number;
}

const OPEN_MS = 3_600_000;

/**
 * Creates a `LimitStore` in memory: GCRA for rates, exact budgets over a window that slides in 60
 * steps, slots as leases.
 *
 * A reservation ends once: the first `settle` or `release` counts, every later one and one with an
 * unknown id does nothing. `settle` with a cost that is not lower than the reserved one keeps the
 * reserved one. A reservation that nobody ends counts as settled after an hour, or its longest
 * lease. Parts of a limit that share a key count apart; a rate that changes begins anew. A refusal
 * names the limit with the longest wait, in whole seconds: a second for a slot, the whole window
 * for a cost above the whole budget. A counter is dropped only when it is as good as a new one.
 *
 * `reserve` rejects with `ERR_STORE_UNAVAILABLE` when it cannot hold another counter or the clock
 * fails, and with a `TypeError` for a demand that is not one.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `maxKeys` is not a positive whole number.
 *
 * @example
 * ```ts
 * declare const clock: Clock;
 * const limits = createMemoryLimitStore({ clock });
 * const rate = { count: 100, windowSeconds: 60 };
 * const answer = await limits.reserve([{ kind: "rate", limit: "reads", key: '["bot"]', rate }]);
 * if (answer.ok) await limits.settle(answer.id);
 * ```
 */
export function createMemoryLimitStore(options: MemoryLimitStoreOptions): LimitStore {
  const { clock, random, maxKeys = 100_000 } = options;
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new PortcullisConfigError("maxKeys", "`maxKeys` must be a positive whole number.");
  }
  const counters = createCounters(maxKeys);
  const reservations = new Map<string, Reserved>();
  const begun = clock.monotonic();
  const readTime = createHighWater(() => Math.floor(clock.monotonic() - begun));
  let sequence = 0;

  const finish = (attempts: readonly Attempt[], how: (held: Held) => void): void => {
    for (const { taken } of attempts) if (taken.ok) how(taken.held);
    const now = readTime();
    for (const { demand } of attempts) counters.tidy(demand, now);
  };
  const end = (id: string, how: (held: Held) => void): void => {
    const reserved = reservations.get(id);
    if (reserved === undefined) return;
    reservations.delete(id);
    finish(reserved.attempts, how);
  };
  const settleForgotten = (now: number): void => {
    for (const [id, { until }] of reservations) {
      if (until > now) return;
      end(id, (held) => held.settle());
    }
  };
  const takeAll = (demands: readonly LimitDemand[], now: number): readonly Attempt[] => {
    const attempts: Attempt[] = [];
    try {
      for (const demand of demands) attempts.push({ demand, taken: counters.take(demand, now) });
    } catch (cause) {
      finish(attempts, (held) => held.release());
      throw cause;
    }
    return attempts;
  };

  return {
    async reserve(demands) {
      const checked = demands.map(checkDemand);
      const now = readTime();
      settleForgotten(now);
      const id = random === undefined ? String((sequence += 1)) : random.id();
      if (reservations.has(id)) {
        throw new PortcullisError("ERR_STORE_UNAVAILABLE", "A reservation id came twice.", {
          fields: { reason: "random" },
        });
      }
      const attempts = takeAll(checked, now);
      const refused = longestWait(attempts);
      if (refused !== undefined) {
        finish(attempts, (held) => held.release());
        return { ok: false, ...refused };
      }
      const leases = checked.map((demand) =>
        demand.kind === "concurrent" ? demand.leaseSeconds * 1000 : 0,
      );
      reservations.set(id, { attempts, until: now + Math.max(OPEN_MS, ...leases) });
      const soft = attempts.filter(({ taken }) => taken.ok && taken.soft);
      return { ok: true, id, soft: [...new Set(soft.map(({ demand }) => demand.limit))] };
    },
    async settle(reservation, cost) {
      end(reservation, (held) => held.settle(cost));
    },
    async release(reservation) {
      end(reservation, (held) => held.release());
    },
  };
}

function longestWait(
  attempts: readonly Attempt[],
): { readonly limit: string; readonly retryAfterSeconds: number } | undefined {
  let longest: { readonly limit: string; readonly waitMs: number } | undefined;
  for (const { demand, taken } of attempts) {
    if (taken.ok || (longest !== undefined && longest.waitMs >= taken.waitMs)) continue;
    longest = { limit: demand.limit, waitMs: taken.waitMs };
  }
  if (longest === undefined) return undefined;
  return {
    limit: longest.limit,
    retryAfterSeconds: Math.max(1, Math.ceil(longest.waitMs / 1000)),
  };
}
