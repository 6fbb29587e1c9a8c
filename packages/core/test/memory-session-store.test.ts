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
  const store = createMemorySessionStore({ clock: createFakeClock(), maxIndexBytes: 1100 });
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
    exact: [undefined],
    shingles: [],
  });
  // With a running call none can be forgotten, so nothing more is taken.
  await expect(store.addValues("new", { ...values, exact: ["1", "2", "3"] })).rejects.toMatchObject(
    { code: "ERR_STORE_UNAVAILABLE" },
  );
});

test("labels every value once the sets of labels are too many to tell apart", async () => {
  const store = createMemorySessionStore({ clock: createFakeClock() });
  await store.open(start("s", "1"));
  const labels = Array.from({ length: 13 }, (_, bit) => `label-${10 + bit}`);
  const asked = { keyId: "k", exact: ["x"], isNew: false, unknownLabels: [] };
  for (const [bit, label] of labels.entries()) {
    const held = Array.from({ length: 2 ** 13 }, (_, hash) => hash).filter(
      (hash) => hash & (1 << bit),
    );
    const shingles = Float64Array.from(held);
    await store.addValues("s", { labels: [label], keyId: "k", leaves: 1, exact: [], shingles });
    const found = await store.findLabels("s", { ...asked, shingles: shingles.slice(-1) });
    const told = [...found.everywhere, ...(found.shingles[0] ?? [])];
    expect(told).toEqual(labels.slice(0, bit + 1));
  }
  const { everywhere } = await store.findLabels("s", { ...asked, shingles: Float64Array.of(1) });
  expect(everywhere).toEqual(labels);
});

test("forgets no session without values for those that have too many", async () => {
  const store = createMemorySessionStore({ clock: createFakeClock(), maxIndexBytes: 900 });
  for (const key of ["empty", "old", "new"]) {
    await store.open(start(key, "1"));
    if (key !== "new") await store.close(key, "1", "completed");
    const values = { labels: ["a"], keyId: "k", leaves: 1, shingles: new Float64Array() };
    if (key !== "empty") await store.addValues(key, { ...values, exact: ["x"] });
  }
  expect((await store.open(start("empty", undefined, false))).turn).toBe(1);
  expect((await store.open(start("old", undefined, false))).turn).toBe(0);
});

test.for([0, -1, 1.5])("refuses maxIndexBytes %s", (maxIndexBytes) => {
  expect(() => createMemorySessionStore({ clock: createFakeClock(), maxIndexBytes })).toThrow(
    expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
  );
});
