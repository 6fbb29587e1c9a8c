import { describe, expect, test } from "vitest";
import type { DecisionRecord, DecisionSink } from "../../src/ports/decision-sink.ts";
import type { Awaitable } from "../../src/ports/runtime.ts";

/** A sink with a way to read what it holds. */
export interface SinkUnderTest {
  readonly sink: DecisionSink;
  readonly read: () => Awaitable<readonly unknown[]>;
}

export const record = (decisionId: string, more: Partial<DecisionRecord> = {}): DecisionRecord => ({
  schema: "portcullis.decision.v1",
  phase: "intent",
  at: "2026-11-20T09:00:00.000Z",
  decisionId,
  callId: "c1",
  tool: "read",
  mode: "enforce",
  verdict: "permit",
  action: "permit",
  rules: [{ id: "r", effect: "permit", erred: false, shadow: false }],
  risk: { score: 5, factors: [{ factor: "base", points: 5 }] },
  ...more,
});

/** What every `DecisionSink` must do; durable sinks run the same cases. */
export function describeDecisionSink(name: string, create: () => Awaitable<SinkUnderTest>): void {
  describe(`${name}: records`, () => {
    test("holds what was written, in order", async () => {
      const { sink, read } = await create();
      const records = [record("a"), record("a", { phase: "outcome" }), record("b")];
      for (const one of records) await sink.write(one);
      expect(await read()).toEqual(records);
    });

    test("keeps the order of writes that do not wait for each other", async () => {
      const { sink, read } = await create();
      const records = Array.from({ length: 200 }, (_, index) => record(`d_${index}`));
      await Promise.all(records.map((one) => sink.write(one)));
      expect(await read()).toEqual(records);
    });

    test("keeps texts that look like two lines in one record", async () => {
      const { sink, read } = await create();
      const odd = record("a", { tool: 'a\n{"b":1}\r\u2028"', args: { note: "\u0000\n" } });
      await sink.write(odd);
      expect(await read()).toEqual([odd]);
    });

    test("does not follow changes of a record after it was written", async () => {
      const { sink, read } = await create();
      const one = { ...record("a") };
      await sink.write(one);
      one.tool = "other";
      expect(await read()).toEqual([record("a")]);
    });
  });
}
