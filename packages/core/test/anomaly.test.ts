import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGuard } from "../src/create-guard.ts";
import { explainRules } from "../src/explain.ts";
import type { EvaluationRequest } from "../src/evaluation-request.ts";
import type { CallEntry, SessionSnapshot } from "../src/ports/session-store.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import { compilePolicy } from "../src/compile-policy.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";
import * as b from "./support/policy-builders.ts";

const score = b.anomaly(b.path("args.amount", "double"));
const above = (bound: number) => b.op2("gt", score, b.lit(bound, "double"));
const isScore = (expected: number) => b.op2("eq", score, b.lit(expected, "double"));

const entry = (amount: number, more: Partial<CallEntry> = {}): CallEntry => ({
  ref: "r",
  tool: "act",
  outcome: "completed",
  at: 0,
  numbers: { "/amount": amount },
  ...more,
});

const snapshot = (calls: readonly CallEntry[], truncated = false): SessionSnapshot => ({
  calls,
  truncated,
  turn: calls.length,
  startedAt: 0,
  labels: [],
});

const asked = (calls: readonly CallEntry[], amount: unknown, truncated = false) =>
  ({
    args: { amount },
    session: snapshot(calls, truncated),
  }) as unknown as Partial<EvaluationRequest>;

const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8].map((amount) => entry(amount));
const SAME = Array.from({ length: 8 }, () => entry(10));

describe("anomaly", () => {
  test.for([
    ["nothing to compare with", [], 1e9, 0],
    ["seven calls", EIGHT.slice(1), 1e9, 0],
    ["the same as always", SAME, 10, 0],
    ["the median", EIGHT, 4.5, 0],
    ["a MAD of 2 away", EIGHT, 6.5, 1 / 1.4826],
    ["as far below", EIGHT, 2.5, 1 / 1.4826],
    ["far away", EIGHT, 24.5, 10 / 1.4826],
    ["an odd number of calls", [...EIGHT, entry(9)], 9, 2 / 1.4826],
    ["one outlier among the samples", [...EIGHT.slice(1), entry(1e300)], 5.5, 0],
    ["extreme samples", [...SAME, ...SAME.map(() => entry(1e308)), entry(-1e308)], 10, 0],
  ] as const)("scores %s", ([, calls, amount, expected]) => {
    expect(b.outcomeOf(isScore(expected), asked(calls, amount))).toBe(true);
  });

  test.for([
    ["of another tool", { tool: "other" }],
    ["that still run", { outcome: "running" }],
    ["that failed", { outcome: "failed" }],
    ["that were denied", { outcome: "denied" }],
    ["without the number", { numbers: {} }],
    ["of another argument", { numbers: { "/other": 1 } }],
    ["of an inherited name", { numbers: Object.create({ "/amount": 1 }) }],
  ] as const)("does not count calls %s", ([, more]) => {
    const calls = [...EIGHT.slice(1), entry(1, more)];
    expect(b.outcomeOf(isScore(0), asked(calls, 1e9))).toBe(true);
  });

  test("is infinite where the samples agree and the value does not", () => {
    const beyond = above(Number.MAX_VALUE);
    expect(b.outcomeOf(beyond, asked(SAME, 10.01))).toBe(true);
    expect(b.outcomeOf(beyond, asked(SAME, 9.99))).toBe(true);
    const counted = b.op2("gt", b.calc("add", "double", score, b.lit(1.5, "double")), b.lit(3.5));
    expect(b.outcomeOf(counted, asked(SAME, 9.99))).toBe("error");
  });

  test("is an error for what is no number, or without a session", () => {
    expect(b.outcomeOf(above(3), asked(EIGHT, "9"))).toBe("error");
    expect(b.outcomeOf(above(3), asked(EIGHT, undefined))).toBe("error");
  });

  test("is no longer 0 when a flood of other calls has pushed the samples out", () => {
    const others = Array.from({ length: 250 }, () => entry(1, { tool: "other" }));
    const flooded = [...EIGHT.slice(2), ...others];
    expect(b.outcomeOf(above(3), asked(flooded, 1e9, true))).toBe("error");
    expect(b.outcomeOf(above(3), asked([...EIGHT, ...others], 1e9, true))).toBe(true);
    expect(b.outcomeOf(above(3), asked([...EIGHT, ...others], 5, true))).toBe(false);
  });

  test("gives out no more work than a decision has", () => {
    const asking = asked(EIGHT, 1e9);
    const policy = compilePolicy(
      b.documentOf({ rules: [b.rule("r", "forbid", { when: above(3) })] }),
    );
    expect(policy.sampled).toEqual([{ pointer: "/amount", path: ["amount"] }]);
    expect(b.outcomeOf(above(3), { ...asking, workLimit: 7 })).not.toBe(true);
  });

  test("is neither moved by a shift nor by a positive factor", () => {
    const amount = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(amount, { minLength: 8, maxLength: 40 }),
        amount,
        fc.integer({ min: 0, max: 8 }),
        amount,
        (samples, value, power, shift) => {
          const by = 2 ** power;
          const move = (one: number): number => one * by + shift;
          const before = asked(
            samples.map((one) => entry(one)),
            value,
          );
          const after = asked(
            samples.map((one) => entry(move(one))),
            move(value),
          );
          for (const bound of [0, 0.5, 3, 100]) {
            expect(b.outcomeOf(above(bound), after)).toBe(b.outcomeOf(above(bound), before));
          }
        },
      ),
    );
  });

  test("comes to the same in an explanation", () => {
    const when = above(3);
    const policy = compilePolicy(b.documentOf({ rules: [b.rule("r", "forbid", { when })] }));
    const principal = trustedPrincipal({ agent: { id: "bot" } });
    const request = { tool: "act", principal, now: 0, ...asked(EIGHT, 24.5) } as EvaluationRequest;
    const [trace] = explainRules(policy, request);
    expect(JSON.stringify(trace)).toContain(`"op":"anomaly"`);
    expect(JSON.stringify(trace)).toContain(`"value":${20 / 2 / 1.4826}`);
  });
});

const unusual = (more: Partial<PolicyDocument> = {}): PolicyDocument =>
  fixturePolicy({
    rules: [permit("p", ["pay", "look"])],
    tools: { pay: tool({ class: "pay" }), look: tool() },
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [
        {
          when: b.and(b.has(b.path("args.amount")), above(3)),
          points: 31,
          factor: "unusual-argument",
        },
      ],
      approval: [],
      deny: { from: 81 },
    },
    ...more,
  });

describe("the session's samples", () => {
  const principal = trustedPrincipal({ agent: { id: "bot" } });
  const context = { principal, session: { id: "s", isNew: true } };
  async function setUp(policy: PolicyDocument) {
    const clock = createFakeClock();
    const store = createMemorySessionStore({ clock });
    let last: SessionSnapshot | undefined;
    const sessions: typeof store = {
      ...store,
      open: async (request) => (last = await store.open(request)),
    };
    const guard = await createGuard({ policy, clock, sessions });
    const pay = (amount: number, run: () => unknown = () => null) =>
      guard.execute({ callId: "c", tool: "pay", args: { amount, to: "bob" } }, context, run);
    return { pay, guard, lastCalls: () => last?.calls ?? [] };
  }

  test("are the numbers that ran of completed calls, and nothing else", async () => {
    const clamp = {
      id: "c",
      effect: "require",
      tools: ["pay"],
      obligations: [{ type: "clamp", path: "/amount", max: 50 }],
    } as const;
    const { pay, lastCalls } = await setUp(
      unusual({ rules: [permit("p", ["pay", "look"]), clamp] }),
    );
    await pay(7);
    await pay(90);
    await pay(8, () => {
      throw new Error("no");
    });
    await pay(9);
    expect(lastCalls().map(({ numbers }) => numbers)).toEqual([
      { "/amount": 7 },
      { "/amount": 50 },
      undefined,
    ]);
    expect(lastCalls().every((call) => Object.isFrozen(call))).toBe(true);
    expect(Object.isFrozen(lastCalls()[0]?.numbers)).toBe(true);
    expect(JSON.stringify(lastCalls())).not.toContain("bob");
  });

  test("are not kept for a policy that reads none", async () => {
    const { pay, lastCalls } = await setUp(fixturePolicy());
    await pay(7);
    await pay(7);
    expect(lastCalls()[0]).not.toHaveProperty("numbers");
  });

  test("raise the risk of an unusual argument, by name, from the ninth call on", async () => {
    const { pay } = await setUp(unusual());
    for (const amount of [10, 11, 9, 10, 12, 10, 8]) await pay(amount);
    expect((await pay(500)).kind).toBe("completed");
    const refused = await pay(500);
    expect(refused).toMatchObject({ kind: "denied", denial: { code: "risk-too-high" } });
    expect(refused.decision.risk.factors).toContainEqual({
      factor: "unusual-argument",
      points: 31,
    });
    // A refused value is no sample, however often it is tried.
    for (let time = 0; time < 20; time += 1) expect((await pay(500)).kind).toBe("denied");
    expect((await pay(10)).kind).toBe("completed");
  });
});
