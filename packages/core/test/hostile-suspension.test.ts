import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { Guard } from "../src/guard.ts";
import { createSuspendedCalls } from "../src/internal/suspended-calls.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import type { Limit } from "../src/policy-document.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { platform } from "#platform";
import { createFakeClock } from "./support/fake-clock.ts";
import { fixturePolicy, permit, TERMS, tool } from "./support/fixture-policy.ts";

const user = { id: "user:ann" };
const principal = trustedPrincipal({ agent: { id: "bot" }, user });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const as = (id: string): ContextInput => ({
  ...context,
  principal: trustedPrincipal({ agent: { id }, user }),
});
const pause = new Error("pause");
const isSuspension = (error: unknown): boolean => error === pause;
const pay: ToolCall = { callId: "c1", tool: "pay", args: { amount: 100 }, isSuspension };

const spending = (budget: object = {}, per: Limit["per"] = ["agent"]): Limit => ({
  id: "spent",
  tools: ["pay"],
  per,
  budget: {
    unit: "usd",
    amount: 100,
    windowSeconds: 3600,
    cost: { op: "var", t: "double", name: "args", path: ["amount"] },
    ...budget,
  },
});
const rules = [permit("p", ["look", "pay"])];

function throwPause(): never {
  throw pause;
}

async function suspend(guard: Guard, call: ToolCall, from = context): Promise<void> {
  await expect(guard.execute(call, from, throwPause)).rejects.toBe(pause);
}

async function grantAll(guard: Guard): Promise<void> {
  for (const { id, version } of await guard.listApprovals()) {
    await guard.answerApproval({ id, version, answer: "grant", proof: "p" });
  }
}

const approvalVerifier = { verify: () => ({ id: "user:sue", roles: ["supervisor"] }) };

describe("a suspended call's reservation serves nothing else", () => {
  const looks: Limit = {
    id: "looks",
    tools: ["look"],
    per: ["session"],
    rates: [{ count: 9, windowSeconds: 60 }],
  };

  test("not another tool with the same call id and arguments", async () => {
    const policy = fixturePolicy({ rules, limits: [looks, spending()] });
    const guard = await createGuard({ policy });
    const args = { amount: 1_000_000 };
    await suspend(guard, { ...pay, tool: "look", args });
    expect(await guard.execute({ ...pay, args }, context, () => 1)).toMatchObject({
      denial: { code: "limit-exceeded" },
    });
  });

  test("not another agent of the same person and session", async () => {
    const limits = [spending({ amount: 150 })];
    const guard = await createGuard({ policy: fixturePolicy({ rules, limits }) });
    await guard.execute({ ...pay, callId: "c0" }, as("b"), () => 1);
    await suspend(guard, pay, as("a"));
    expect(await guard.execute(pay, as("b"), () => 1)).toMatchObject({
      denial: { code: "limit-exceeded" },
    });
  });
});

describe("what ran in part stays spent", () => {
  test("when the resume is refused before it runs", async () => {
    let isBroken = false;
    const sink = {
      async write({ phase }: { readonly phase: string }) {
        if (isBroken && phase === "intent") throw new Error("disk full");
      },
    };
    const policy = fixturePolicy({ rules, limits: [spending()] });
    const guard = await createGuard({ policy, sink });
    await suspend(guard, pay);
    isBroken = true;
    expect(await guard.execute(pay, context, () => 1)).toMatchObject({
      denial: { code: "record-unavailable" },
    });
    isBroken = false;
    expect(await guard.execute({ ...pay, callId: "c2" }, context, () => 1)).toMatchObject({
      denial: { code: "limit-exceeded" },
    });
    expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "completed" });
  });

  test("when the resume times out while it is prepared", async () => {
    const clock = createFakeClock();
    let answer: (() => void) | undefined;
    let isSlow = false;
    const sink = {
      async write({ phase }: { readonly phase: string }) {
        if (isSlow && phase === "intent") await new Promise<void>((done) => (answer = done));
      },
    };
    const policy = fixturePolicy({ rules, limits: [spending()] });
    const guard = await createGuard({ policy, sink, clock });
    await suspend(guard, pay);
    isSlow = true;
    const resume = guard.execute(pay, context, () => 1);
    await expect.poll(() => answer).toBeDefined();
    clock.advance(5000);
    expect(await resume).toMatchObject({ denial: { code: "timed-out" } });
    isSlow = false;
    answer?.();
    await new Promise((done) => setImmediate(done));
    expect(await guard.execute({ ...pay, callId: "c2" }, context, () => 1)).toMatchObject({
      denial: { code: "limit-exceeded" },
    });
    expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "completed" });
  });
});

test("one approval of a crossed soft limit runs one call, also when it is suspended", async () => {
  const limits = [spending({ amount: 1000, soft: { at: 0.01 } })];
  const policy = fixturePolicy({ rules, limits });
  const guard = await createGuard({ policy, approvalVerifier });
  expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "approval-required" });
  await grantAll(guard);
  await suspend(guard, pay);
  expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "completed" });
  expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "approval-required" });
});

test("calls that are never resumed take the place of no other suspended call's approval", async () => {
  const obligations = [{ type: "approval", ...TERMS }] as const;
  const asks = { id: "r", effect: "require", tools: ["pay"], obligations } as const;
  const policy = fixturePolicy({ rules: [...rules, asks] });
  const guard = await createGuard({ policy, approvalVerifier, sink: { write: async () => {} } });
  for (let index = 0; index < 10_000; index += 1) {
    await suspend(guard, { ...pay, callId: `x${index}`, tool: "look", args: {} });
  }
  await guard.execute(pay, context, () => 1);
  await grantAll(guard);
  await suspend(guard, pay);
  expect(await guard.execute(pay, context, () => 1)).toMatchObject({ kind: "completed" });
});

test("a full memory forgets the call that waits longest", () => {
  const calls = createSuspendedCalls();
  const call = { reservation: undefined, overSoftLimit: false, times: 1 };
  for (let index = 0; index <= 10_000; index += 1) calls.keep(String(index), call);
  expect([calls.take("0"), calls.take("1"), calls.take("10000")]).toEqual([undefined, call, call]);
  expect(calls.keep("x", { ...call, times: 9 })).toBe(false);
});

test("an `isSuspension` that throws makes the call fail and be put on record", async () => {
  const guard = await createGuard({
    policy: fixturePolicy({ tools: { look: tool() }, rules: [permit("p", ["look"])] }),
  });
  const call: ToolCall = {
    ...pay,
    tool: "look",
    isSuspension() {
      throw new Error("no");
    },
  };
  expect(await guard.execute(call, context, throwPause)).toMatchObject({ kind: "failed" });
});

test("a session that answers after the time-out keeps no call running for ever", async () => {
  const clock = createFakeClock();
  const memory = createMemorySessionStore({ clock: platform.clock });
  let answer: (() => void) | undefined;
  const sessions = {
    ...memory,
    async open(request: Parameters<typeof memory.open>[0]) {
      await new Promise<void>((done) => (answer = done));
      return memory.open(request);
    },
  };
  let key = "";
  const sink = {
    async write(record: { readonly session?: string }) {
      key = record.session ?? key;
    },
  };
  const guard = await createGuard({ policy: fixturePolicy({ rules }), sessions, sink, clock });
  const outcome = guard.execute({ ...pay, args: { amount: 1 } }, context, () => 1);
  await expect.poll(() => answer).toBeDefined();
  clock.advance(5000);
  expect(await outcome).toMatchObject({ denial: { code: "timed-out" } });
  answer?.();
  await new Promise((done) => setImmediate(done));
  const { calls } = await memory.open({ key, isNew: false, unknownLabels: [] });
  expect(calls.map(({ outcome: how }) => how)).toEqual(["denied"]);
});
