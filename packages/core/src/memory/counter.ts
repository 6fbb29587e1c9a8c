/** What a counter holds for one call until it is settled or released. */
export interface Held {
  /** Keeps what was taken; a budget keeps `cost` if that is lower. */
  settle(cost?: number): void;
  /** Gives back what was taken, as if it had never been. */
  release(): void;
}

/** The answer of one counter. */
export type Taken =
  | { readonly ok: true; readonly soft: boolean; readonly held: Held }
  | { readonly ok: false; readonly waitMs: number };

/** One counter of a limit; times in whole milliseconds since the store began. */
export interface Counter<Demand> {
  /** Takes the demand's share, or tells how long to wait for it. */
  take(demand: Demand, now: number): Taken;
  /** From when on the counter is as good as a new one. */
  replenishedAt(): number;
}
