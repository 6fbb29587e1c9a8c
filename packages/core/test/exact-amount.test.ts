import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toExactAmount } from "../src/limits/exact-amount.ts";

describe("toExactAmount", () => {
  test.for([
    { value: 0, up: 0n, down: 0n },
    { value: 1, up: 10n ** 12n, down: 10n ** 12n },
    { value: 0.1, up: 10n ** 11n, down: 10n ** 11n },
    { value: 12.5, up: 125n * 10n ** 11n, down: 125n * 10n ** 11n },
    { value: 1e-12, up: 1n, down: 1n },
    { value: 1e-13, up: 1n, down: 0n },
    { value: 5e-324, up: 1n, down: 0n },
    { value: 1.5e-12, up: 2n, down: 1n },
    { value: 1e21, up: 10n ** 33n, down: 10n ** 33n },
    { value: 2 ** 53, up: BigInt(2 ** 53) * 10n ** 12n, down: BigInt(2 ** 53) * 10n ** 12n },
  ])("reads $value as its shortest decimal", ({ value, up, down }) => {
    expect(toExactAmount(value, "up")).toBe(up);
    expect(toExactAmount(value, "down")).toBe(down);
  });

  test.for([-1, -1e-9, Number.NaN, Infinity, -Infinity])("refuses %s", (value) => {
    expect(() => toExactAmount(value, "up")).toThrow(TypeError);
  });

  test("never rounds a cost down or an amount up, and is exact for cents", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (value) => {
        const [up, down] = [toExactAmount(value, "up"), toExactAmount(value, "down")];
        expect(up - down === 0n || up - down === 1n).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.nat(1_000_000_000), (cents) => {
        expect(toExactAmount(cents / 100, "up")).toBe(BigInt(cents) * 10n ** 10n);
      }),
    );
  });
});
