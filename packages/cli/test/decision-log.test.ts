import { appendFile, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import type * as fileSystem from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DecisionRecord } from "@portcullis/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createDecisionLog } from "../src/decision-log.ts";

const synced = vi.hoisted(() => ({ count: 0 }));
vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof fileSystem>();
  const fdatasync = (descriptor: number, callback: (error: Error | null) => void): void => {
    fs.fdatasync(descriptor, (error) => {
      synced.count += 1;
      callback(error);
    });
  };
  return { ...fs, fdatasync };
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "portcullis-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record = (decisionId: string): DecisionRecord => ({
  schema: "portcullis.decision.v1",
  phase: "intent",
  at: "2026-11-20T09:00:00.000Z",
  decisionId,
  callId: "c",
  tool: "rm",
  mode: "enforce",
  verdict: "permit",
  action: "permit",
  rules: [],
  risk: { score: 0, factors: [] },
});

const idsOf = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as DecisionRecord).decisionId);

test.for([false, true])("writes records in the order handed in (fsync %s)", async (fsync) => {
  const path = join(folder, "log", "decisions.jsonl");
  const sink = createDecisionLog({ path, fsync });
  const ids = Array.from({ length: 200 }, (_, index) => `d_${index}`);
  await Promise.all(ids.map((id) => sink.write(record(id))));
  await sink.close();
  expect(idsOf(await readFile(path, "utf8"))).toEqual(ids);
});

test("a record is in the file when its write resolves", async () => {
  const path = join(folder, "decisions.jsonl");
  const sink = createDecisionLog({ path });
  await sink.write(record("d_1"));
  expect(idsOf(await readFile(path, "utf8"))).toEqual(["d_1"]);
  await sink.close();
});

test.for([
  [true, 1],
  [false, 0],
] as const)("waits for the disk where it is asked to (%s)", async ([fsync, count]) => {
  synced.count = 0;
  const sink = createDecisionLog({ path: join(folder, "decisions.jsonl"), fsync });
  await sink.write(record("d_1"));
  expect(synced.count).toBe(count);
  await sink.close();
});

test("appends to what is there, on a line of its own after a torn one", async () => {
  const path = join(folder, "decisions.jsonl");
  await appendFile(path, '{"torn":');
  const sink = createDecisionLog({ path });
  await sink.write(record("d_1"));
  await sink.close();
  const again = createDecisionLog({ path });
  await again.write(record("d_2"));
  await again.close();
  const lines = (await readFile(path, "utf8")).split("\n");
  expect(lines[0]).toBe('{"torn":');
  expect(idsOf(lines.slice(1).join("\n"))).toEqual(["d_1", "d_2"]);
});

test("after a record that cannot be written none is taken any more", async () => {
  const path = join(folder, "decisions.jsonl");
  await mkdir(path);
  const sink = createDecisionLog({ path });
  await expect(sink.write(record("d_1"))).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
  await rm(path, { recursive: true });
  await expect(sink.write(record("d_2"))).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
  await sink.close();
  await expect(readFile(path)).rejects.toThrow("ENOENT");
});

test("needs a path", () => {
  expect(() => createDecisionLog({ path: "" })).toThrow("path");
});

test("refuses records after it was closed", async () => {
  const sink = createDecisionLog({ path: join(folder, "decisions.jsonl") });
  await sink.close();
  await expect(sink.write(record("d_1"))).rejects.toThrow("closed");
});

test.skipIf(process.platform === "win32")("a new file is its owner's alone", async () => {
  const path = join(folder, "decisions.jsonl");
  const sink = createDecisionLog({ path });
  await sink.write(record("d_1"));
  await sink.close();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});
