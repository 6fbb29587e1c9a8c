import { describe, expect, test } from "vitest";
import { isMet, runGated } from "../bench/gated.ts";
import type { Gate } from "../bench/gated.ts";
import { contender, measure, quantile, ratio } from "../bench/measure.ts";
import { BENCHES } from "../bench/registry.ts";

describe("the registry", () => {
  test.for(Object.keys(BENCHES))("%s can be loaded", { timeout: 60_000 }, async (name) => {
    expect(await BENCHES[name]?.()).toBeTypeOf("function");
  });
});

/** An attempt whose figure is the next of a list, and the rounds that it was asked for. */
function planted(values: readonly (number | undefined)[], bar = 8) {
  const rounds: number[] = [];
  const attempt = async (asked: number) => {
    const value = values[rounds.length];
    rounds.push(asked);
    const gates: Gate[] = value === undefined ? [] : [{ gate: "planted", value, bar }];
    return { results: [{ case: "planted", medianNs: 1 }], gates, lines: ["a line"] };
  };
  return { attempt, rounds };
}

describe("a bar", () => {
  const cases: [string, Gate, boolean][] = [
    ["equal to the bar", { gate: "g", value: 8, bar: 8 }, true],
    ["above the bar", { gate: "g", value: 8.001, bar: 8 }, false],
    ["equal to a strict bar", { gate: "g", value: 1, bar: 1, isStrict: true }, false],
    ["below a strict bar", { gate: "g", value: 0.99, bar: 1, isStrict: true }, true],
    ["not a number", { gate: "g", value: Number.NaN, bar: 8 }, false],
    ["not a number, strict", { gate: "g", value: Number.NaN, bar: 8, isStrict: true }, false],
  ];

  test.for(cases)("%s", ([, gate, met]) => {
    expect(isMet(gate)).toBe(met);
  });
});

describe("a bench with bars", () => {
  test("is measured once where every bar is met", async () => {
    const { attempt, rounds } = planted([8]);
    const { passed, results, report } = await runGated("b", attempt);
    expect({ passed, rounds }).toEqual({ passed: true, rounds: [5] });
    expect(results).toEqual([
      { bench: "b", case: "planted", medianNs: 1 },
      { bench: "b", gate: "planted", value: 8, bar: 8, passed: true },
    ]);
    expect(report).toMatch(/pass +planted +8 +bar <= 8/);
  });

  test("fails where a bar is missed twice, the second time with doubled rounds", async () => {
    const { attempt, rounds } = planted([9, 10]);
    const { passed, results, report } = await runGated("b", attempt);
    expect({ passed, rounds }).toEqual({ passed: false, rounds: [5, 10] });
    expect(results.at(-1)).toEqual({
      bench: "b",
      gate: "planted",
      value: 10,
      bar: 8,
      passed: false,
      measured: 2,
    });
    expect(report).toMatch(/FAIL \(measured twice\) planted/);
  });

  test("passes where a bar is missed once", async () => {
    const { attempt } = planted([9, 7]);
    expect((await runGated("b", attempt)).passed).toBe(true);
  });

  test("fails where the second measurement does not give the missed figure", async () => {
    const { attempt } = planted([9, undefined]);
    expect((await runGated("b", attempt)).passed).toBe(false);
  });

  test("fails where the figure is no number", async () => {
    const { attempt } = planted([Number.NaN, Number.NaN]);
    const { passed, results } = await runGated("b", attempt);
    expect({ passed, value: results.at(-1)?.["value"] }).toEqual({ passed: false, value: null });
  });
});

/** A clock that every run of a contender moves by a number of nanoseconds. */
function simulate(costs: Readonly<Record<string, number>>) {
  const order: string[] = [];
  let now = 0;
  const contenders = Object.entries(costs).map(([name, cost]) =>
    contender(name, [cost], (ns) => {
      if (order.at(-1) !== name) order.push(name);
      now += ns;
      return now;
    }),
  );
  return { contenders, order, clock: () => now };
}

describe("measuring", () => {
  test("gives the time of one run, however many were made", async () => {
    const { contenders, clock } = simulate({ slow: 3_000_000, fast: 1000 });
    const timings = await measure(contenders, { rounds: 5, clock });
    expect(timings.map(({ medianNs, rounds }) => [medianNs, rounds])).toEqual([
      [3_000_000, 5],
      [1000, 5],
    ]);
    expect(ratio(timings, "slow", "fast")).toBe(3000);
  });

  test("turns the order round every other round", async () => {
    const { contenders, order, clock } = simulate({ a: 1e6, b: 1e6, c: 1e6 });
    await measure(contenders, { rounds: 3, clock });
    // Calibration takes them in order, then a b c, c b a, a b c.
    expect(order.join("")).toBe("abcabcbabc");
  });

  test("cycles the inputs over the batches", async () => {
    const seen: number[] = [];
    const { batch } = contender("c", [1, 2, 3], (input) => seen.push(input));
    await batch(2);
    await batch(3);
    expect(seen).toEqual([1, 2, 3, 1, 2]);
  });

  test.for([
    [0.5, 3],
    [0.99, 5],
    [0.2, 1],
    [0, 1],
  ] as const)("the quantile %d", ([share, expected]) => {
    expect(quantile([1, 2, 3, 4, 5], share)).toBe(expected);
  });

  test("a name that was not measured is an error", () => {
    expect(() => ratio([], "a", "b")).toThrow('"a"');
  });
});
