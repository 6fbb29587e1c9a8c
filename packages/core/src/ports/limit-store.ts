import type { Rate } from "../policy-document.ts";

/** One counter that a call must fit into. */
export type LimitDemand =
  | { readonly kind: "rate"; readonly limit: string; readonly key: string; readonly rate: Rate }
  | {
      readonly kind: "budget";
      readonly limit: string;
      readonly key: string;
      readonly amount: number;
      readonly windowSeconds: number;
      /** Finite and not negative. */
      readonly cost: number;
      /** Cost above which the soft threshold is crossed, absolute. */
      readonly softAmount?: number;
    }
  | {
      readonly kind: "concurrent";
      readonly limit: string;
      readonly key: string;
      readonly most: number;
      /** After this the slot is free again even if nobody settled it. */
      readonly leaseSeconds: number;
    };

/** The answer to a reservation. */
export type Reservation =
  | {
      readonly ok: true;
      readonly id: string;
      /** Ids of limits whose soft threshold this call crosses. */
      readonly soft: readonly string[];
    }
  | { readonly ok: false; readonly limit: string; readonly retryAfterSeconds: number };

/**
 * Counters of limits. A throw or a time-out denies with `limit-unavailable`; a store that cannot
 * hold another key must throw, never permit.
 */
export interface LimitStore {
  /** Reserves all demands or none, atomically. */
  reserve(demands: readonly LimitDemand[]): Promise<Reservation>;
  /** The call began: budgets keep `cost` (default what was reserved), slots are freed. */
  settle(reservation: string, cost?: number): Promise<void>;
  /** The call never began: everything is given back. */
  release(reservation: string): Promise<void>;
}
