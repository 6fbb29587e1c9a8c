import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReplayStore } from "../../src/ports/credential-verifier.ts";
import type { Awaitable } from "../../src/ports/runtime.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeClock } from "./fake-clock.ts";

/** Makes the store under test with a skew of 2 seconds; `maxKeys` absent = its own default. */
export type CreateReplayStore = (parts: {
  readonly clock: FakeClock;
  readonly maxKeys?: number;
}) => Awaitable<ReplayStore>;

/** What every `ReplayStore` must do; durable stores run the same cases. */
export function describeReplayStore(name: string, create: CreateReplayStore): void {
  const make = async (maxKeys?: number) => {
    const clock = createFakeClock();
    const store = await create(maxKeys === undefined ? { clock } : { clock, maxKeys });
    clock.advance(10_000);
    const seconds = (): number => clock.now() / 1000;
    return {
      clock,
      store,
      seconds,
      use: (key: string, lifeSeconds = 5) => store.consume(key, seconds(), seconds() + lifeSeconds),
    };
  };

  describe(`${name}: one-time ids`, () => {
    test("takes an id once", async () => {
      const { use } = await make();
      expect([await use("a"), await use("a"), await use("b")]).toEqual(["ok", "replayed", "ok"]);
    });

    test("lets exactly one of a thousand parallel uses win", async () => {
      const { use } = await make();
      const answers = await Promise.all(Array.from({ length: 1000 }, () => use("a")));
      expect(answers.filter((answer) => answer === "ok")).toHaveLength(1);
      expect(answers.filter((answer) => answer === "replayed")).toHaveLength(999);
    });

    test.for([0, 1000, 4999, 5000, 6999])("still knows an id after %s ms", async (ms) => {
      const { clock, store, seconds } = await make();
      const [issued, expires] = [seconds(), seconds() + 5];
      await store.consume("a", issued, expires);
      clock.advance(ms);
      expect(await store.consume("a", issued, expires)).toBe("replayed");
    });

    test("takes no id whose time is over, used or not", async () => {
      const { clock, store, seconds } = await make();
      const [issued, expires] = [seconds(), seconds() + 5];
      await store.consume("a", issued, expires);
      clock.advance(7000);
      expect(await store.consume("a", issued, expires)).not.toBe("ok");
      expect(await store.consume("b", issued, expires)).not.toBe("ok");
    });

    test("revives nothing when the wall clock goes back", async () => {
      const { clock, store, seconds } = await make();
      const [issued, expires] = [seconds(), seconds() + 5];
      const wall = clock.now();
      await store.consume("a", issued, expires);
      clock.advance(60_000);
      await store.consume("b", seconds(), seconds() + 5);
      clock.setWall(wall);
      expect(await store.consume("a", issued, expires)).not.toBe("ok");
    });

    test.for([
      ["a", Number.NaN, 1],
      ["a", 1, Number.NaN],
      ["a", 1, Infinity],
      ["k".repeat(1025), 1, 1],
      [undefined as unknown as string, 1, 1],
    ] as const)("refuses nonsense: %s", async ([key, issued, expires]) => {
      const { store, seconds } = await make();
      const times = [seconds() * issued, seconds() * expires + 5] as const;
      await expect(store.consume(key, ...times)).rejects.toBeInstanceOf(Error);
    });

    test("answers `full` rather than forget an id early", async () => {
      const { clock, use } = await make(2);
      expect([await use("a", 5), await use("b", 50)]).toEqual(["ok", "ok"]);
      expect([await use("c"), await use("a"), await use("b")]).toEqual([
        "full",
        "replayed",
        "replayed",
      ]);
      clock.advance(7000);
      expect([await use("c"), await use("d"), await use("b")]).toEqual(["ok", "full", "replayed"]);
    });

    test("never takes an id twice within its life, over any sequence", async () => {
      const step = fc.record({
        key: fc.constantFrom("a", "b", "c"),
        life: fc.integer({ min: 1, max: 5 }),
        ms: fc.nat(3000),
        back: fc.boolean(),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
          const { clock, store, seconds } = await make();
          // A token is minted once; whoever holds it tries it again and again.
          const minted = new Map<string, readonly [number, number]>();
          const taken: string[] = [];
          for (const { key, life, ms, back } of steps) {
            clock.advance(ms);
            if (back) clock.setWall(clock.now() - ms / 2);
            const token = minted.get(key) ?? ([seconds(), seconds() + life] as const);
            minted.set(key, token);
            if ((await store.consume(key, ...token)) === "ok") taken.push(key);
          }
          expect(new Set(taken).size).toBe(taken.length);
        }),
      );
    });
  });
}
