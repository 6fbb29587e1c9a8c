import { describe, expect, test } from "vitest";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { createJsonLinesSink } from "../src/memory/json-lines-sink.ts";
import { describeDecisionSink, record } from "./support/describe-decision-sink.ts";

describeDecisionSink("memory decision sink", () => {
  const sink = createMemoryDecisionSink();
  return { sink, read: () => sink.records };
});

describeDecisionSink("JSON lines sink", () => {
  let file = "";
  const sink = createJsonLinesSink({
    write: async (line) => {
      const [half, rest] = [line.slice(0, 10), line.slice(10)];
      file += half;
      await Promise.resolve();
      file += rest;
    },
  });
  const read = () =>
    file
      .split("\n")
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  return { sink, read };
});

describe("createMemoryDecisionSink", () => {
  test.for([0, -1, 1.5, Number.NaN])("refuses to keep %s records", (maxRecords) => {
    expect(() => createMemoryDecisionSink({ maxRecords })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option: "maxRecords" } }),
    );
  });

  test("keeps the last records and counts the others", async () => {
    const sink = createMemoryDecisionSink({ maxRecords: 3 });
    for (let index = 0; index < 20; index += 1) {
      await sink.write(record(String(index)));
      const kept = sink.records.map(({ decisionId }) => Number(decisionId));
      expect(kept).toEqual([index - 2, index - 1, index].filter((one) => one >= 0));
      expect(sink.dropped).toBe(Math.max(0, index - 2));
    }
  });
});

describe("createJsonLinesSink", () => {
  test.for([
    { option: "write", options: { write: undefined as unknown as () => void } },
    { option: "maxQueued", options: { write: () => undefined, maxQueued: 0 } },
  ])("refuses a wrong $option", ({ option, options }) => {
    expect(() => createJsonLinesSink(options)).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID", fields: { option } }),
    );
  });

  test.for([
    {
      how: "throws",
      fail: (): void => {
        throw new Error("disk full");
      },
    },
    { how: "rejects", fail: (): Promise<void> => Promise.reject(new Error("disk full")) },
  ])("refuses everything after a write that $how", async ({ fail }) => {
    const lines: string[] = [];
    const sink = createJsonLinesSink({
      write: (line) => {
        lines.push(line);
        return lines.length === 2 ? fail() : undefined;
      },
    });
    const poisoned = { code: "ERR_STORE_UNAVAILABLE", fields: { reason: "poisoned" } };
    const writes = ["a", "b", "c", "d"].map((id) => sink.write(record(id)));
    const settled = await Promise.allSettled(writes);
    expect(settled.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "rejected",
      "rejected",
    ]);
    expect(settled[3]).toMatchObject({ reason: poisoned });
    await expect(sink.write(record("e"))).rejects.toMatchObject(poisoned);
    expect(lines).toHaveLength(2);
  });

  test("writes one line at a time", async () => {
    let running = 0;
    let most = 0;
    const sink = createJsonLinesSink({
      write: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });
    await Promise.all(Array.from({ length: 20 }, (_, id) => sink.write(record(String(id)))));
    expect(most).toBe(1);
  });

  test("resolves only when its own line is written", async () => {
    const finish: (() => void)[] = [];
    const sink = createJsonLinesSink({
      write: () => new Promise<void>((resolve) => void finish.push(resolve)),
    });
    const done: string[] = [];
    const first = sink.write(record("a")).then(() => done.push("a"));
    const second = sink.write(record("b")).then(() => done.push("b"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toEqual([]);
    finish[0]?.();
    await first;
    expect(done).toEqual(["a"]);
    finish[1]?.();
    await second;
  });

  test("refuses records beyond its queue while a write hangs, and goes on after it", async () => {
    const finished: (() => void)[] = [];
    const finish = (): void => finished.shift()?.();
    const sink = createJsonLinesSink({
      write: () => new Promise<void>((resolve) => void finished.push(resolve)),
      maxQueued: 2,
    });
    const waiting = [sink.write(record("a")), sink.write(record("b"))];
    await expect(sink.write(record("c"))).rejects.toMatchObject({ fields: { reason: "full" } });
    await Promise.resolve();
    finish();
    await waiting[0];
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    await waiting[1];
    const later = sink.write(record("d"));
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    await expect(later).resolves.toBeUndefined();
  });

  test("refuses a record that is not JSON, and only that one", async () => {
    const lines: string[] = [];
    const sink = createJsonLinesSink({ write: (line) => void lines.push(line) });
    const endless: Record<string, unknown> = {};
    endless["self"] = endless;
    const broken = { ...record("a"), args: endless } as unknown as ReturnType<typeof record>;
    await expect(sink.write(broken)).rejects.toBeInstanceOf(Error);
    await sink.write(record("b"));
    expect(lines).toHaveLength(1);
  });
});
