import type { LimitDemand } from "../ports/limit-store.ts";
import type { Counter } from "./counter.ts";

type SlotDemand = Extract<LimitDemand, { kind: "concurrent" }>;

interface Lease {
  readonly until: number;
}

// A slot may be given back at any moment, so a longer wait would say too much.
const WAIT_MS = 1000;

/** Counts calls that run at the same time; a slot is a lease that ends by itself. */
export function createSlotCounter(): Counter<SlotDemand> {
  const leases = new Set<Lease>();
  return {
    take({ most, leaseSeconds }, now) {
      for (const lease of leases) if (lease.until <= now) leases.delete(lease);
      if (leases.size >= most) return { ok: false, waitMs: WAIT_MS };
      const lease = { until: now + Math.ceil(leaseSeconds * 1000) };
      leases.add(lease);
      const free = (): void => void leases.delete(lease);
      return { ok: true, soft: false, held: { settle: free, release: free } };
    },
    replenishedAt() {
      let latest = 0;
      for (const { until } of leases) latest = Math.max(latest, until);
      return latest;
    },
  };
}
