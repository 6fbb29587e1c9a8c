import { spawn } from "node:child_process";
import { once } from "node:events";
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

test("a signal closes what is open, also what is opened meanwhile, and then ends the process", async () => {
  const script = `
    const { withCleanup } = await import(${JSON.stringify(new URL("../src/demo/with-cleanup.ts", import.meta.url).href)});
    const { setTimeout: delay } = await import("node:timers/promises");
    await withCleanup(async (defer) => {
      defer(() => console.log("first closed"));
      setTimeout(() => process.kill(process.pid, "SIGTERM"), 10);
      await delay(200);
      defer(() => delay(50).then(() => console.log("late closed")));
    });
    console.log("went on");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (printed += text));
  const [code, signal] = await once(child, "close");
  expect({ code, signal, printed }).toEqual({
    code: null,
    signal: "SIGTERM",
    printed: "first closed\nlate closed\n",
  });
});
