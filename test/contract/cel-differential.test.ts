import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { generateArguments } from "./cel/argument-shape.ts";
import { choiceNumbers, createChoices } from "./cel/choices.ts";
import { createTally, runTrial } from "./cel/trial.ts";
import type { Tally } from "./cel/trial.ts";

const IS_LONG = process.env["PORTCULLIS_LONG"] === "1";
const LEAST_PAIRS = IS_LONG ? 100_000 : 2000;
const RUNS = IS_LONG ? 8000 : 500;
const SEED = 20_261_120;
const RESULT = join(import.meta.dirname, "cel-differential.result.json");

function several(count: number): fc.Arbitrary<readonly (readonly number[])[]> {
  return fc.array(choiceNumbers(count), { minLength: 1, maxLength: 8, size: "max" });
}

/** Generates tools, conditions and requests, and compares every condition in every request. */
async function runDifferential(): Promise<Tally> {
  const tally = createTally();
  await fc.assert(
    fc.asyncProperty(
      choiceNumbers(40),
      several(160),
      several(120),
      async (args, conditions, situations) => {
        const trial = {
          args: generateArguments(createChoices(args)),
          conditions: conditions.map((numbers) => createChoices(numbers)),
          situations: situations.map((numbers) => createChoices(numbers)),
        };
        await runTrial(trial, tally);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
  return tally;
}

test(
  "generated conditions come to what a CEL reference implementation says",
  { timeout: IS_LONG ? 3_600_000 : 120_000 },
  async () => {
    const tally = await runDifferential();
    const { pairs, values, truths, deviations, optional, conditions } = tally;
    console.log(
      `CEL differential: ${pairs.compared} pairs, ${pairs.agreed} agree, ${pairs.deviated} deviate as listed; ${values.compared} values.`,
    );
    expect(pairs.compared).toBeGreaterThanOrEqual(LEAST_PAIRS);
    expect(pairs.agreed + pairs.deviated).toBe(pairs.compared);
    // Nothing would be shown by conditions that are nearly all errors, or all refused.
    for (const count of Object.values(truths)) expect(count / pairs.compared).toBeGreaterThan(0.15);
    expect(pairs.deviated / pairs.compared).toBeLessThan(0.05);
    expect(conditions.wildRefused / conditions.wild).toBeLessThan(0.5);
    // The second library has faults of its own: no `string` of times, patterns of JavaScript.
    expect(optional.agreed / optional.compared).toBeGreaterThan(0.9);
    if (!IS_LONG) return;

    for (const [deviation, count] of Object.entries(deviations)) {
      expect(count, `${deviation} never shows, so it must not be listed`).toBeGreaterThan(0);
    }
    const date = new Date().toISOString().slice(0, 10);
    const result = { date, seed: SEED, runs: RUNS, ...tally };
    await writeFile(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  },
);
