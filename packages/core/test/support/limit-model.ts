import type { LimitDemand } from "../../src/ports/limit-store.ts";

/** A naive `LimitStore`: every event kept, every question answered by walking over all of them. */
export interface LimitModel {
  advance(ms: number): void;
  add(id: string, demands: readonly LimitDemand[]): void;
  settle(id: string): void;
  release(id: string): void;
  /**
   * `mustPermit`: fits even if costs count one step of the window longer. `mayPermit`: fits if they
   * count for exactly the window.
   */
  judge(demands: readonly LimitDemand[]): {
    readonly mustPermit: boolean;
    readonly mayPermit: boolean;
  };
}

interface Event {
  readonly id: string;
  readonly at: number;
  readonly demand: LimitDemand;
  settled: boolean;
}

/** Costs and amounts are tenths here, so that the model adds whole numbers. */
const tenths = (value: number): number => Math.round(value * 10);

export function createLimitModel(): LimitModel {
  let now = 0;
  let events: Event[] = [];

  const fits = (demand: LimitDemand, stepShare: number): boolean => {
    const same = events.filter((event) => isSameCounter(event.demand, demand));
    if (demand.kind === "concurrent") {
      const running = same.filter(
        ({ settled, at }) => !settled && now < at + demand.leaseSeconds * 1000,
      );
      return running.length < demand.most;
    }
    if (demand.kind === "budget") {
      const windowMs = demand.windowSeconds * 1000;
      const counted = same.filter(({ at }) => now < at + windowMs + stepShare * windowMs);
      const spent = counted.reduce(
        (sum, event) => sum + (event.demand.kind === "budget" ? tenths(event.demand.cost) : 0),
        0,
      );
      return spent + tenths(demand.cost) <= tenths(demand.amount);
    }
    const { count, windowSeconds, burst = count } = demand.rate;
    // Scaled by `count`: one interval is then the whole window.
    const interval = windowSeconds * 1000;
    const arrival = same.reduce(
      (time, { at }) => Math.max(time, at * count) + interval,
      Number.NEGATIVE_INFINITY,
    );
    return arrival - now * count <= (burst - 1) * interval;
  };

  return {
    advance: (ms) => void (now += ms),
    add(id, demands) {
      for (const demand of demands) events.push({ id, at: now, demand, settled: false });
    },
    settle(id) {
      for (const event of events) if (event.id === id) event.settled = true;
    },
    release(id) {
      events = events.filter((event) => event.id !== id || event.settled);
    },
    judge: (demands) => ({
      mustPermit: demands.every((demand) => fits(demand, 1 / 60)),
      mayPermit: demands.every((demand) => fits(demand, 0)),
    }),
  };
}

function isSameCounter(a: LimitDemand, b: LimitDemand): boolean {
  if (a.kind !== b.kind || a.key !== b.key) return false;
  if (a.kind === "rate" && b.kind === "rate") {
    return JSON.stringify(a.rate) === JSON.stringify(b.rate);
  }
  return a.kind !== "budget" || b.kind !== "budget" || a.windowSeconds === b.windowSeconds;
}
