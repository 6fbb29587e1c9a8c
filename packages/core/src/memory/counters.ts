import { PortcullisError } from "../errors.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import { createBudgetCounter } from "./budget-counter.ts";
import type { Counter, Taken } from "./counter.ts";
import { createRateCounter } from "./rate-counter.ts";
import { createSlotCounter } from "./slot-counter.ts";

/** All counters of a limit store, at most a fixed number of them. */
export interface Counters {
  /**
   * Takes a demand's share from its counter.
   *
   * @throws {PortcullisError} `ERR_STORE_UNAVAILABLE` when there is no room for a new counter.
   */
  take(demand: LimitDemand, now: number): Taken;
  /** Forgets the demand's counter if it is as good as a new one; called after every give-back. */
  tidy(demand: LimitDemand, now: number): void;
}

/** Creates counters; only those that are fully replenished ever make room for others. */
export function createCounters(maxKeys: number): Counters {
  const rates = new Map<string, Counter<Extract<LimitDemand, { kind: "rate" }>>>();
  const budgets = new Map<string, Counter<Extract<LimitDemand, { kind: "budget" }>>>();
  const slots = new Map<string, Counter<Extract<LimitDemand, { kind: "concurrent" }>>>();
  const all = [rates, budgets, slots];
  // No counter is replenished before this, so until then a full store looks for none.
  let nextSweep = Infinity;

  const dropOrNote = (
    counters: Map<string, Pick<Counter<never>, "replenishedAt">>,
    key: string,
    now: number,
  ): void => {
    const at = counters.get(key)?.replenishedAt() ?? Infinity;
    if (at <= now) counters.delete(key);
    else nextSweep = Math.min(nextSweep, at);
  };
  const sweep = (now: number): void => {
    nextSweep = Infinity;
    for (const counters of all) {
      for (const key of counters.keys()) dropOrNote(counters, key, now);
    }
  };
  const isFull = (): boolean => rates.size + budgets.size + slots.size >= maxKeys;
  const makeRoom = (now: number): void => {
    if (isFull() && nextSweep <= now) sweep(now);
    if (!isFull()) return;
    throw new PortcullisError("ERR_STORE_UNAVAILABLE", "The limit store is full.", {
      fields: { reason: "full" },
    });
  };
  const takeFrom = <D extends LimitDemand>(
    counters: Map<string, Counter<D>>,
    demand: D,
    now: number,
    create: (demand: D) => Counter<D>,
  ): Taken => {
    const key = keyOf(demand);
    const known = counters.get(key);
    if (known !== undefined) return known.take(demand, now);
    makeRoom(now);
    const counter = create(demand);
    const taken = counter.take(demand, now);
    counters.set(key, counter);
    dropOrNote(counters, key, now);
    return taken;
  };

  return {
    take(demand, now) {
      if (demand.kind === "rate") return takeFrom(rates, demand, now, createRateCounter);
      if (demand.kind === "budget") return takeFrom(budgets, demand, now, createBudgetCounter);
      return takeFrom(slots, demand, now, createSlotCounter);
    },
    tidy(demand, now) {
      const counters = { rate: rates, budget: budgets, concurrent: slots }[demand.kind];
      dropOrNote(counters, keyOf(demand), now);
    },
  };
}

/** Parts of one limit share the demand's key, so what tells them apart is added. */
function keyOf(demand: LimitDemand): string {
  if (demand.kind === "concurrent") return demand.key;
  if (demand.kind === "budget") return `${demand.windowSeconds} ${demand.key}`;
  const { count, windowSeconds, burst = count } = demand.rate;
  return `${count}/${windowSeconds}/${burst} ${demand.key}`;
}
