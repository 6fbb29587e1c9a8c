import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collectObligations, mergeObligations, NO_OBLIGATIONS } from "../src/merge-obligations.ts";
import type { MergedClamp, MergedObligations } from "../src/merge-obligations.ts";
import type { Obligation } from "../src/policy-document.ts";
import { APPROVAL } from "./support/policy-builders.ts";

/** The merged form; fails on a conflict. */
function merged(...obligations: Obligation[]): MergedObligations {
  const result = collectObligations(obligations);
  if (result === "conflict") throw new Error("conflict");
  return result;
}

const clamp = (more: object, path = "/n"): Obligation => ({ type: "clamp", path, ...more });
const approval = (more: object = {}): Obligation => ({ type: "approval", ...APPROVAL, ...more });
const notify = (channel: string, priority: "low" | "high", required: boolean): Obligation => ({
  type: "notify",
  channel,
  priority,
  required,
});

const redact = (target: "args" | "result", ...kinds: string[]): Obligation => ({
  type: "redact",
  target,
  kinds,
});

const dryRun = (demand: object): Obligation => ({ type: "dryRun", demand: demand as never });

const accepts = ({ min, max, oneOf }: Partial<MergedClamp>, value: number): boolean =>
  (min === undefined || value >= min) &&
  (max === undefined || value <= max) &&
  (oneOf === undefined || oneOf.includes(value));

test("nothing merges to nothing", () => {
  expect(mergeObligations([])).toEqual(NO_OBLIGATIONS);
  expect(collectObligations([])).toEqual(NO_OBLIGATIONS);
});

describe("clamps of one path intersect", () => {
  const cases: readonly (readonly [
    claim: string,
    parts: readonly object[],
    expected: object | "conflict",
  ])[] = [
    ["one maximum", [{ max: 5 }], { max: 5 }],
    ["the lower maximum", [{ max: 5 }, { max: 3 }], { max: 3 }],
    ["the higher minimum", [{ min: 1 }, { min: 2 }], { min: 2 }],
    ["both", [{ min: 1 }, { max: 3 }], { min: 1, max: 3 }],
    ["one point", [{ min: 3 }, { max: 3 }], { min: 3, max: 3 }],
    ["nothing left", [{ min: 4 }, { max: 3 }], "conflict"],
    ["one list, sorted", [{ oneOf: [3, 1, 3] }], { oneOf: [1, 3] }],
    ["two lists", [{ oneOf: [1, 2, 3] }, { oneOf: [2, 3, 4] }], { oneOf: [2, 3] }],
    ["lists without a common value", [{ oneOf: [1] }, { oneOf: [2] }], "conflict"],
    ["a list and a bound", [{ oneOf: [1, 5] }, { max: 3 }], { max: 3, oneOf: [1] }],
    ["a list outside a bound", [{ oneOf: [5] }, { max: 3 }], "conflict"],
    ["a list below a bound", [{ oneOf: [1] }, { min: 3 }], "conflict"],
  ];
  test.for(cases)("%s", ([, parts, expected]) => {
    const result = collectObligations(parts.map((part) => clamp(part)));
    const clamps = result === "conflict" ? result : result.clamps;
    expect(clamps).toEqual(expected === "conflict" ? expected : [{ path: "/n", ...expected }]);
  });

  test("different paths stand side by side, sorted", () => {
    const { clamps } = merged(clamp({ max: 1 }, "/z"), clamp({ max: 2 }, "/a"));
    expect(clamps).toEqual([
      { path: "/a", max: 2 },
      { path: "/z", max: 1 },
    ]);
  });

  test("a conflict of one path is a conflict of all", () => {
    expect(
      collectObligations([clamp({ max: 1 }, "/a"), clamp({ max: 1 }), clamp({ min: 2 })]),
    ).toBe("conflict");
  });
});

test("redactions of a target are united", () => {
  const result = merged(
    redact("args", "secret", "pii"),
    redact("result", "pii"),
    redact("args", "iban", "pii"),
  );
  expect(result.redactArgs).toEqual(["iban", "pii", "secret"]);
  expect(result.redactResult).toEqual(["pii"]);
});

describe("approvals become one request", () => {
  test("that keeps what a single one says", () => {
    const { type: _, ...terms } = approval();
    expect(merged(approval()).approval).toEqual(terms);
  });

  test("with every demand, the highest priority, the earliest expiry, common editables, all queues", () => {
    const { approval: result } = merged(
      approval({
        queue: "support",
        priority: "low",
        expiresSeconds: 900,
        editable: ["a", "b", "c"],
        approvers: [{ roles: ["x"], count: 1 }],
      }),
      approval({
        queue: "security",
        priority: "critical",
        expiresSeconds: 60,
        editable: ["c", "a"],
        approvers: [{ roles: ["y"], count: 2 }],
      }),
      approval({
        queue: "support",
        priority: "high",
        editable: ["a", "c", "d"],
        approvers: [{ roles: ["x"], count: 1 }],
      }),
    );
    expect(result).toEqual({
      queue: "security+support",
      priority: "critical",
      expiresSeconds: 60,
      approvers: [
        { roles: ["x"], count: 1 },
        { roles: ["y"], count: 2 },
      ],
      scope: "once",
      editable: ["a", "c"],
    });
  });

  test("whose queues do not pile up when merged again", () => {
    const once = merged(approval({ queue: "b" }), approval({ queue: "a" }));
    const twice = mergeObligations([once, once, merged(approval({ queue: "b" }))]);
    expect(twice).toEqual(once);
  });
});

test("distinct dry runs all stay, equal ones once", () => {
  const { dryRuns } = merged(dryRun({ b: 1, a: 2 }), dryRun({ z: 1 }), dryRun({ a: 2, b: 1 }));
  expect(dryRuns).toEqual([{ a: 2, b: 1 }, { z: 1 }]);
});

test("one notification for each channel, with the highest priority, required if one is", () => {
  const { notify: result } = merged(
    notify("ops", "low", false),
    notify("audit", "low", false),
    notify("ops", "high", false),
    notify("ops", "low", true),
  );
  expect(result).toEqual([
    { channel: "audit", priority: "low", required: false },
    { channel: "ops", priority: "high", required: true },
  ]);
});

describe("for all obligations", () => {
  const number = fc.integer({ min: 0, max: 6 });
  const names = fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 });
  const priority = fc.constantFrom("low", "normal", "high", "critical");
  const obligation: fc.Arbitrary<Obligation> = fc.oneof(
    fc.record(
      {
        type: fc.constant("clamp" as const),
        path: fc.constantFrom("/a", "/b"),
        min: number,
        max: number.map((value) => value + 3),
        oneOf: fc.uniqueArray(number, { minLength: 3 }),
      },
      { requiredKeys: ["type", "path", "max"] },
    ),
    fc.record({
      type: fc.constant("redact" as const),
      target: fc.constantFrom("args", "result"),
      kinds: names,
    }),
    fc.record({
      type: fc.constant("approval" as const),
      queue: fc.constantFrom("a", "b", "c"),
      priority,
      expiresSeconds: fc.integer({ min: 1, max: 9 }),
      approvers: fc.array(fc.record({ roles: names, count: fc.integer({ min: 1, max: 2 }) }), {
        minLength: 1,
        maxLength: 2,
      }),
      scope: fc.constant("once" as const),
      editable: names,
    }),
    fc.record({ type: fc.constant("dryRun" as const), demand: fc.record({ a: number }) }),
    fc.record({
      type: fc.constant("notify" as const),
      channel: fc.constantFrom("a", "b"),
      priority,
      required: fc.boolean(),
    }),
  );
  const all = fc.array(obligation, { maxLength: 8 });

  test("order has no effect", () => {
    fc.assert(
      fc.property(
        all.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(collectObligations(shuffled)).toEqual(collectObligations(list));
        },
      ),
    );
  });

  test("merging twice is merging once, in any grouping", () => {
    fc.assert(
      fc.property(all, all, (left, right) => {
        const whole = collectObligations([...left, ...right]);
        const [a, c] = [collectObligations(left), collectObligations(right)];
        const parts = a === "conflict" || c === "conflict" ? "conflict" : mergeObligations([a, c]);
        expect(parts).toEqual(whole);
        const again = parts === "conflict" ? parts : mergeObligations([parts, parts]);
        expect(again).toEqual(parts);
      }),
    );
  });

  test("a value that all clamps accept is accepted by the merged one, and no other", () => {
    fc.assert(
      fc.property(all, number, (list, value) => {
        const clamps = list.filter((one) => one.type === "clamp" && one.path === "/a");
        const result = collectObligations(clamps);
        const expected = clamps.every((one) => accepts(one as Partial<MergedClamp>, value));
        const [one = {}] = result === "conflict" ? [] : result.clamps;
        expect(result !== "conflict" && accepts(one, value)).toBe(expected);
      }),
    );
  });
});
