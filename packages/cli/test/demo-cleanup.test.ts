import { expect, test } from "vitest";
import { withCleanup } from "../src/demo/with-cleanup.ts";

test("what was opened last is closed first, and all before the result is given", async () => {
  const closed: string[] = [];
  const result = await withCleanup(async (defer) => {
    defer(() => void closed.push("first"));
    defer(async () => void closed.push("second"));
    return "done";
  });
  expect([result, ...closed]).toEqual(["done", "second", "first"]);
});

test("a failure closes everything and is passed on", async () => {
  const closed: string[] = [];
  const failing = withCleanup(async (defer) => {
    defer(() => void closed.push("first"));
    defer(() => {
      throw new Error("cannot close");
    });
    throw new Error("broken");
  });
  await expect(failing).rejects.toThrow("broken");
  expect(closed).toEqual(["first"]);
});

test("it listens to signals only while it works", async () => {
  const before = process.listenerCount("SIGINT");
  const during = await withCleanup(async () => process.listenerCount("SIGINT"));
  expect([during, process.listenerCount("SIGINT")]).toEqual([before + 1, before]);
});
