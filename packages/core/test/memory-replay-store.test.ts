import { describe, expect, test } from "vitest";
import { createMemoryReplayStore } from "../src/memory/replay-store.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { describeReplayStore } from "./support/describe-replay-store.ts";

describeReplayStore("memory replay store", (parts) => createMemoryReplayStore(parts));

describe("memory replay store", () => {
  test.for([
    { option: "maxKeys", value: 0 },
    { option: "maxKeys", value: Number.NaN },
    { option: "skewSeconds", value: -1 },
    { option: "skewSeconds", value: 2.5 },
    { option: "skewSeconds", value: Number.NaN },
  ])("refuses $option = $value", ({ option, value }) => {
    expect(() => createMemoryReplayStore({ clock: createFakeClock(), [option]: value })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option } }),
    );
  });

  test.for([
    { issued: -100, answer: "cold" },
    { issued: 0, answer: "cold" },
    { issued: 2, answer: "cold" },
    { issued: 2.001, answer: "ok" },
    { issued: 3, answer: "ok" },
  ])("answers $answer for an id of second $issued of the process", async ({ issued, answer }) => {
    const clock = createFakeClock();
    const store = createMemoryReplayStore({ clock });
    const begun = clock.now() / 1000;
    clock.advance(3000);
    expect(await store.consume("a", begun + issued, begun + 8)).toBe(answer);
  });

  test("forgets nothing of a busy minute, and everything after a quiet day", async () => {
    const clock = createFakeClock();
    const store = createMemoryReplayStore({ clock, skewSeconds: 0, maxKeys: 70 });
    const use = (key: string) => store.consume(key, clock.now() / 1000, clock.now() / 1000 + 100.5);
    clock.advance(1000);
    for (let key = 0; key < 60; key += 1) {
      clock.advance(1000);
      expect(await use(`k${key}`)).toBe("ok");
    }
    for (let key = 0; key < 60; key += 1) expect(await use(`k${key}`)).toBe("replayed");
    clock.advance(86_400_000);
    for (let key = 0; key < 70; key += 1) expect(await use(`n${key}`)).toBe("ok");
    expect(await use("more")).toBe("full");
  });

  test("makes room second by second while it is busy", async () => {
    const clock = createFakeClock();
    const store = createMemoryReplayStore({ clock, skewSeconds: 0, maxKeys: 10 });
    clock.advance(1000);
    for (let key = 0; key < 100; key += 1) {
      const now = clock.now() / 1000;
      expect(await store.consume(`k${key}`, now, now + 10)).toBe("ok");
      clock.advance(1000);
    }
  });

  test("rejects when the clock gives no time", async () => {
    let now = 1000;
    const store = createMemoryReplayStore({ clock: { ...createFakeClock(), now: () => now } });
    now = Number.NaN;
    await expect(store.consume("a", 100, 105)).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
    });
  });
});
