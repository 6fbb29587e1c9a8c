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

test("forgets the session idle for longest when all values together are too many", async () => {
  const store = createMemorySessionStore({ clock: createFakeClock(), maxIndexBytes: 100 });
  const values = { labels: ["a"], keyId: "k", leaves: 1, shingles: new Float64Array() };
  const query = {
    keyId: "k",
    exact: ["x"],
    shingles: new Float64Array(),
    isNew: false,
    unknownLabels: ["all"],
  };
  await store.open(start("old", "1"));
  await store.addValues("old", { ...values, exact: ["x", "y"] });
  await store.close("old", "1", "completed");
  await store.open(start("new", "1"));
  await store.addValues("new", { ...values, exact: ["x"] });
  expect(await store.findLabels("new", query)).toEqual({
    everywhere: [],
    exact: [["a"]],
    shingles: [],
  });
  expect(await store.findLabels("old", query)).toEqual({
    everywhere: ["all"],
    exact: [[]],
    shingles: [],
  });
  // With a running call none can be forgotten, so nothing more is taken.
  await expect(store.addValues("new", { ...values, exact: ["1", "2", "3"] })).rejects.toMatchObject(
    { code: "ERR_STORE_UNAVAILABLE" },
  );
});

test.for([0, -1, 1.5])("refuses maxIndexBytes %s", (maxIndexBytes) => {
  expect(() => createMemorySessionStore({ clock: createFakeClock(), maxIndexBytes })).toThrow(
    expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
  );
});
