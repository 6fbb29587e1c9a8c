import type { LimitDemand } from "../ports/limit-store.ts";
import type { Counter } from "./counter.ts";

interface RateEvent {
  readonly at: number;
  open: boolean;
}

type RateDemand = Extract<LimitDemand, { kind: "rate" }>;

const MOST_EVENTS = 1024;

/**
 * Counts calls by GCRA: one number, the theoretical arrival time, once no call is open.
 *
 * Times are multiplied by `count`, so that with whole milliseconds every sum is a whole number. As
 * long as a call is open, the calls from it on are kept apart: releasing it then leaves exactly
 * what the others alone would have left. Of more than 1 024 such calls the oldest count for good.
 */
export function createRateCounter({ rate }: RateDemand): Counter<RateDemand> {
  const { count, windowSeconds, burst = count } = rate;
  const step = Math.ceil(windowSeconds * 1000);
  const events: RateEvent[] = [];
  let settled = 0;
  let arrival = 0;

  const fold = (from: number, event: RateEvent): number => Math.max(from, event.at) + step;
  const foldSettled = (): void => {
    while (events[0]?.open === false || events.length > MOST_EVENTS) {
      const event = events.shift();
      if (event !== undefined) settled = fold(settled, event);
    }
  };

  return {
    take(_demand, now) {
      const at = now * count;
      const excess = Math.max(arrival, at) + step - burst * step - at;
      if (excess > 0) return { ok: false, waitMs: excess / count };
      const event = { at, open: true };
      arrival = fold(arrival, event);
      events.push(event);
      foldSettled();
      const held = {
        settle() {
          event.open = false;
          foldSettled();
        },
        release() {
          const index = events.indexOf(event);
          if (index === -1) return;
          events.splice(index, 1);
          arrival = events.reduce(fold, settled);
          foldSettled();
        },
      };
      return { ok: true, soft: false, held };
    },
    replenishedAt: () => arrival / count,
  };
}
