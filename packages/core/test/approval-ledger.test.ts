import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  ApprovalBinding,
  ApprovalLedgerOptions,
  ApprovalUse,
} from "../src/approvals/approval-ledger.ts";
import { createApprovalLedger } from "../src/approvals/approval-ledger.ts";
import {
  createSharedKeyApprovalVerifier,
  signApproval,
} from "../src/approvals/shared-key-verifier.ts";
import { createMemoryApprovalStore } from "../src/memory/approval-store.ts";
import { platform } from "../src/platform/node.ts";
import type { ApprovalTerms, Approvers } from "../src/policy-document.ts";
import type { ApprovalRecord, ApprovalStore } from "../src/ports/approval-store.ts";
import type { FakeClock } from "./support/fake-clock.ts";
import { createFakeClock, START } from "./support/fake-clock.ts";
import { slowApprovalStore } from "./support/slow-approval-store.ts";

const { digest } = platform;
const MAC_KEY = "m".repeat(32);
const KEYS: Readonly<Record<string, string>> = Object.fromEntries(
  ["user:sue", "user:sam", "user:sec", "user:ann", "bot", "root", "user:zoe"].map((id) => [
    id,
    id.padEnd(32, "k"),
  ]),
);
const verifier = createSharedKeyApprovalVerifier({
  digest,
  approvers: [
    { id: "user:sue", roles: ["supervisor"], key: KEYS["user:sue"] ?? "" },
    { id: "user:sam", roles: ["supervisor"], key: KEYS["user:sam"] ?? "" },
    { id: "user:sec", roles: ["security"], key: KEYS["user:sec"] ?? "" },
    { id: "user:ann", roles: ["supervisor"], key: KEYS["user:ann"] ?? "" },
    { id: "bot", roles: ["supervisor"], key: KEYS["bot"] ?? "" },
    { id: "root", roles: ["supervisor"], key: KEYS["root"] ?? "" },
    { id: "user:zoe", roles: [], key: KEYS["user:zoe"] ?? "" },
  ],
});

const binding = (more: Partial<ApprovalBinding> = {}): ApprovalBinding => ({
  agent: "bot",
  user: "user:ann",
  chain: ["bot", "root"],
  tool: "refund",
  argsDigest: "d1",
  session: "s1",
  policyDigest: "p1",
  ...more,
});

const terms = (
  approvers: readonly Approvers[] = [{ roles: ["supervisor"], count: 1 }],
  expiresSeconds = 900,
): ApprovalTerms => ({
  queue: "support",
  priority: "normal",
  expiresSeconds,
  approvers,
  scope: "once",
  editable: [],
});

const use = (more: Partial<ApprovalUse> = {}): ApprovalUse => ({
  terms: terms(),
  callId: "c1",
  ...more,
});

type Parts = Partial<Omit<ApprovalLedgerOptions, "clock">> & { readonly clock?: FakeClock };

const setUp = (more: Parts = {}) => {
  const clock = more.clock ?? createFakeClock();
  const store = more.store ?? createMemoryApprovalStore();
  const ledger = createApprovalLedger({
    store,
    verifier,
    digest,
    macKey: MAC_KEY,
    ...more,
    clock,
  });
  const sign = (
    record: ApprovalRecord,
    id: string,
    answer: "grant" | "refuse" = "grant",
  ): Promise<string> => {
    const statement = { id: record.id, version: record.version, argsDigest: record.argsDigest };
    return signApproval({ ...statement, answer }, { digest, id, key: KEYS[id] ?? "" });
  };
  const answer = async (
    record: ApprovalRecord,
    id = "user:sue",
    verdict: "grant" | "refuse" = "grant",
  ): Promise<ApprovalRecord> =>
    ledger.answer({
      id: record.id,
      version: record.version,
      answer: verdict,
      proof: await sign(record, id, verdict),
    });
  const grant = async (of = binding(), by = use()): Promise<ApprovalRecord> =>
    answer(await ledger.request(of, by));
  return { clock, store, ledger, sign, answer, grant };
};

const refusal = (code: string): unknown => expect.objectContaining({ name: "Refusal", code });
const invalid = (reason: string): unknown =>
  expect.objectContaining({ code: "ERR_APPROVAL_INVALID", fields: { reason } });

describe("approval id", () => {
  test("is the digest of the canonical binding", async () => {
    const { ledger } = setUp();
    const text =
      '{"argsDigest":"d1","policyDigest":"p1","principal":{"agent":"bot","chain":["bot","root"],' +
      '"user":"user:ann"},"session":"s1","tool":"refund"}';
    expect(await ledger.approvalId(binding())).toBe(await digest.sha256(text));
    expect(await ledger.approvalId(binding())).toMatch(/^[\w-]{43}$/);
  });

  test.for([
    { agent: "other" },
    { user: undefined },
    { user: "user:bob" },
    { chain: ["bot"] },
    { tool: "read" },
    { argsDigest: "d2" },
    { session: "s2" },
    { policyDigest: "p2" },
  ])("differs for %j, and a grant is of no use there", async (more) => {
    const { ledger, grant } = setUp();
    await grant();
    const other = binding(more);
    expect(await ledger.approvalId(other)).not.toBe(await ledger.approvalId(binding()));
    expect(await ledger.look(other, use())).toMatchObject({ state: "none" });
    await expect(ledger.consume(other, use())).rejects.toThrow(refusal("approval-required"));
  });
});

describe("request", () => {
  test("stores one sealed record, however often it is asked", async () => {
    const { ledger, store } = setUp();
    const first = await ledger.request(binding(), use());
    expect(first).toMatchObject({
      id: await ledger.approvalId(binding()),
      version: START,
      state: "pending",
      terms: terms(),
      requesters: ["bot", "root", "user:ann"],
      tool: "refund",
      argsDigest: "d1",
      session: "s1",
      policyDigest: "p1",
      requestedAt: START,
      expiresAt: START + 900_000,
      votes: [],
    });
    const again = await Promise.all(
      Array.from({ length: 50 }, (_, call) =>
        ledger.request(binding(), use({ callId: `${call}` })),
      ),
    );
    expect(new Set(again.map(({ version, mac }) => `${version} ${mac}`)).size).toBe(1);
    expect(await store.get(first.id)).toEqual(first);
    expect(await store.countPending("s1")).toBe(1);
  });

  test("keeps of the terms what an approval has, not what a rule adds", async () => {
    const { ledger } = setUp();
    const level = { ...terms(), from: 50, type: "approval" };
    const { terms: kept } = await ledger.request(binding(), use({ terms: level }));
    expect(kept).toEqual(terms());
  });

  test("opens again with the next version after consumption", async () => {
    const { ledger, grant } = setUp();
    await grant();
    const consumed = await ledger.consume(binding(), use());
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "none" });
    const again = await ledger.request(binding(), use());
    expect(again).toMatchObject({ state: "pending", version: consumed.version + 1, votes: [] });
    expect(again.use).toBeUndefined();
  });

  test.for(["pending", "granted"] as const)("opens again after a %s one expired", async (state) => {
    const { clock, ledger, answer } = setUp();
    let record = await ledger.request(binding(), use());
    if (state === "granted") record = await answer(record);
    clock.advance(899_999);
    expect(await ledger.look(binding(), use())).toMatchObject({ state });
    clock.advance(1);
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "expired" });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-expired"));
    const again = await ledger.request(binding(), use());
    expect(again).toMatchObject({
      state: "pending",
      version: record.version + 1,
      expiresAt: clock.now() + 900_000,
      votes: [],
    });
  });

  test("an expiry stays one when the wall clock goes back", async () => {
    const { clock, ledger, grant } = setUp();
    await grant();
    clock.advance(900_000);
    await ledger.look(binding(), use());
    clock.setWall(START);
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-expired"));
  });

  test("an expiry stays one for a later process whose clock is behind", async () => {
    const { clock, store, ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    clock.advance(900_000);
    await expect(answer(pending)).rejects.toThrow(invalid("late"));
    const behind = setUp({ store });
    expect(await behind.ledger.look(binding(), use())).toMatchObject({ state: "expired" });
  });

  test("leaves no timer behind", async () => {
    const { clock, ledger, grant } = setUp();
    await grant();
    await ledger.consume(binding(), use());
    expect(clock.scheduled).toBe(0);
  });

  test("allows 16 pending of a session at most, also in parallel and through a slow store", async () => {
    const slow = slowApprovalStore(
      createMemoryApprovalStore(),
      () => new Promise((resolve) => setImmediate(resolve)),
    );
    const { clock, ledger, answer } = setUp({ store: slow });
    const ask = (index: number, session = "s1") =>
      ledger.request(binding({ argsDigest: `d${index}`, session }), use());
    const asked = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => ask(index)));
    const stored = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(stored).toHaveLength(16);
    const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toEqual(refused.map(() => refusal("approval-limit")));
    await expect(ask(1)).resolves.toMatchObject({ state: "pending" });
    await expect(ask(1, "s2")).resolves.toMatchObject({ state: "pending" });
    const [first] = stored;
    if (first !== undefined) await answer(first);
    await expect(ask(99)).resolves.toMatchObject({ state: "pending" });
    await expect(ask(100)).rejects.toThrow(refusal("approval-limit"));
    clock.advance(900_000);
    await expect(ask(100)).resolves.toMatchObject({ state: "pending" });
    expect(await ledger.list()).toHaveLength(1);
  });

  test("asks anew, for both, when the policy demands more by now", async () => {
    const { ledger, answer } = setUp();
    const strict = use({ terms: terms([{ roles: ["security"], count: 1 }]) });
    const weak = await ledger.request(binding(), use());
    const both = await ledger.request(binding(), strict);
    expect(both.version).toBe(weak.version + 1);
    expect(both.terms.approvers).toEqual([
      { roles: ["security"], count: 1 },
      { roles: ["supervisor"], count: 1 },
    ]);
    // Whichever of them asks next, the request stands.
    expect((await ledger.request(binding(), use())).version).toBe(both.version);
    expect((await ledger.request(binding(), strict)).version).toBe(both.version);
    const half = await answer(both, "user:sue");
    expect(half.state).toBe("pending");
    expect(await answer(half, "user:sec")).toMatchObject({ state: "granted" });
    await expect(ledger.consume(binding(), strict)).resolves.toMatchObject({ state: "consumed" });
  });

  test("does not take a grant for more than it was given for", async () => {
    const { clock, ledger, grant } = setUp();
    const granted = await grant();
    const strict = use({ terms: terms([{ roles: ["security"], count: 1 }]) });
    expect(await ledger.look(binding(), strict)).toMatchObject({ state: "none" });
    await expect(ledger.consume(binding(), strict)).rejects.toThrow(refusal("approval-required"));
    const two = use({ terms: terms([{ roles: ["supervisor"], count: 2 }]) });
    await expect(ledger.consume(binding(), two)).rejects.toThrow(refusal("approval-required"));
    clock.advance(60_000);
    const short = use({ terms: terms(undefined, 60) });
    await expect(ledger.consume(binding(), short)).rejects.toThrow(refusal("approval-expired"));
    const endless = use({ terms: terms(undefined, Number.NaN) });
    await expect(ledger.consume(binding(), endless)).rejects.toThrow(refusal("approval-expired"));
    await expect(ledger.request(binding({ tool: "x" }), endless)).rejects.toThrow(
      refusal("approval-unavailable"),
    );
    expect((await ledger.request(binding(), strict)).version).toBe(granted.version + 1);
  });
});

describe("answer", () => {
  test("grants with the approver's name, and the grant is usable", async () => {
    const { ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "pending" });
    const granted = await answer(pending);
    expect(granted).toMatchObject({
      state: "granted",
      version: pending.version + 1,
      votes: [{ approver: "user:sue", roles: ["supervisor"], at: "2026-11-20T09:00:00.000Z" }],
    });
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "granted" });
    expect(await ledger.request(binding(), use())).toEqual(granted);
  });

  test.for([
    { who: "the person behind the agent", id: "user:ann", reason: "requester" },
    { who: "the acting agent", id: "bot", reason: "requester" },
    { who: "another actor of the chain", id: "root", reason: "requester" },
    { who: "someone of another role", id: "user:sec", reason: "role" },
    { who: "someone without a role", id: "user:zoe", reason: "role" },
  ])("refuses $who, whatever the answer", async ({ id, reason }) => {
    const { ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    await expect(answer(pending, id)).rejects.toThrow(invalid(reason));
    await expect(answer(pending, id, "refuse")).rejects.toThrow(invalid(reason));
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "pending" });
  });

  test("takes anyone but a requester where no role is demanded", async () => {
    const { ledger, answer } = setUp();
    for (const approvers of [[], [{ roles: [], count: 1 }]]) {
      const of = binding({ argsDigest: `d${approvers.length}` });
      const pending = await ledger.request(of, use({ terms: terms(approvers) }));
      await expect(answer(pending, "user:ann")).rejects.toThrow(invalid("requester"));
      expect(await answer(pending, "user:zoe")).toMatchObject({ state: "granted" });
    }
  });

  test.for([
    { name: "an unknown id", change: { id: "nothing" }, reason: "unknown" },
    { name: "an older version", change: { version: 0 }, reason: "unproven" },
    { name: "the other answer", change: { answer: "refuse" }, reason: "unproven" },
    { name: "no answer", change: { answer: "yes" }, reason: "answer" },
    { name: "no proof", change: { proof: "" }, reason: "unproven" },
    { name: "the id as a proof", change: { proof: "id" }, reason: "unproven" },
    { name: "a proof that is no text", change: { proof: true }, reason: "unproven" },
  ] as const)("refuses $name", async ({ change, reason }) => {
    const { ledger, sign } = setUp();
    const record = await ledger.request(binding(), use());
    const { id, version } = record;
    const sound = { id, version, answer: "grant", proof: await sign(record, "user:sue") } as const;
    const broken = { ...sound, ...change } as unknown as typeof sound;
    await expect(ledger.answer(broken)).rejects.toThrow(invalid(reason));
    await expect(ledger.answer(sound)).resolves.toMatchObject({ state: "granted" });
  });

  test.for([
    { name: "throws", verify: () => Promise.reject(new Error("down")) },
    {
      name: "throws at once",
      verify: (): never => {
        throw new Error("down");
      },
    },
    { name: "proves nobody", verify: () => undefined },
    { name: "gives no id", verify: () => ({ id: "", roles: ["supervisor"] }) },
    { name: "gives no roles", verify: () => ({ id: "x" }) as unknown as undefined },
    { name: "gives odd roles", verify: () => ({ id: "x", roles: [5] }) as unknown as undefined },
  ])("refuses when the verifier $name", async ({ verify }) => {
    const { ledger, answer } = setUp({ verifier: { verify } });
    await expect(answer(await ledger.request(binding(), use()))).rejects.toThrow(
      invalid("unproven"),
    );
  });

  test("refuses every answer without a verifier", async () => {
    const { store, clock, answer } = setUp();
    const bare = createApprovalLedger({ store, digest, clock, macKey: MAC_KEY });
    const pending = await bare.request(binding(), use());
    const answered = bare.answer({ ...pending, answer: "grant", proof: "x" });
    await expect(answered).rejects.toThrow(invalid("no-verifier"));
    await expect(answer(pending)).resolves.toMatchObject({ state: "granted" });
  });

  test("refuses a late answer, and one to a version that is over", async () => {
    const { clock, ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    clock.advance(900_000);
    await expect(answer(pending)).rejects.toThrow(invalid("late"));
    await expect(answer(pending)).rejects.toThrow(invalid("version"));
    const again = await ledger.request(binding(), use());
    expect(again.version).toBe(pending.version + 2);
    await expect(answer(pending)).rejects.toThrow(invalid("version"));
    const granted = await answer(again);
    await expect(answer(again)).rejects.toThrow(invalid("version"));
    await expect(answer(granted)).rejects.toThrow(invalid("closed"));
    await ledger.consume(binding(), use());
    await expect(answer(again)).rejects.toThrow(invalid("version"));
  });

  test("an old proof opens nothing in a store that lost its records", async () => {
    const clock = createFakeClock();
    const before = setUp({ clock });
    const pending = await before.ledger.request(binding(), use());
    const proof = await before.sign(pending, "user:sue");
    clock.advance(1000);
    const after = setUp({ clock });
    const fresh = await after.ledger.request(binding(), use());
    expect(fresh.id).toBe(pending.id);
    const { id } = pending;
    await expect(
      after.ledger.answer({ id, version: pending.version, answer: "grant", proof }),
    ).rejects.toThrow(invalid("version"));
    await expect(
      after.ledger.answer({ id, version: fresh.version, answer: "grant", proof }),
    ).rejects.toThrow(invalid("unproven"));
  });

  test("needs distinct people for several demands and counts", async () => {
    const { ledger, answer } = setUp();
    const demands = [
      { roles: ["supervisor"], count: 2 },
      { roles: ["security"], count: 1 },
    ];
    const by = use({ terms: terms(demands) });
    let record = await ledger.request(binding(), by);
    record = await answer(record, "user:sue");
    expect(record.state).toBe("pending");
    await expect(answer(record, "user:sue")).rejects.toThrow(invalid("repeated"));
    record = await answer(record, "user:sam");
    expect(record.state).toBe("pending");
    await expect(ledger.consume(binding(), by)).rejects.toThrow(refusal("approval-required"));
    record = await answer(record, "user:sec");
    expect(record).toMatchObject({ state: "granted" });
    expect(record.votes.map(({ approver }) => approver)).toEqual([
      "user:sue",
      "user:sam",
      "user:sec",
    ]);
  });

  test("does not collect more people of a role than are needed", async () => {
    const { ledger, answer } = setUp();
    const demands = [
      { roles: ["supervisor"], count: 1 },
      { roles: ["security"], count: 1 },
    ];
    const record = await ledger.request(binding(), use({ terms: terms(demands) }));
    const half = await answer(record, "user:sue");
    await expect(answer(half, "user:sam")).rejects.toThrow(invalid("not-needed"));
    expect(await answer(half, "user:sec")).toMatchObject({ state: "granted" });
  });

  test("a refusal is final for session, tool and arguments, whatever the actor or policy", async () => {
    const { clock, ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    const sibling = await ledger.request(binding({ policyDigest: "p2" }), use());
    await answer(sibling);
    expect(await answer(pending, "user:sam", "refuse")).toMatchObject({ state: "refused" });
    for (const more of [{}, { policyDigest: "p2" }, { policyDigest: "p3" }, { agent: "other" }]) {
      const of = binding(more);
      expect(await ledger.look(of, use())).toMatchObject({ state: "refused" });
      await expect(ledger.request(of, use())).rejects.toThrow(refusal("approval-refused"));
      await expect(ledger.consume(of, use())).rejects.toThrow(refusal("approval-refused"));
    }
    clock.advance(86_400_000);
    await expect(ledger.request(binding(), use())).rejects.toThrow(refusal("approval-refused"));
    for (const more of [{ session: "s2" }, { tool: "read" }, { argsDigest: "d2" }]) {
      await expect(ledger.request(binding(more), use())).resolves.toMatchObject({
        state: "pending",
      });
    }
  });

  test("who granted may still refuse while others are awaited", async () => {
    const { ledger, answer } = setUp();
    const two = use({ terms: terms([{ roles: ["supervisor"], count: 2 }]) });
    const half = await answer(await ledger.request(binding(), two));
    expect(await answer(half, "user:sue", "refuse")).toMatchObject({ state: "refused" });
  });
});

describe("consume", () => {
  test("lets a grant be used once, and not before it is given", async () => {
    const { ledger, grant } = setUp();
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-required"));
    await ledger.request(binding(), use());
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-required"));
    await grant();
    await expect(ledger.consume(binding(), use())).resolves.toMatchObject({ state: "consumed" });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-required"));
  });

  test("lets exactly one of a thousand parallel calls win", async () => {
    const { ledger, grant } = setUp();
    await grant();
    const used = await Promise.allSettled(
      Array.from({ length: 1000 }, (_, call) =>
        ledger.consume(binding(), use({ callId: `${call}` })),
      ),
    );
    expect(used.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = used.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(lost).toEqual(lost.map(() => refusal("approval-required")));
  });

  test("lets one win in every interleaving, also between two ledgers on one store", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, calls) => {
        const store = createMemoryApprovalStore();
        await setUp({ store }).grant();
        const pause = scheduler.scheduleFunction(async (what: string) => void what);
        const slow = slowApprovalStore(store, pause);
        const ledgers = [setUp({ store: slow }).ledger, setUp({ store: slow }).ledger];
        const used = Array.from({ length: calls }, (_, call) =>
          ledgers[call % 2]?.consume(binding(), use({ callId: String(call) })),
        );
        const settled = Promise.allSettled(used);
        await scheduler.waitFor(settled);
        const won = (await settled).filter(({ status }) => status === "fulfilled");
        expect(won).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  test("takes one of 64 parallel answers, and of the opposite ones too", async () => {
    const { ledger, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    const answers = await Promise.allSettled(
      Array.from({ length: 64 }, (_, index) =>
        answer(
          pending,
          index % 2 === 0 ? "user:sue" : "user:sam",
          index % 3 === 0 ? "refuse" : "grant",
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = answers.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(lost).toEqual(lost.map(() => invalid("version")));
  });

  test("a refusal and a use in every interleaving end in at most one use", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const store = createMemoryApprovalStore();
        const fast = setUp({ store });
        await fast.grant();
        const other = binding({ policyDigest: "p2" });
        const pending = await fast.ledger.request(other, use());
        const pause = scheduler.scheduleFunction(async (what: string) => void what);
        const slow = setUp({ store: slowApprovalStore(store, pause) });
        const settled = Promise.allSettled([
          slow.ledger.consume(binding(), use()),
          slow.answer(pending, "user:sam", "refuse"),
          slow.ledger.consume(binding(), use({ callId: "c2" })),
          slow.ledger.request(binding(), use()),
        ]);
        await scheduler.waitFor(settled);
        const [one, refused, two] = await settled;
        expect(refused.status).toBe("fulfilled");
        const used = [one, two].filter(({ status }) => status === "fulfilled");
        expect(used.length).toBeLessThanOrEqual(1);
        await expect(fast.ledger.consume(binding(), use())).rejects.toThrow(
          refusal("approval-refused"),
        );
      }),
      { numRuns: 60 },
    );
  });
});

const suspended = async () => {
  const all = setUp();
  await all.grant();
  await all.ledger.consume(binding(), use());
  return all;
};

describe("rearm", () => {
  test("gives the grant back to the same call alone", async () => {
    const { ledger } = await suspended();
    expect(await ledger.rearm(binding(), use({ callId: "c2" }))).toBe(false);
    expect(await ledger.rearm(binding({ argsDigest: "d2" }), use())).toBe(false);
    expect(await ledger.rearm(binding({ session: "s2" }), use())).toBe(false);
    expect(await ledger.rearm(binding(), use())).toBe(true);
    const other = use({ callId: "c2" });
    expect(await ledger.look(binding(), other)).toMatchObject({ state: "pending" });
    expect(await ledger.request(binding(), other)).toMatchObject({ state: "granted" });
    await expect(ledger.consume(binding(), other)).rejects.toThrow(refusal("approval-required"));
    expect(await ledger.look(binding(), use())).toMatchObject({ state: "granted" });
    await expect(ledger.consume(binding(), use())).resolves.toMatchObject({ state: "consumed" });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-required"));
  });

  test("does so eight times at most", async () => {
    const { ledger } = await suspended();
    for (let time = 0; time < 8; time += 1) {
      expect(await ledger.rearm(binding(), use())).toBe(true);
      await ledger.consume(binding(), use());
    }
    expect(await ledger.rearm(binding(), use())).toBe(false);
  });

  test("does not rearm what is not consumed, or twice for one use", async () => {
    const { ledger, grant } = setUp();
    expect(await ledger.rearm(binding(), use())).toBe(false);
    await ledger.request(binding(), use());
    expect(await ledger.rearm(binding(), use())).toBe(false);
    await grant();
    expect(await ledger.rearm(binding(), use())).toBe(false);
    await ledger.consume(binding(), use());
    const both = [ledger.rearm(binding(), use()), ledger.rearm(binding(), use())];
    expect((await Promise.all(both)).toSorted()).toEqual([false, true]);
  });

  test.for([900_000, 899_999])("ends with the grant's expiry: after %s ms", async (ms) => {
    const { clock, ledger } = await suspended();
    clock.advance(ms);
    expect(await ledger.rearm(binding(), use())).toBe(ms < 900_000);
  });

  test("is false, not an error, when the store fails", async () => {
    const { store, clock } = await suspended();
    const broken = { ...store, put: () => Promise.reject(new Error("down")) };
    expect(await setUp({ store: broken, clock }).ledger.rearm(binding(), use())).toBe(false);
  });
});

const never = (): Promise<never> => new Promise(() => undefined);
const throws = (): Promise<never> => Promise.reject(new Error("down"));

describe("a store that is believed nothing", () => {
  const tamper: readonly Partial<ApprovalRecord>[] = [
    { state: "granted" },
    { version: START + 1 },
    { expiresAt: START + 1e9 },
    { requesters: [] },
    { votes: [{ approver: "user:sue", roles: ["supervisor"], at: "t" }] },
    { terms: terms([]) },
    { tool: "read" },
    { argsDigest: "d2" },
    { session: "s2" },
    { mac: "" },
    { mac: "x".repeat(43) },
    { mac: 5 as unknown as string },
    { use: { call: "x", rearmed: -100 } },
    { more: "member" } as Partial<ApprovalRecord>,
  ];

  test.for(tamper)("denies for a record changed to %j", async (change) => {
    const { ledger, store, answer } = setUp();
    const pending = await ledger.request(binding(), use());
    const changed = { ...pending, ...change };
    const lying: ApprovalStore = {
      ...store,
      get: async () => changed,
      listPending: async () => [changed],
    };
    const fooled = setUp({ store: lying });
    const unavailable = refusal("approval-unavailable");
    await expect(fooled.ledger.look(binding(), use())).rejects.toThrow(unavailable);
    await expect(fooled.ledger.consume(binding(), use())).rejects.toThrow(unavailable);
    await expect(fooled.ledger.request(binding(), use())).rejects.toThrow(unavailable);
    await expect(fooled.answer(pending)).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(await fooled.ledger.list()).toEqual([]);
    expect(await fooled.ledger.rearm(binding(), use())).toBe(false);
    await expect(answer(pending)).resolves.toMatchObject({ state: "granted" });
  });

  test("denies for an intact record that belongs to another id", async () => {
    const { store, grant } = setUp();
    const other = await grant(binding({ tool: "read" }));
    const { ledger } = setUp({ store: { ...store, get: async () => other } });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-unavailable"));
  });

  test("denies for a record of another key", async () => {
    const { store, grant } = setUp();
    await grant();
    const { ledger } = setUp({ store, macKey: "n".repeat(32) });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-unavailable"));
  });

  const faults = (["get", "put", "isRefused", "countPending"] as const).flatMap((method) => [
    { method, how: "throws", fault: throws },
    { method, how: "throws at once", fault: (): never => JSON.parse("{") as never },
    { method, how: "never answers", fault: never },
    { method, how: "answers nonsense", fault: async () => "yes" as never },
  ]);

  test.for(faults)("denies when $method $how", async ({ method, fault }) => {
    const { store, clock, grant } = setUp();
    await grant(binding({ argsDigest: "d2" }));
    const { ledger } = setUp({ store: { ...store, [method]: fault }, clock });
    const asked = Promise.allSettled([
      ledger.consume(binding({ argsDigest: "d2" }), use()),
      ledger.request(binding(), use()),
    ]);
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(5000);
    }
    const [consumed, requested] = await asked;
    const counts = method === "countPending";
    expect(consumed.status).toBe(counts ? "fulfilled" : "rejected");
    expect(requested).toMatchObject({
      status: "rejected",
      reason: refusal("approval-unavailable"),
    });
    expect(clock.scheduled).toBe(0);
  });

  test("rejects with a coded error when listing or answering fails", async () => {
    const { store, answer, ledger: sound } = setUp();
    const pending = await sound.request(binding(), use());
    const { ledger } = setUp({ store: { ...store, get: throws, listPending: throws } });
    const unavailable = { code: "ERR_STORE_UNAVAILABLE" };
    await expect(ledger.list()).rejects.toMatchObject(unavailable);
    await expect(ledger.answer({ ...pending, answer: "grant", proof: "x" })).rejects.toMatchObject(
      unavailable,
    );
    await expect(answer(pending)).resolves.toMatchObject({ state: "granted" });
  });

  test("denies when the clock gives no time", async () => {
    const { store, grant } = setUp();
    await grant();
    const clock = { ...createFakeClock(), now: () => Number.NaN } as FakeClock;
    const { ledger } = setUp({ store, clock });
    await expect(ledger.consume(binding(), use())).rejects.toThrow(refusal("approval-unavailable"));
  });

  test("gives up when other writers are always faster", async () => {
    const { store } = setUp();
    const { ledger } = setUp({ store: { ...store, put: async () => false } });
    await expect(ledger.request(binding(), use())).rejects.toThrow(refusal("approval-unavailable"));
  });
});

describe("options and lists", () => {
  test.for([
    { option: "macKey", value: "m".repeat(31) },
    { option: "macKey", value: undefined },
    { option: "timeoutMs", value: 0 },
    { option: "timeoutMs", value: Number.NaN },
  ])("refuses $option = $value", ({ option, value }) => {
    const wrong: Parts = { [option]: value };
    expect(() => setUp(wrong)).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option } }),
    );
  });

  test("lists what is pending, oldest first, without what expired", async () => {
    const { clock, ledger, grant } = setUp();
    const first = await ledger.request(binding({ argsDigest: "d1" }), use());
    clock.advance(1000);
    const second = await ledger.request(binding({ argsDigest: "d2", session: "s2" }), use());
    await grant(binding({ argsDigest: "d3" }));
    expect(await ledger.list()).toEqual([first, second]);
    clock.advance(899_000);
    expect(await ledger.list()).toEqual([second]);
  });

  test("changes nothing by looking", async () => {
    const { clock, ledger, store } = setUp();
    const pending = await ledger.request(binding(), use());
    clock.advance(900_000);
    await ledger.look(binding(), use());
    await ledger.list();
    expect(await store.get(pending.id)).toEqual(pending);
  });
});
