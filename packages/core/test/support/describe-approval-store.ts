import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ApprovalRecord, ApprovalStore } from "../../src/ports/approval-store.ts";
import type { Awaitable } from "../../src/ports/runtime.ts";
import { START } from "./fake-clock.ts";

/** A record with plausible members. */
export const approval = (more: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  id: "a1",
  version: 1,
  state: "pending",
  terms: {
    queue: "support",
    priority: "normal",
    expiresSeconds: 900,
    approvers: [{ roles: ["supervisor"], count: 1 }],
    scope: "once",
    editable: [],
  },
  requesters: ["bot", "user:ann"],
  tool: "refund",
  argsDigest: "d1",
  session: "s1",
  policyDigest: "p1",
  requestedAt: START,
  expiresAt: START + 900_000,
  votes: [],
  mac: "m",
  ...more,
});

/** What every `ApprovalStore` must do; durable stores run the same cases. */
export function describeApprovalStore(name: string, create: () => Awaitable<ApprovalStore>): void {
  describe(`${name}: approvals`, () => {
    test("gives back exactly what was put", async () => {
      const store = await create();
      const whole = approval({
        state: "granted",
        votes: [{ approver: "user:eve", roles: ["supervisor"], at: "2026-11-20T09:00:00.000Z" }],
        use: { call: "c", rearmed: 2 },
      });
      expect(await store.put(whole, undefined)).toBe(true);
      expect(await store.get("a1")).toEqual(whole);
      expect(await store.get("other")).toBeUndefined();
    });

    test.for([
      { stored: undefined, expected: undefined, written: true },
      { stored: undefined, expected: 1, written: false },
      { stored: 5, expected: undefined, written: false },
      { stored: 5, expected: 4, written: false },
      { stored: 5, expected: 5, written: true },
      { stored: 5, expected: 6, written: false },
    ])("writes over $stored, expecting $expected: $written", async (one) => {
      const store = await create();
      if (one.stored !== undefined) {
        await store.put(approval({ version: one.stored, mac: "old" }), undefined);
      }
      const next = approval({ version: 6, mac: "new" });
      expect(await store.put(next, one.expected)).toBe(one.written);
      const kept = one.stored === undefined ? undefined : "old";
      expect((await store.get("a1"))?.mac).toBe(one.written ? "new" : kept);
    });

    test("lets exactly one of a thousand parallel writers win", async () => {
      const store = await create();
      await store.put(approval({ version: 1 }), undefined);
      const writers = Array.from({ length: 1000 }, (_, index) => String(index));
      const answers = await Promise.all(
        writers.map((mac) => store.put(approval({ version: 2, mac }), 1)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect((await store.get("a1"))?.mac).toBe(writers[answers.indexOf(true)]);
    });

    test("counts and lists what is pending, oldest first", async () => {
      const store = await create();
      await store.put(approval({ id: "b", requestedAt: START + 2 }), undefined);
      await store.put(approval({ id: "a", requestedAt: START + 1 }), undefined);
      await store.put(approval({ id: "c", requestedAt: START, session: "s2" }), undefined);
      await store.put(approval({ id: "d", state: "granted" }), undefined);
      expect((await store.listPending()).map(({ id }) => id)).toEqual(["c", "a", "b"]);
      expect(await store.countPending("s1")).toBe(2);
      expect(await store.countPending("s3")).toBe(0);
      await store.put(approval({ id: "a", version: 2, state: "expired" }), 1);
      expect((await store.listPending()).map(({ id }) => id)).toEqual(["c", "b"]);
      expect(await store.countPending("s1")).toBe(1);
    });

    test("keeps a refusal for the same session, tool and arguments, for good", async () => {
      const store = await create();
      await store.put(approval(), undefined);
      expect(await store.isRefused("s1", "refund", "d1")).toBe(false);
      await store.put(approval({ version: 2, state: "refused" }), 1);
      expect(await store.isRefused("s1", "refund", "d1")).toBe(true);
      await store.put(approval({ version: 3, state: "pending" }), 2);
      expect(await store.isRefused("s1", "refund", "d1")).toBe(true);
      expect(await store.isRefused("s2", "refund", "d1")).toBe(false);
      expect(await store.isRefused("s1", "read", "d1")).toBe(false);
      expect(await store.isRefused("s1", "refund", "d2")).toBe(false);
    });

    test("leaves no refusal behind by a write that lost", async () => {
      const store = await create();
      await store.put(approval({ version: 2 }), undefined);
      await store.put(approval({ version: 2, state: "refused" }), 1);
      expect(await store.isRefused("s1", "refund", "d1")).toBe(false);
    });

    test("never confuses refusals whose parts run together", async () => {
      const part = fc.string({ maxLength: 4, unit: fc.constantFrom("a", "|", ",", '"', "\\") });
      const place = fc.tuple(part, part, part);
      await fc.assert(
        fc.asyncProperty(place, place, async (one, other) => {
          const store = await create();
          const [session, tool, argsDigest] = one;
          await store.put(approval({ session, tool, argsDigest, state: "refused" }), undefined);
          const same = JSON.stringify(one) === JSON.stringify(other);
          expect(await store.isRefused(...other)).toBe(same);
        }),
        { numRuns: 200 },
      );
    });

    test("does not follow changes of a record after it was put", async () => {
      const store = await create();
      const roles = ["supervisor"];
      const mutable = {
        ...approval({ terms: { ...approval().terms, approvers: [{ roles, count: 1 }] } }),
      };
      await store.put(mutable, undefined);
      mutable.state = "granted";
      roles.push("anyone");
      const kept = await store.get("a1");
      expect(kept?.state).toBe("pending");
      expect(kept?.terms.approvers).toEqual([{ roles: ["supervisor"], count: 1 }]);
    });
  });
}
