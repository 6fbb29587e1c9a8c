import type { CallEntry } from "@portcullis/core";
import { createMemorySessionStore } from "@portcullis/core";
import { expect, test } from "vitest";
import { withNewSessions } from "../src/with-new-sessions.ts";

const clock = { now: () => 0, monotonic: () => 0, schedule: () => () => undefined };
const entry = (ref: string): CallEntry => ({ ref, tool: "t", outcome: "running", at: 0 });
const asked = { isNew: false, unknownLabels: ["untrusted"] };

test("a session is new when a call first enters it, and not once more after it was dropped", async () => {
  const store = withNewSessions(createMemorySessionStore({ clock, maxSessions: 1 }));
  const call = async (key: string, ref: string): Promise<readonly string[]> => {
    const { labels } = await store.open({ ...asked, key, entry: entry(ref) });
    await store.close(key, ref, "completed");
    return labels;
  };
  expect((await store.open({ ...asked, key: "a" })).labels).toEqual([]);
  expect(await call("a", "1")).toEqual([]);
  expect(await call("a", "2")).toEqual([]);
  expect(await call("b", "3")).toEqual([]);
  expect(await call("a", "4")).toEqual(["untrusted"]);
});

test("labels and use go through", async () => {
  const store = withNewSessions(createMemorySessionStore({ clock }));
  await store.addUsage("a", { inputTokens: 1, outputTokens: 2 });
  await store.addLabels("a", ["x"]);
  const snapshot = await store.open({ ...asked, key: "a" });
  expect(snapshot.labels).toEqual(["x"]);
  expect(snapshot.usage).toEqual({ inputTokens: 1, outputTokens: 2 });
});
