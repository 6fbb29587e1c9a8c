import { toExactAmount } from "../limits/exact-amount.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import type { Counter } from "./counter.ts";

type BudgetDemand = Extract<LimitDemand, { kind: "budget" }>;

const STEPS = 60;

/**
 * Counts costs over a window that slides in 60 steps.
 *
 * A cost is dated at the end of its step, so it counts for at least the whole window and at most
 * one step longer: no window of that length ever holds more than the amount.
 */
export function createBudgetCounter({ windowSeconds }: BudgetDemand): Counter<BudgetDemand> {
  const windowMs = Math.ceil(windowSeconds * 1000);
  const spent = new Map<number, bigint>();
  let total = 0n;

  const endOf = (step: number): number => (step * windowMs) / STEPS + windowMs;
  const add = (step: number, cost: bigint): void => {
    const sum = (spent.get(step) ?? 0n) + cost;
    if (sum > 0n) spent.set(step, sum);
    else spent.delete(step);
    total += cost;
  };
  const giveBack = (step: number, cost: bigint): void => {
    if (spent.has(step)) add(step, -cost);
  };
  const drop = (now: number): void => {
    for (const [step, sum] of spent) {
      if (endOf(step) > now) return;
      spent.delete(step);
      total -= sum;
    }
  };
  const waitFor = (excess: bigint, now: number): number => {
    let left = excess;
    for (const [step, sum] of spent) {
      left -= sum;
      if (left <= 0n) return endOf(step) - now;
    }
    return windowMs;
  };

  return {
    take({ amount, cost, softAmount }, now) {
      drop(now);
      const units = toExactAmount(cost, "up");
      const after = total + units;
      const excess = after - toExactAmount(amount, "down");
      if (excess > 0n) return { ok: false, waitMs: waitFor(excess, now) };
      const step = Math.ceil((now * STEPS) / windowMs);
      add(step, units);
      const held = {
        settle(lower?: number) {
          // Anything but a lower cost keeps what was reserved.
          if (lower === undefined || !(lower >= 0 && lower < cost)) return;
          const less = toExactAmount(lower, "up");
          if (less < units) giveBack(step, units - less);
        },
        release: () => giveBack(step, units),
      };
      const soft = softAmount !== undefined && after >= toExactAmount(softAmount, "down");
      return { ok: true, soft, held };
    },
    replenishedAt: () => Math.max(0, ...[...spent.keys()].map(endOf)),
  };
}
