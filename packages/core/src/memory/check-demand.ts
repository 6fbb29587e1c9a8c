import type { LimitDemand } from "../ports/limit-store.ts";

/**
 * Copies a demand and believes none of its numbers.
 *
 * @throws {TypeError} when a number is missing, not finite or out of its range.
 */
export function checkDemand(demand: LimitDemand): LimitDemand {
  if (typeof demand.key !== "string" || typeof demand.limit !== "string") {
    throw new TypeError("A limit demand needs a key and a limit id.");
  }
  if (demand.kind === "rate") {
    const { count, windowSeconds, burst } = demand.rate;
    demandWhole(count, "count");
    demandPositive(windowSeconds, "windowSeconds");
    if (burst === undefined) return { ...demand, rate: { count, windowSeconds } };
    demandWhole(burst, "burst");
    return { ...demand, rate: { count, windowSeconds, burst } };
  }
  if (demand.kind === "budget") {
    demandPositive(demand.windowSeconds, "windowSeconds");
    demandAmount(demand.amount, "amount");
    demandAmount(demand.cost, "cost");
    if (demand.softAmount !== undefined) demandAmount(demand.softAmount, "softAmount");
    return { ...demand };
  }
  demandWhole(demand.most, "most");
  demandPositive(demand.leaseSeconds, "leaseSeconds");
  if (demand.kind !== "concurrent") throw new TypeError("A limit demand has an unknown kind.");
  return { ...demand };
}

function demandWhole(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`\`${name}\` of a limit must be a positive whole number.`);
  }
}

function demandPositive(value: number, name: string): void {
  if (!Number.isFinite(value) || value <= 0) {
    throw new TypeError(`\`${name}\` of a limit must be positive.`);
  }
}

function demandAmount(value: number, name: string): void {
  if (!Number.isFinite(value) || value < 0) {
    throw new TypeError(`\`${name}\` of a limit must be finite and not negative.`);
  }
}
