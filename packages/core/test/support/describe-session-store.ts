import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Awaitable } from "../../src/ports/runtime.ts";
import type {
  CallEntry,
  CallOutcome,
  LabelledValues,
  SessionStore,
} from "../../src/ports/session-store.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeClock, START } from "./fake-clock.ts";

/** Makes the store under test; `maxSessions` absent = the store's own default. */
export type CreateSessionStore = (parts: {
  readonly clock: FakeClock;
  readonly maxSessions?: number;
}) => Awaitable<SessionStore>;

const entry = (ref: string, tool = "read"): CallEntry => ({
  ref,
  tool,
  outcome: "running",
  at: START,
});

export const start = (key: string, ref?: string, isNew = true) => {
  const request = { key, isNew, unknownLabels: ["untrusted", "customer-data"] };
  return ref === undefined ? request : { ...request, entry: entry(ref) };
};

const values = (more: Partial<LabelledValues> = {}): LabelledValues => ({
  labels: ["a"],
  keyId: "key",
  leaves: 1,
  exact: ["one"],
  shingles: Float64Array.of(1, 2 ** 52),
  ...more,
});

const query = (more: object = {}) => ({
  keyId: "key",
  exact: ["one", "two"],
  shingles: Float64Array.of(1, 2, 2 ** 52),
  isNew: true,
  unknownLabels: ["untrusted"],
  ...more,
});

const keptAs = (hash: string) => ({ keyId: "k", byPointer: { "/id": hash } });

/** What every `SessionStore` must do; durable stores run the same cases. */
export function describeSessionStore(name: string, create: CreateSessionStore): void {
  const make = (maxSessions?: number): Awaitable<SessionStore> => {
    const clock = createFakeClock();
    return create(maxSessions === undefined ? { clock } : { clock, maxSessions });
  };

  describe(`${name}: history`, () => {
    test("gives the snapshot before the call", async () => {
      const store = await make();
      const empty = { calls: [], truncated: false, turn: 0, startedAt: START, labels: [] };
      expect(await store.open(start("s", "1"))).toEqual(empty);
      expect(await store.open(start("s", "2"))).toEqual({
        ...empty,
        turn: 1,
        calls: [entry("1")],
      });
    });

    test("shows parallel calls to each other", async () => {
      const store = await make();
      const refs = Array.from({ length: 50 }, (_, index) => String(index));
      const snapshots = await Promise.all(refs.map((ref) => store.open(start("s", ref))));
      const seen = snapshots.map(({ calls }) => calls.length).toSorted((a, b) => a - b);
      expect(seen).toEqual(refs.map(Number));
    });

    test("records how a call ended, once", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.open(start("s", "2"));
      await store.close("s", "1", "completed");
      await store.close("s", "1", "denied");
      const { calls } = await store.open(start("s"));
      expect(calls).toEqual([{ ...entry("1"), outcome: "completed" }, entry("2")]);
    });

    test("does nothing for a call or session that it does not know", async () => {
      const store = await make();
      await store.close("other", "1", "completed");
      await store.open(start("s", "1"));
      await store.close("s", "2", "completed");
      expect((await store.open(start("s"))).calls).toEqual([entry("1")]);
    });

    test("refuses a call that ends as running, and a repeated ref", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await expect(store.close("s", "1", "running")).rejects.toBeInstanceOf(Error);
      await expect(store.open(start("s", "1"))).rejects.toBeInstanceOf(Error);
      expect((await store.open(start("s"))).turn).toBe(1);
    });

    test("keeps the last 256 calls, and says that it dropped some", async () => {
      const store = await make();
      for (let ref = 0; ref < 256; ref += 1) await store.open(start("s", String(ref)));
      const full = await store.open(start("s"));
      expect([full.calls.length, full.truncated, full.turn]).toEqual([256, false, 256]);
      await store.open(start("s", "256"));
      const over = await store.open(start("s"));
      expect([over.calls.length, over.truncated, over.turn]).toEqual([256, true, 257]);
      expect([over.calls[0]?.ref, over.calls.at(-1)?.ref]).toEqual(["1", "256"]);
    });

    test("keeps sessions apart", async () => {
      const store = await make();
      await store.open(start("a", "1"));
      await store.addLabels("a", ["x"]);
      await store.addUsage("a", { inputTokens: 1, outputTokens: 1 });
      const other = await store.open(start("b"));
      expect([other.calls, other.labels, other.usage]).toEqual([[], [], undefined]);
    });

    test("gives out nothing that anyone can change", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.addUsage("s", { inputTokens: 1, outputTokens: 1 });
      const snapshot = await store.open(start("s"));
      const parts = [snapshot, snapshot.calls, snapshot.calls[0], snapshot.labels, snapshot.usage];
      expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
    });
  });

  describe(`${name}: values`, () => {
    test("finds what was added, with the labels of all who added it", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      expect(await store.findLabels("s", query())).toEqual({
        everywhere: [],
        exact: [undefined, undefined],
        shingles: [undefined, undefined, undefined],
      });
      await store.addValues("s", values());
      await store.addValues("s", values({ labels: ["b"], exact: ["one", "two"] }));
      expect(await store.findLabels("s", query())).toEqual({
        everywhere: [],
        exact: [["a", "b"], ["b"]],
        shingles: [["a", "b"], undefined, ["a", "b"]],
      });
      expect((await store.open(start("s"))).labels).toEqual(["a", "b"]);
    });

    test("keeps sessions apart", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.open(start("t", "1"));
      await store.addValues("s", values());
      const found = await store.findLabels("t", query());
      expect([found.everywhere, found.exact]).toEqual([[], [undefined, undefined]]);
    });

    test("knows values without labels", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.addValues("s", values({ labels: [], exact: ["two"] }));
      expect((await store.findLabels("s", query())).exact).toEqual([undefined, []]);
      await store.addValues("s", values({ labels: ["b"], exact: ["two"] }));
      expect((await store.findLabels("s", query())).exact).toEqual([undefined, ["b"]]);
    });

    test("labels that come without values are those of every value", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.addValues("s", values());
      await store.addLabels("s", ["c"]);
      expect((await store.findLabels("s", query())).everywhere).toEqual(["c"]);
    });

    test("an unknown session that is not new has every label everywhere", async () => {
      const store = await make();
      const asked = query({ isNew: false });
      expect((await store.findLabels("s", asked)).everywhere).toEqual(["untrusted"]);
      await store.open(start("s", "1", false));
      await store.addValues("s", values());
      const { everywhere } = await store.findLabels("s", query());
      expect(everywhere).toEqual(["customer-data", "untrusted"]);
    });

    test("labels of another key are those of every value, also later ones", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      await store.addValues("s", values());
      const other = await store.findLabels("s", query({ keyId: "other" }));
      expect(other.everywhere).toEqual(["a"]);
      await store.addValues("s", values({ keyId: "other", labels: ["b"] }));
      expect((await store.findLabels("s", query())).everywhere).toEqual(["a", "b"]);
    });

    test.for([
      ["50 000 leaves", (at: number) => ({ leaves: 25_000, exact: [`x${at}`] }), 3],
      [
        "4 MiB of shingles",
        (at: number) => ({
          shingles: Float64Array.from({ length: 262_144 }, (_, index) => index + 1 + at * 262_144),
        }),
        3,
      ],
    ] as const)("keeps %s, and then labels every value", async ([, part, first]) => {
      const store = await make();
      await store.open(start("s", "1"));
      for (let at = 0; at < first; at += 1) {
        expect((await store.findLabels("s", query())).everywhere).toEqual([]);
        await store.addValues("s", values({ exact: [], ...part(at) }));
      }
      expect((await store.findLabels("s", query())).everywhere).toEqual(["a"]);
      await store.addValues("s", values({ labels: ["b"] }));
      expect((await store.findLabels("s", query())).everywhere).toEqual(["a", "b"]);
    });

    test("finds every one of many shingles and no other", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      const held = fc.sample(fc.integer({ min: 1, max: 2 ** 31 }), 5000);
      await store.addValues("s", values({ shingles: Float64Array.from(held) }));
      const asked = fc.sample(fc.integer({ min: 1, max: 2 ** 31 }), 5000);
      const shingles = Float64Array.from([...held, ...asked]);
      const found = await store.findLabels("s", query({ shingles }));
      const known = new Set(held);
      expect(found.shingles).toEqual(
        [...shingles].map((hash) => (known.has(hash) ? ["a"] : undefined)),
      );
    });

    test("keeps all that is added at the same time", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      const names = Array.from({ length: 40 }, (_, index) => `value-${index}`);
      await Promise.all(
        names.map((mark) => store.addValues("s", values({ labels: [mark], exact: [mark] }))),
      );
      const found = await store.findLabels("s", query({ exact: names }));
      expect(found.exact).toEqual(names.map((mark) => [mark]));
    });
  });

  describe(`${name}: labels`, () => {
    test("starts a session that is unknown and not new with every label", async () => {
      const store = await make();
      const labels = ["customer-data", "untrusted"];
      expect((await store.open(start("s", "1", false))).labels).toEqual(labels);
      expect((await store.open(start("s", "2", true))).labels).toEqual(labels);
    });

    test("starts a new session with none, and keeps it so", async () => {
      const store = await make();
      expect((await store.open(start("s", "1", true))).labels).toEqual([]);
      expect((await store.open(start("s", "2", false))).labels).toEqual([]);
    });

    test("changes nothing when it is opened without a call", async () => {
      const store = await make();
      expect((await store.open(start("s", undefined, true))).labels).toEqual([]);
      expect((await store.open(start("s", "1", false))).labels).toEqual([
        "customer-data",
        "untrusted",
      ]);
    });

    test("adds labels and never loses one, however many write at once", async () => {
      const store = await make();
      await store.open(start("s", "1"));
      const labels = Array.from({ length: 40 }, (_, index) => `l${index % 20}`);
      await Promise.all(labels.map((label) => store.addLabels("s", [label])));
      expect((await store.open(start("s"))).labels).toEqual([...new Set(labels)].toSorted());
    });

    test("keeps labels that came before the first call, beside those of an unknown session", async () => {
      const store = await make();
      await store.addLabels("s", ["early"]);
      const { labels } = await store.open(start("s", "1", false));
      expect(labels).toEqual(["customer-data", "early", "untrusted"]);
    });
  });

  describe(`${name}: numbers`, () => {
    test("keeps a copy of those that a call ended with, and none of the others", async () => {
      const store = await make();
      const numbers = { "/amount": 7 };
      for (const ref of ["1", "2", "3"]) await store.open(start("s", ref));
      await store.close("s", "1", "completed", { numbers });
      await store.close("s", "2", "completed");
      numbers["/amount"] = 8;
      await store.close("s", "1", "completed", { numbers });
      const { calls } = await store.open(start("s"));
      expect(calls.map((call) => call.numbers)).toEqual([{ "/amount": 7 }, undefined, undefined]);
      expect(Object.isFrozen(calls[0]?.numbers)).toBe(true);
    });
  });

  describe(`${name}: arguments`, () => {
    test("keeps a copy of those that a call came with, until others take their place", async () => {
      const store = await make();
      const own = keptAs("a");
      for (const ref of ["1", "2"]) {
        await store.open({ ...start("s"), entry: { ...entry(ref), args: own } });
      }
      own.byPointer["/id"] = "b";
      await store.open(start("s", "3"));
      await store.close("s", "1", "completed", { args: keptAs("c") });
      await store.close("s", "2", "completed", {});
      const { calls } = await store.open(start("s"));
      expect(calls.map((call) => call.args)).toEqual([keptAs("c"), keptAs("a"), undefined]);
      expect(calls.map((call) => Object.isFrozen(call.args?.byPointer ?? call))).not.toContain(
        false,
      );
    });
  });

  describe(`${name}: use`, () => {
    test("sums what was reported, also before the first call", async () => {
      const store = await make();
      await store.addUsage("s", { inputTokens: 10, outputTokens: 1 });
      await store.addUsage("s", { inputTokens: 5, outputTokens: 2 });
      const first = await store.open(start("s", "1", false));
      expect(first.usage).toEqual({ inputTokens: 15, outputTokens: 3 });
      expect(first.labels).toEqual(["customer-data", "untrusted"]);
    });

    test("keeps the last report, and forgets it when the next one does not tell", async () => {
      const store = await make();
      expect((await store.open(start("s"))).lastUsage).toBeUndefined();
      await store.addUsage("s", { inputTokens: 10, outputTokens: 1 });
      await store.addUsage("s", { inputTokens: 5, outputTokens: 2 });
      const { lastUsage } = await store.open(start("s", "1"));
      expect(lastUsage).toEqual({ inputTokens: 5, outputTokens: 2 });
      expect(Object.isFrozen(lastUsage)).toBe(true);
      await store.addUsage("s", undefined);
      const after = await store.open(start("s", "2"));
      expect(after.lastUsage).toBeUndefined();
      expect(after.usage).toEqual({ inputTokens: 15, outputTokens: 3 });
    });

    test.for([Number.NaN, -1, Infinity])("refuses use of %s tokens", async (tokens) => {
      const store = await make();
      const usage = { inputTokens: 1, outputTokens: tokens };
      await expect(store.addUsage("s", usage)).rejects.toBeInstanceOf(Error);
      expect((await store.open(start("s"))).usage).toBeUndefined();
    });
  });

  describe(`${name}: bounds`, () => {
    test("forgets the session that was idle for the longest time, which is then unknown", async () => {
      const store = await make(2);
      for (const key of ["a", "b"]) {
        await store.open(start(key, "1"));
        await store.close(key, "1", "completed");
      }
      await store.addLabels("a", ["x"]);
      await store.open(start("c", "1"));
      expect((await store.open(start("a"))).turn).toBe(1);
      const back = await store.open(start("b", undefined, false));
      expect(back).toMatchObject({
        turn: 0,
        truncated: true,
        labels: ["customer-data", "untrusted"],
      });
    });

    test("never forgets a session with a running call, and throws instead", async () => {
      const store = await make(2);
      await store.open(start("a", "1"));
      await store.open(start("b", "1"));
      await expect(store.open(start("c", "1"))).rejects.toBeInstanceOf(Error);
      await expect(store.addLabels("c", ["x"])).rejects.toBeInstanceOf(Error);
      await store.close("b", "1", "completed");
      await store.open(start("c", "1"));
      expect((await store.open(start("a"))).turn).toBe(1);
    });

    test("does not forget a call that still runs after 256 others", async () => {
      const store = await make(1);
      for (let ref = 0; ref <= 256; ref += 1) {
        await store.open(start("s", String(ref)));
        if (ref > 0) await store.close("s", String(ref), "completed");
      }
      await expect(store.open(start("t", "1"))).rejects.toBeInstanceOf(Error);
      await store.close("s", "0", "completed");
      await expect(store.open(start("t", "1"))).resolves.toMatchObject({ turn: 0 });
    });
  });

  test(`${name}: agrees with a list of everything that happened`, async () => {
    const outcomes = ["completed", "failed", "denied", "approval-required"] as const;
    const step = fc.oneof(
      fc.record({ do: fc.constant("open" as const), key: fc.constantFrom("a", "b") }),
      fc.record({
        do: fc.constant("close" as const),
        key: fc.constantFrom("a", "b"),
        index: fc.nat(12),
        outcome: fc.constantFrom<CallOutcome>(...outcomes),
      }),
      fc.record({
        do: fc.constant("label" as const),
        key: fc.constantFrom("a", "b"),
        label: fc.constantFrom("x", "y", "z"),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const store = await make();
        const model = {
          a: { calls: [] as CallEntry[], labels: new Set<string>() },
          b: { calls: [] as CallEntry[], labels: new Set<string>() },
        };
        for (const [turn, one] of steps.entries()) {
          const held = model[one.key];
          if (one.do === "open") {
            await store.open(start(one.key, String(turn)));
            held.calls.push(entry(String(turn)));
          } else if (one.do === "label") {
            await store.addLabels(one.key, [one.label]);
            held.labels.add(one.label);
          } else {
            const call = held.calls[one.index];
            await store.close(one.key, call?.ref ?? "none", one.outcome);
            if (call?.outcome !== "running") continue;
            held.calls[one.index] = { ...call, outcome: one.outcome };
          }
        }
        for (const key of ["a", "b"] as const) {
          const { calls, labels, turn } = await store.open(start(key));
          const expected = { calls: model[key].calls, turn: model[key].calls.length };
          expect({ calls, turn, labels }).toEqual({
            ...expected,
            labels: [...model[key].labels].toSorted(),
          });
        }
      }),
    );
  });
}
