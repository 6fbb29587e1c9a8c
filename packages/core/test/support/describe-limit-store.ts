import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LimitDemand, LimitStore, Reservation } from "../../src/ports/limit-store.ts";
import type { Awaitable } from "../../src/ports/runtime.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createLimitModel } from "./limit-model.ts";

/** Makes the store under test; `maxKeys` absent = the store's own default. */
export type CreateLimitStore = (parts: {
  readonly clock: FakeClock;
  readonly maxKeys?: number;
}) => Awaitable<LimitStore>;

export const rate = (
  count: number,
  windowSeconds: number,
  more: { readonly burst?: number; readonly key?: string; readonly limit?: string } = {},
): LimitDemand => {
  const { burst, key = "k", limit = "rate" } = more;
  const plain = { count, windowSeconds };
  return { kind: "rate", limit, key, rate: burst === undefined ? plain : { ...plain, burst } };
};

export const budget = (
  amount: number,
  cost: number,
  more: {
    readonly windowSeconds?: number;
    readonly key?: string;
    readonly softAmount?: number;
  } = {},
): LimitDemand => ({
  kind: "budget",
  limit: "budget",
  key: "k",
  amount,
  cost,
  windowSeconds: 60,
  ...more,
});

export const slot = (most: number, key = "k", leaseSeconds = 900): LimitDemand => ({
  kind: "concurrent",
  limit: "slots",
  key,
  most,
  leaseSeconds,
});

const idOf = (answer: Reservation): string => {
  if (!answer.ok) throw new Error(`refused by ${answer.limit}`);
  return answer.id;
};

/** What every `LimitStore` must do; durable stores run the same cases. */
export function describeLimitStore(name: string, create: CreateLimitStore): void {
  describe(`${name}: rates`, () => {
    test("lets the burst through at once, then one call each interval", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      const permitted = async (): Promise<boolean> => (await store.reserve([rate(7, 60)])).ok;
      for (let call = 0; call < 7; call += 1) expect(await permitted()).toBe(true);
      expect(await permitted()).toBe(false);
      clock.advance(8571);
      expect(await permitted()).toBe(false);
      clock.advance(1);
      expect(await permitted()).toBe(true);
      expect(await permitted()).toBe(false);
    });

    test("lowers the burst where the rate says so", async () => {
      const store = await create({ clock: createFakeClock() });
      const demand = rate(100, 60, { burst: 2 });
      const answers = [];
      for (let call = 0; call < 4; call += 1) answers.push((await store.reserve([demand])).ok);
      expect(answers).toEqual([true, true, false, false]);
    });

    test("tells how long to wait, and the wait suffices", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      await store.reserve([rate(1, 3600)]);
      clock.advance(500);
      const refused = await store.reserve([rate(1, 3600)]);
      expect(refused).toEqual({ ok: false, limit: "rate", retryAfterSeconds: 3600 });
      clock.advance(3_599_500);
      expect((await store.reserve([rate(1, 3600)])).ok).toBe(true);
    });

    test("counts several windows of one limit apart, also under the same key", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      const both = [rate(2, 1), rate(3, 3600)];
      const run = async (): Promise<boolean> => (await store.reserve(both)).ok;
      expect([await run(), await run(), await run()]).toEqual([true, true, false]);
      clock.advance(1000);
      expect([await run(), await run()]).toEqual([true, false]);
    });

    test("gives back the step of a call that never began, between calls that did", async () => {
      const clock = createFakeClock();
      const [store, twin] = [await create({ clock }), await create({ clock })];
      const demand = rate(4, 40, { burst: 3 });
      const first = idOf(await store.reserve([demand]));
      clock.advance(5000);
      await store.reserve([demand]);
      await twin.reserve([demand]);
      await store.release(first);
      for (let probe = 0; probe < 30; probe += 1) {
        const [one, other] = [await store.reserve([demand]), await twin.reserve([demand])];
        expect(one.ok, `after ${probe} s`).toBe(other.ok);
        clock.advance(1000);
      }
    });
  });

  describe(`${name}: budgets`, () => {
    test("counts decimals exactly: ten tenths are one", async () => {
      const store = await create({ clock: createFakeClock() });
      for (let call = 0; call < 10; call += 1) {
        expect((await store.reserve([budget(1, 0.1)])).ok).toBe(true);
      }
      expect((await store.reserve([budget(1, 1e-9)])).ok).toBe(false);
      expect((await store.reserve([budget(1, 0)])).ok).toBe(true);
    });

    test("frees a cost after the window, not before", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      await store.reserve([budget(500, 500, { windowSeconds: 86_400 })]);
      const again = budget(500, 1, { windowSeconds: 86_400 });
      const refused = await store.reserve([again]);
      expect(refused).toEqual({ ok: false, limit: "budget", retryAfterSeconds: 86_400 });
      clock.advance(86_399_999);
      expect((await store.reserve([again])).ok).toBe(false);
      clock.advance(1 + 86_400_000 / 60);
      expect((await store.reserve([again])).ok).toBe(true);
    });

    test("frees a cost from the middle of a step no earlier than after the window", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      clock.advance(1500);
      await store.reserve([budget(10, 10)]);
      clock.advance(59_999);
      expect((await store.reserve([budget(10, 1)])).ok).toBe(false);
      clock.advance(1001);
      expect((await store.reserve([budget(10, 1)])).ok).toBe(true);
    });

    test("keeps the lower cost of a call that began, and never a higher one", async () => {
      const store = await create({ clock: createFakeClock() });
      const left = async (): Promise<number> => {
        for (let cost = 100; cost > 0; cost -= 1) {
          const answer = await store.reserve([budget(100, cost)]);
          if (!answer.ok) continue;
          await store.release(answer.id);
          return cost;
        }
        return 0;
      };
      await store.settle(idOf(await store.reserve([budget(100, 40)])), 15);
      expect(await left()).toBe(85);
      await store.settle(idOf(await store.reserve([budget(100, 10)])), 1000);
      expect(await left()).toBe(75);
      await store.settle(idOf(await store.reserve([budget(100, 10)])), Number.NaN);
      expect(await left()).toBe(65);
      await store.settle(idOf(await store.reserve([budget(100, 10)])), -50);
      expect(await left()).toBe(55);
      await store.settle(idOf(await store.reserve([budget(100, 10)])));
      expect(await left()).toBe(45);
    });

    test.for([
      { cost: 399, soft: [] },
      { cost: 400, soft: ["budget"] },
      { cost: 500, soft: ["budget"] },
    ])("names the soft threshold from it on: cost $cost", async ({ cost, soft }) => {
      const store = await create({ clock: createFakeClock() });
      const answer = await store.reserve([budget(500, cost, { softAmount: 400 })]);
      expect(answer).toMatchObject({ ok: true, soft });
    });

    test("counts earlier costs towards the soft threshold", async () => {
      const store = await create({ clock: createFakeClock() });
      const demand = budget(500, 300, { softAmount: 400 });
      expect(await store.reserve([demand])).toMatchObject({ soft: [] });
      expect(await store.reserve([budget(500, 100, { softAmount: 400 })])).toMatchObject({
        soft: ["budget"],
      });
    });
  });

  describe(`${name}: slots`, () => {
    test.for(["settle", "release"] as const)("frees the slot on %s", async (end) => {
      const store = await create({ clock: createFakeClock() });
      const held = idOf(await store.reserve([slot(1)]));
      expect(await store.reserve([slot(1)])).toMatchObject({ ok: false, limit: "slots" });
      await store[end](held);
      expect((await store.reserve([slot(1)])).ok).toBe(true);
    });

    test("frees a slot that nobody settles after its lease", async () => {
      const clock = createFakeClock();
      const store = await create({ clock });
      const held = idOf(await store.reserve([slot(1, "k", 10)]));
      clock.advance(9999);
      expect((await store.reserve([slot(1, "k", 10)])).ok).toBe(false);
      clock.advance(1);
      expect((await store.reserve([slot(1, "k", 10)])).ok).toBe(true);
      await store.settle(held);
      expect((await store.reserve([slot(1, "k", 10)])).ok).toBe(false);
    });
  });

  describe(`${name}: all or none`, () => {
    test("reserves nothing when the last of several limits refuses", async () => {
      const store = await create({ clock: createFakeClock() });
      await store.reserve([slot(1, "busy")]);
      const demands = [rate(1, 60), budget(10, 10), slot(1), slot(1, "busy")];
      expect(await store.reserve(demands)).toMatchObject({ ok: false, limit: "slots" });
      expect((await store.reserve(demands.slice(0, 3))).ok).toBe(true);
    });

    test("names the limit with the longest wait", async () => {
      const store = await create({ clock: createFakeClock() });
      const demands = [rate(1, 60, { limit: "short" }), rate(1, 3600, { limit: "long" })];
      await store.reserve(demands);
      const refused = { ok: false, limit: "long", retryAfterSeconds: 3600 };
      expect(await store.reserve(demands)).toEqual(refused);
    });

    test("counts a demand twice that stands twice in one call", async () => {
      const store = await create({ clock: createFakeClock() });
      expect((await store.reserve([budget(10, 6), budget(10, 6)])).ok).toBe(false);
      expect((await store.reserve([budget(10, 5), budget(10, 5)])).ok).toBe(true);
    });

    test("keeps keys apart", async () => {
      const store = await create({ clock: createFakeClock() });
      await store.reserve([rate(1, 60, { key: "a" }), slot(1, "a")]);
      expect((await store.reserve([rate(1, 60, { key: "b" }), slot(1, "b")])).ok).toBe(true);
    });

    test("never reserves beyond a limit, however many ask at once", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 60, size: "max" }),
          fc.integer({ min: 1, max: 100 }),
          fc.integer({ min: 1, max: 20 }),
          async (costs, amount, most) => {
            const store = await create({ clock: createFakeClock() });
            const answers = await Promise.all(
              costs.map((cost) => store.reserve([budget(amount, cost), slot(most), rate(25, 60)])),
            );
            const permitted = costs.filter((_, index) => answers[index]?.ok);
            expect(permitted.length).toBeLessThanOrEqual(Math.min(most, 25));
            expect(permitted.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(amount);
          },
        ),
        { numRuns: 50 },
      );
    });
  });

  describe(`${name}: once each`, () => {
    const ends = ["settle", "release"] as const;
    test.for(ends.flatMap((first) => ends.map((second) => ({ first, second }))))(
      "$second after $first changes nothing",
      async ({ first, second }) => {
        const store = await create({ clock: createFakeClock() });
        const demands = [rate(3, 3600), budget(30, 10), slot(2)];
        const held = idOf(await store.reserve(demands));
        await store[first](held);
        await store[second](held);
        await store[second](held);
        const permitted = [];
        for (let call = 0; call < 4; call += 1) {
          const answer = await store.reserve(demands);
          permitted.push(answer.ok);
          if (answer.ok) await store.settle(answer.id);
        }
        const all = [true, true, true, false];
        expect(permitted).toEqual(first === "release" ? all : [true, true, false, false]);
      },
    );

    test("does nothing for a reservation that it does not know", async () => {
      const store = await create({ clock: createFakeClock() });
      await expect(store.settle("unknown")).resolves.toBeUndefined();
      await expect(store.release("unknown")).resolves.toBeUndefined();
    });
  });

  describe(`${name}: nonsense and bounds`, () => {
    test.for([
      rate(0, 60),
      rate(1.5, 60),
      rate(Number.NaN, 60),
      rate(1, 0),
      rate(1, Number.POSITIVE_INFINITY),
      rate(1, 60, { burst: 0 }),
      budget(Number.NaN, 1),
      budget(10, Number.NaN),
      budget(10, -1),
      budget(10, Number.POSITIVE_INFINITY),
      budget(10, 1, { windowSeconds: -1 }),
      budget(10, 1, { softAmount: Number.NaN }),
      slot(0),
      slot(1, "k", 0),
      { ...slot(1), kind: "other" } as unknown as LimitDemand,
      { ...slot(1), key: undefined } as unknown as LimitDemand,
    ])("throws for a demand that is not one: %j", async (demand) => {
      const store = await create({ clock: createFakeClock() });
      await expect(store.reserve([rate(1, 60), demand])).rejects.toBeInstanceOf(Error);
      expect((await store.reserve([rate(1, 60)])).ok).toBe(true);
    });

    test("throws when it is full, and drops only what is fully replenished", async () => {
      const clock = createFakeClock();
      const store = await create({ clock, maxKeys: 3 });
      await store.reserve([rate(10, 10, { key: "a" })]);
      await store.reserve([budget(10, 10, { key: "b" })]);
      const held = idOf(await store.reserve([slot(1, "c")]));
      const more = [rate(1, 60, { key: "d" })];
      await expect(store.reserve(more)).rejects.toBeInstanceOf(Error);
      expect((await store.reserve([budget(10, 1, { key: "b" })])).ok).toBe(false);
      clock.advance(1000);
      expect((await store.reserve(more)).ok).toBe(true);
      await expect(store.reserve([slot(1, "e")])).rejects.toBeInstanceOf(Error);
      await store.settle(held);
      expect((await store.reserve([slot(1, "e")])).ok).toBe(true);
      expect((await store.reserve([budget(10, 1, { key: "b" })])).ok).toBe(false);
    });

    test("reserves nothing of a call that does not fit into a full store", async () => {
      const store = await create({ clock: createFakeClock(), maxKeys: 2 });
      const known = [rate(1, 60, { key: "a" })];
      await expect(
        store.reserve([...known, slot(1, "b"), slot(1, "c"), slot(1, "d")]),
      ).rejects.toBeInstanceOf(Error);
      expect((await store.reserve([...known, slot(1, "c")])).ok).toBe(true);
    });

    test("holds nothing for what was refused or released", async () => {
      const store = await create({ clock: createFakeClock(), maxKeys: 1 });
      for (let key = 0; key < 10; key += 1) {
        const demand = rate(1, 3600, { key: String(key) });
        expect((await store.reserve([demand, demand])).ok).toBe(false);
        await store.release(idOf(await store.reserve([demand])));
        await store.release(idOf(await store.reserve([budget(10, 1, { key: String(key) })])));
        await store.settle(idOf(await store.reserve([slot(1, String(key))])));
        await store.settle(idOf(await store.reserve([budget(10, 1, { key: String(key) })])), 0);
      }
    });
  });

  describe(`${name}: properties`, () => {
    const demands = [
      rate(3, 6, { key: "a" }),
      rate(5, 7, { key: "a", burst: 2 }),
      slot(2, "a", 20),
      slot(3, "b", 5),
    ];
    const step = fc.oneof(
      fc.record({
        do: fc.constant("reserve" as const),
        which: fc.subarray(demands, { minLength: 1 }),
        cost: fc.constantFrom(0, 0.1, 0.7, 1, 2.5),
        key: fc.constantFrom("a", "b"),
      }),
      fc.record({ do: fc.constant("settle" as const), index: fc.nat(20) }),
      fc.record({ do: fc.constant("release" as const), index: fc.nat(20) }),
      fc.record({ do: fc.constant("advance" as const), ms: fc.nat(9000) }),
    );

    test("does what an exact list of events would do, over any sequence", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
          const clock = createFakeClock();
          const store = await create({ clock });
          const model = createLimitModel();
          const ids: string[] = [];
          const wrong: string[] = [];
          for (const [turn, one] of steps.entries()) {
            if (one.do === "advance") {
              clock.advance(one.ms);
              model.advance(one.ms);
            } else if (one.do === "reserve") {
              const wanted = [
                ...one.which,
                budget(3, one.cost, { key: one.key, windowSeconds: 30 }),
              ];
              const answer = await store.reserve(wanted);
              const { mustPermit, mayPermit } = model.judge(wanted);
              if (mustPermit && !answer.ok) wrong.push(`refused at ${turn}`);
              if (!mayPermit && answer.ok) wrong.push(`permitted at ${turn}`);
              if (answer.ok) {
                model.add(answer.id, wanted);
                ids.push(answer.id);
              }
            } else {
              const id = ids[one.index];
              if (id === undefined) continue;
              await store[one.do](id);
              model[one.do](id);
            }
          }
          expect(wrong).toEqual([]);
        }),
        { numRuns: 300 },
      );
    });

    test("a reservation that is released leaves no trace", async () => {
      const call = fc.record({ released: fc.boolean(), ms: fc.nat(2500), open: fc.nat(3) });
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 25, size: "max" }), async (calls) => {
          const clock = createFakeClock();
          // The twin never sees a call that is released.
          const [store, twin] = [await create({ clock }), await create({ clock })];
          const wanted = [rate(6, 9), budget(4, 0.3, { windowSeconds: 12 }), slot(30)];
          let waiting: string[] = [];
          const release = async (left: number): Promise<void> => {
            const done = waiting.slice(0, Math.max(0, waiting.length - left));
            waiting = waiting.slice(done.length);
            for (const id of done) await store.release(id);
          };
          const compare = async (): Promise<void> => {
            let one = await store.reserve(wanted);
            if (!one.ok && waiting.length > 0) {
              await release(0);
              one = await store.reserve(wanted);
            }
            const other = await twin.reserve(wanted);
            expect(one.ok ? "permitted" : one).toEqual(other.ok ? "permitted" : other);
            if (one.ok) await store.settle(one.id);
            if (other.ok) await twin.settle(other.id);
          };
          for (const { released, ms, open } of calls) {
            clock.advance(ms);
            await release(open);
            if (!released) {
              await compare();
              continue;
            }
            const answer = await store.reserve(wanted);
            if (answer.ok) waiting.push(answer.id);
          }
          await release(0);
          for (let probe = 0; probe < 40; probe += 1) {
            clock.advance(97);
            await compare();
          }
        }),
        { numRuns: 200 },
      );
    });
  });
}
