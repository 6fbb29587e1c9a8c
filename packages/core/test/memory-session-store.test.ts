import { describe, expect, test } from "vitest";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { createFakeClock } from "./support/fake-clock.ts";
import { describeSessionStore, start } from "./support/describe-session-store.ts";

describeSessionStore("memory session store", (parts) => createMemorySessionStore(parts));

describe("memory session store", () => {
  test.for([0, -1, 1.5, Number.NaN])("refuses to hold %s sessions", (maxSessions) => {
    expect(() => createMemorySessionStore({ clock: createFakeClock(), maxSessions })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "maxSessions" } }),
    );
  });

  test("names full stores and sessions as unavailable", async () => {
    const store = createMemorySessionStore({ clock: createFakeClock(), maxSessions: 1 });
    for (let ref = 0; ref < 4096; ref += 1) await store.open(start("s", String(ref)));
    await expect(store.open(start("s", "more"))).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      fields: { reason: "running" },
    });
    await expect(store.open(start("t", "1"))).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      fields: { reason: "full" },
    });
  });

  test("knows before it ever forgot a session that an unknown one had no calls here", async () => {
    const store = createMemorySessionStore({ clock: createFakeClock() });
    expect((await store.open(start("s", "1", false))).truncated).toBe(false);
  });

  test("dates a session by its first call", async () => {
    const clock = createFakeClock();
    const store = createMemorySessionStore({ clock });
    await store.addUsage("s", { inputTokens: 1, outputTokens: 1 });
    clock.advance(5000);
    expect((await store.open(start("s", "1"))).startedAt).toBe(clock.now());
  });
});
