import { expect, test } from "vitest";
import type { AdapterHarness, Vector } from "../src/index.ts";
import { describeAdapter, runVector, VECTORS } from "../src/index.ts";
import { coreHarness, leakyHarness } from "./support/core-harness.ts";

describeAdapter(coreHarness);

test.for(VECTORS.map((vector) => [vector.id, vector] as const))(
  "%s fails on a harness that guards nothing",
  async ([, vector]) => {
    const report = await runVector(vector, leakyHarness);
    expect(report.status).toBe("fail");
  },
);

test("ids are unique", () => {
  const ids = VECTORS.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

const vector = VECTORS.find(({ id }) => id === "V68") as Vector;

test.for<[string, AdapterHarness, string, RegExp]>([
  [
    "a short reason is a failure",
    { ...leakyHarness, optOut: { V68: "no" } },
    "fail",
    /at least 20 characters/,
  ],
  [
    "an opt-out that would pass is a failure",
    { ...coreHarness, optOut: { V68: "This framework cannot do it at all." } },
    "fail",
    /passes although it is left out/,
  ],
  [
    "an opt-out with a reason is skipped and printed",
    { ...leakyHarness, optOut: { V68: "This framework cannot do it at all." } },
    "skip",
    /cannot do it at all/,
  ],
  [
    "a control without the effect is vacuous",
    { ...coreHarness, run: async () => ({ modelRequests: [], outputs: [] }) },
    "fail",
    /vacuous: unguarded, read_note ran 0 times instead of 1/,
  ],
  [
    "a harness that throws fails",
    {
      ...coreHarness,
      run: async () => {
        throw new Error("the harness does not know this attack");
      },
    },
    "fail",
    /does not know this attack/,
  ],
])("%s", async ([, harness, status, reason]) => {
  const report = await runVector(vector, harness);
  expect(report.status).toBe(status);
  expect(report.reason).toMatch(reason);
});
