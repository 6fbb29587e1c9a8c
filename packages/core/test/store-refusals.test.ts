import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { createJsonLinesSink } from "../src/memory/json-lines-sink.ts";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import { createMemoryReplayStore } from "../src/memory/replay-store.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import type { ProvenApprover } from "../src/ports/approval-store.ts";
import type { LimitDemand } from "../src/ports/limit-store.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { record } from "./support/describe-decision-sink.ts";
import { budget, rate, slot } from "./support/describe-limit-store.ts";
import { createFakeClock, START } from "./support/fake-clock.ts";
import { fixturePolicy, permit, TERMS } from "./support/fixture-policy.ts";

describe("a demand that means nothing is refused before anything is counted", () => {
  test.for<readonly [string, object, string]>([
    ["a key that is no text", { ...rate(1, 60), key: 5 }, "key"],
    ["a limit that is no text", { ...rate(1, 60), limit: 5 }, "limit id"],
    ["a count of none", rate(0, 60), "`count`"],
    ["half a count", rate(1.5, 60), "`count`"],
    ["a burst of none", rate(1, 60, { burst: 0 }), "`burst`"],
    ["no window", rate(1, 0), "`windowSeconds`"],
    ["an endless window", rate(1, Infinity), "`windowSeconds`"],
    ["an amount that is no number", budget(Number.NaN, 1), "`amount`"],
    ["an endless amount", budget(Infinity, 1), "`amount`"],
    ["an amount below nothing", budget(-1, 1), "`amount`"],
    ["a cost that is no number", budget(1, Number.NaN), "`cost`"],
    ["a cost below nothing", budget(1, -1), "`cost`"],
    ["a soft amount that is no number", budget(1, 1, { softAmount: Number.NaN }), "`softAmount`"],
    ["a soft amount below nothing", budget(1, 1, { softAmount: -1 }), "`softAmount`"],
    ["a budget without a window", budget(1, 1, { windowSeconds: 0 }), "`windowSeconds`"],
    ["no slot", slot(0), "`most`"],
    ["a slot without a lease", slot(1, "k", 0), "`leaseSeconds`"],
    ["an unknown kind", { ...slot(1), kind: "parallel" }, "unknown kind"],
    ["a prototype's kind", { ...slot(1), kind: "toString" }, "unknown kind"],
  ])("%s", async ([, demand, named]) => {
    const store = createMemoryLimitStore({ clock: createFakeClock() });
    const whole = budget(1, 1, { key: "other" });
    await expect(store.reserve([whole, demand as LimitDemand])).rejects.toThrow(named);
    expect(await store.reserve([whole])).toMatchObject({ ok: true });
    expect(await store.reserve([whole])).toMatchObject({ ok: false });
  });

  test("nothing as an amount or a cost is a demand like another", async () => {
    const store = createMemoryLimitStore({ clock: createFakeClock() });
    expect(await store.reserve([budget(0, 0, { softAmount: 0 })])).toMatchObject({
      ok: true,
      soft: ["budget"],
    });
  });
});

const full = async (clock = createFakeClock()) => {
  const store = createMemoryLimitStore({ clock });
  await store.reserve([rate(1, 10, { limit: "short", key: "s" })]);
  await store.reserve([rate(1, 3600, { limit: "long", key: "l" })]);
  return store;
};

describe("who has to wait is told for what, and no longer than needed", () => {
  const short = rate(1, 10, { limit: "short", key: "s" });
  const long = rate(1, 3600, { limit: "long", key: "l" });
  const free = rate(1, 60, { limit: "free", key: "f" });

  test.for<readonly [string, readonly LimitDemand[], string]>([
    ["the longest last", [short, long], "long"],
    ["the longest first", [long, short], "long"],
    ["behind one that is free", [free, short], "short"],
    ["before one that is free", [short, free], "short"],
    ["the first of two alike", [short, { ...short, limit: "twin" }], "short"],
  ])("%s", async ([, demands, limit]) => {
    const store = await full();
    expect(await store.reserve(demands)).toMatchObject({
      ok: false,
      limit,
      retryAfterSeconds: limit === "long" ? 3600 : 10,
    });
  });

  test("a budget waits for the costs that have to go, not for the whole window", async () => {
    const clock = createFakeClock();
    const store = createMemoryLimitStore({ clock });
    await store.reserve([budget(10, 5)]);
    clock.advance(30_000);
    await store.reserve([budget(10, 5)]);
    clock.advance(10_000);
    expect(await store.reserve([budget(10, 5)])).toMatchObject({
      ok: false,
      retryAfterSeconds: 20,
    });
    expect(await store.reserve([budget(10, 6)])).toMatchObject({
      ok: false,
      retryAfterSeconds: 50,
    });
    clock.advance(20_000);
    expect(await store.reserve([budget(10, 5)])).toMatchObject({ ok: true });
  });
});

test("a reservation whose place in a long queue is gone gives back nobody else's", async () => {
  const store = createMemoryLimitStore({ clock: createFakeClock() });
  const demand = rate(1100, 1100);
  const first = await store.reserve([demand]);
  for (let call = 1; call < 1030; call += 1) await store.reserve([demand]);
  if (!first.ok) throw new Error("refused");
  await store.release(first.id);
  let left = 0;
  while ((await store.reserve([demand])).ok) left += 1;
  expect(left).toBe(70);
});

const createReplay = async (maxKeys?: number) => {
  const clock = createFakeClock();
  const store = createMemoryReplayStore({ clock, ...(maxKeys === undefined ? {} : { maxKeys }) });
  clock.advance(11_000);
  return store;
};

describe("one-time ids", () => {
  const times = [START / 1000 + 10, START / 1000 + 20] as const;

  test.for<readonly [string, unknown]>([
    ["a list, which is never the same", ["a"]],
    ["a number", 5],
    ["nothing", undefined],
    ["a text that is too long", "x".repeat(1025)],
  ])("%s is none", async ([, key]) => {
    await expect((await createReplay()).consume(key as string, ...times)).rejects.toThrow(
      TypeError,
    );
  });

  test("of 1 024 characters are", async () => {
    expect(await (await createReplay()).consume("x".repeat(1024), ...times)).toBe("ok");
  });

  test.for([Number.NaN, Infinity, -Infinity])("with the time %d are refused", async (time) => {
    const store = await createReplay();
    await expect(store.consume("a", time, times[1])).rejects.toThrow(TypeError);
    await expect(store.consume("a", times[0], time)).rejects.toThrow(TypeError);
  });

  test("a store for one holds one", async () => {
    const store = await createReplay(1);
    expect(await store.consume("a", ...times)).toBe("ok");
    expect(await store.consume("b", ...times)).toBe("full");
    expect(await store.consume("a", ...times)).toBe("replayed");
  });
});

const write = (): undefined => undefined;

describe("how much a store may hold", () => {
  const clock = createFakeClock();
  test.for<readonly [string, (most: number) => unknown]>([
    ["one-time ids", (maxKeys) => createMemoryReplayStore({ clock, maxKeys })],
    ["sessions", (maxSessions) => createMemorySessionStore({ clock, maxSessions })],
    ["counters", (maxKeys) => createMemoryLimitStore({ clock, maxKeys })],
    ["records", (maxRecords) => createMemoryDecisionSink({ maxRecords })],
    ["queued lines", (maxQueued) => createJsonLinesSink({ write, maxQueued })],
  ])("%s: a positive whole number", ([, create]) => {
    expect(() => create(1)).not.toThrow();
    for (const most of [0, -1, 1.5, Number.NaN, Infinity, "5" as never]) {
      expect(() => create(most)).toThrow(expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }));
    }
  });

  test("a sink of lines refuses what it cannot queue, and takes more once it could write", async () => {
    const waiting: (() => void)[] = [];
    const sink = createJsonLinesSink({
      write: () => new Promise<void>((done) => waiting.push(done)),
      maxQueued: 2,
    });
    const first = [sink.write(record("a")), sink.write(record("b"))];
    await expect(sink.write(record("c"))).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    while (waiting.length === 0) await new Promise((done) => setImmediate(done));
    waiting.shift()?.();
    await first[0];
    const third = sink.write(record("d"));
    await expect(sink.write(record("e"))).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise((done) => setImmediate(done));
      waiting.shift()?.();
    }
    await Promise.all([...first, third]);
  });

  test("a session has at most 4 096 running calls", async () => {
    const store = createMemorySessionStore({ clock });
    const open = (ref: string) =>
      store.open({
        key: "s",
        isNew: true,
        unknownLabels: [],
        entry: { ref, tool: "look", outcome: "running", at: START },
      });
    for (let call = 0; call < 4096; call += 1) await open(String(call));
    await expect(open("more")).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    await store.close("s", "17", "completed");
    await expect(open("more")).resolves.toMatchObject({ turn: 4096 });
  });
});

describe("an approver that a verifier makes up", () => {
  const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
  const context: ContextInput = { principal, session: { id: "s", isNew: true } };
  const look = { callId: "c", tool: "look", args: {} };
  const policy = fixturePolicy({
    rules: [
      permit("p", ["look"]),
      { id: "r", effect: "require", obligations: [{ type: "approval", ...TERMS }] },
    ],
  });

  test.for<readonly [string, unknown, boolean]>([
    ["sound", { id: "user:sue", roles: ["supervisor"] }, true],
    ["nobody", undefined, false],
    ["null", null, false],
    ["an id that is no text", { id: 5, roles: ["supervisor"] }, false],
    ["an empty id", { id: "", roles: ["supervisor"] }, false],
    ["no roles", { id: "user:sue" }, false],
    ["roles in a text", { id: "user:sue", roles: "supervisor" }, false],
    ["a role that is no text", { id: "user:sue", roles: ["supervisor", 5] }, false],
  ])("%s", async ([, approver, counts]) => {
    const verify = () => approver as ProvenApprover;
    const guard = await createGuard({ policy, approvalVerifier: { verify } });
    await guard.execute(look, context, () => 1);
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("Nobody was asked.");
    const { id, version } = pending;
    const answer = await guard
      .answerApproval({ id, version, answer: "grant", proof: "p" })
      .catch((cause: unknown) => cause);
    expect(answer).toMatchObject(counts ? { state: "granted" } : { code: "ERR_APPROVAL_INVALID" });
    expect(await guard.execute(look, context, () => 1)).toMatchObject({
      kind: counts ? "completed" : "approval-required",
    });
  });
});
