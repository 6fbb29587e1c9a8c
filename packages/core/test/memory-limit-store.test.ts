import { describe, expect, test } from "vitest";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { budget, describeLimitStore, rate, slot } from "./support/describe-limit-store.ts";

describeLimitStore("memory limit store", (parts) => createMemoryLimitStore(parts));

describe("memory limit store", () => {
  test.for([0, -1, 1.5, Number.NaN])("refuses to hold %s keys", (maxKeys) => {
    expect(() => createMemoryLimitStore({ clock: createFakeClock(), maxKeys })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "maxKeys" } }),
    );
  });

  test("does not mind a wall clock that goes back", async () => {
    const clock = createFakeClock();
    const store = createMemoryLimitStore({ clock });
    await store.reserve([rate(1, 60)]);
    clock.advance(30_000);
    clock.setWall(0);
    expect(await store.reserve([rate(1, 60)])).toMatchObject({ retryAfterSeconds: 30 });
  });

  test.for([Number.NaN, Number.POSITIVE_INFINITY])(
    "throws when the clock says %s",
    async (time) => {
      let now = 0;
      const store = createMemoryLimitStore({
        clock: { ...createFakeClock(), monotonic: () => now },
      });
      now = time;
      await expect(store.reserve([rate(1, 60)])).rejects.toThrow(
        expect.objectContaining({ code: "ERR_STORE_UNAVAILABLE" }),
      );
    },
  );

  test("treats a monotonic clock that goes back as standing still", async () => {
    let now = 50_000;
    const store = createMemoryLimitStore({
      clock: { ...createFakeClock(), monotonic: () => now },
    });
    now = 60_000;
    await store.reserve([slot(1, "k", 10)]);
    now = 0;
    expect((await store.reserve([slot(1, "k", 10)])).ok).toBe(false);
  });

  test("uses the ids that it is given, and never one twice", async () => {
    const store = createMemoryLimitStore({
      clock: createFakeClock(),
      random: { id: () => "same" },
    });
    expect(await store.reserve([rate(5, 60)])).toEqual({ ok: true, id: "same", soft: [] });
    await expect(store.reserve([rate(5, 60)])).rejects.toThrow(
      expect.objectContaining({ code: "ERR_STORE_UNAVAILABLE" }),
    );
  });

  test("counts a reservation that nobody ends as settled after an hour", async () => {
    const clock = createFakeClock();
    const store = createMemoryLimitStore({ clock });
    const day = { windowSeconds: 86_400 };
    const held = await store.reserve([budget(10, 10, day)]);
    clock.advance(3_600_000);
    await store.reserve([]);
    await store.release(held.ok ? held.id : "");
    expect((await store.reserve([budget(10, 1, day)])).ok).toBe(false);
  });

  test("keeps a long lease's reservation as long as the lease", async () => {
    const clock = createFakeClock();
    const store = createMemoryLimitStore({ clock });
    const held = await store.reserve([slot(1, "k", 7200)]);
    clock.advance(3_700_000);
    expect((await store.reserve([slot(1, "k", 7200)])).ok).toBe(false);
    await store.release(held.ok ? held.id : "");
    expect((await store.reserve([slot(1, "k", 7200)])).ok).toBe(true);
  });

  test("stays exact while more than a thousand calls of a rate are open", async () => {
    const store = createMemoryLimitStore({ clock: createFakeClock() });
    const ids: string[] = [];
    for (let call = 0; call < 3000; call += 1) {
      const answer = await store.reserve([rate(3000, 60)]);
      if (answer.ok) ids.push(answer.id);
    }
    expect(ids).toHaveLength(3000);
    expect((await store.reserve([rate(3000, 60)])).ok).toBe(false);
    // The oldest count for good by now; the newest are given back.
    await store.release(ids[0] ?? "");
    expect((await store.reserve([rate(3000, 60)])).ok).toBe(false);
    await store.release(ids[2999] ?? "");
    expect((await store.reserve([rate(3000, 60)])).ok).toBe(true);
  });
});
