const DECIMALS = 12;
const UNIT = 10n ** BigInt(DECIMALS);

/**
 * Writes an amount as a whole number of 10⁻¹² units, so that sums are exact.
 *
 * The number is read as its shortest decimal text: `0.1` is a tenth, and ten of them are one. What
 * is finer than a unit is rounded as told: costs up, amounts down.
 *
 * @throws {TypeError} when the value is negative or not finite.
 *
 * @example
 * ```ts
 * toExactAmount(0.1, "up") * 3n === toExactAmount(0.3, "down"); // true
 * ```
 */
export function toExactAmount(value: number, round: "up" | "down"): bigint {
  if (!Number.isFinite(value) || value < 0) {
    throw new TypeError("An amount must be finite and not negative.");
  }
  if (Number.isSafeInteger(value)) return BigInt(value) * UNIT;
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = BigInt(whole + fraction);
  const shift = Number(exponent) - fraction.length + DECIMALS;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const units = digits / 10n ** BigInt(-shift);
  // The shortest digits of a number do not end in a zero, so something was cut off.
  return round === "up" ? units + 1n : units;
}
