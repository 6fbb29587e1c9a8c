import type { Guard } from "@portcullis/core";
import { tool } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardTool, isGuarded } from "../src/index.ts";
import { argIs, entry, forbid, guardOver, permit } from "./support/policy.ts";

const call = { toolCallId: "c1", messages: [], context: {} };
const inputSchema = z.object({ path: z.string() });

interface Trace {
  readonly steps: string[];
}

function stream({ steps }: Trace) {
  return tool({
    inputSchema,
    async *execute({ path }) {
      steps.push("start");
      try {
        for (const part of ["one", "two", "three"]) {
          steps.push(part);
          yield `${path} ${part}`;
        }
      } finally {
        steps.push("closed");
      }
    },
  });
}

async function setUp(overrides: Partial<Guard> = {}) {
  const steps: string[] = [];
  const setup = await guardOver({ tail: entry({ path: "string" }) }, [
    permit("tail"),
    forbid("tail", argIs("path", "/etc/passwd")),
  ]);
  const guard: Guard = { ...setup.guard, ...overrides };
  const { context } = setup;
  const guarded = guardTool(stream({ steps }), { guard, context, name: "tail" });
  return { ...setup, guard, steps, guarded };
}

function start(execute: unknown, path: string, signal?: AbortSignal): AsyncGenerator {
  if (typeof execute !== "function") throw new Error("It should be executable.");
  const options = signal === undefined ? call : { ...call, abortSignal: signal };
  return Reflect.apply(execute, undefined, [{ path }, options]);
}

async function collect(chunks: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a generator tool", () => {
  test("a permitted one yields its chunks in order and is on record once", async () => {
    const { guarded, outcomes } = await setUp();
    expect(await collect(start(guarded.execute, "a"))).toEqual(["a one", "a two", "a three"]);
    expect(outcomes()).toEqual(["tail:completed"]);
  });

  test("a forbidden one yields nothing and never starts", async () => {
    const { guarded, steps, outcomes } = await setUp();
    const first = start(guarded.execute, "/etc/passwd").next();
    await expect(first).rejects.toMatchObject({ denial: { code: "forbidden-by-rule" } });
    expect(steps).toEqual([]);
    expect(outcomes()).toEqual(["tail:forbidden-by-rule"]);
  });

  test("nothing happens until somebody reads", async () => {
    const { guarded, steps, records } = await setUp();
    const chunks = start(guarded.execute, "a");
    await settled();
    expect([steps, records]).toEqual([[], []]);
    await chunks.return(undefined);
    expect([steps, records]).toEqual([[], []]);
  });

  test("the tool is at most one chunk ahead of the reader", async () => {
    const { guarded, steps } = await setUp();
    const chunks = start(guarded.execute, "a");
    await chunks.next();
    await settled();
    expect(steps).not.toContain("three");
    expect(await collect(chunks)).toEqual(["a two", "a three"]);
  });

  test("an early return closes the tool's iterator, aborts its signal and the execution", async () => {
    const { guard, context, outcomes } = await setUp();
    const aborted = vi.fn<() => void>();
    const steps: string[] = [];
    const endless = tool({
      inputSchema,
      async *execute(_args, { abortSignal }) {
        abortSignal?.addEventListener("abort", aborted);
        try {
          for (;;) yield "more";
        } finally {
          steps.push("closed");
        }
      },
    });
    const guarded = guardTool(endless, { guard, context, name: "tail" });
    for await (const chunk of start(guarded.execute, "a")) {
      expect(chunk).toBe("more");
      break;
    }
    await vi.waitFor(() => expect(outcomes()).toEqual(["tail:aborted"]));
    expect(aborted).toHaveBeenCalledTimes(1);
    expect(steps).toEqual(["closed"]);
  });

  test("an early return is an abort on record, not a failure, however fast the tool ends", async () => {
    const { guard, context, outcomes } = await setUp();
    const bare = tool({
      inputSchema,
      execute: () => ({
        [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: "more" }) }),
      }),
    });
    const guarded = guardTool(bare, { guard, context, name: "tail", streaming: true });
    const chunks = start(guarded.execute, "a");
    await chunks.next();
    await chunks.return(undefined);
    await vi.waitFor(() => expect(outcomes()).toEqual(["tail:aborted"]));
  });

  test.for([
    { what: "a tool whose chunks are held back", streaming: true },
    { what: "a tool that is drained", streaming: false },
  ])("an abort stops $what", async ({ streaming }) => {
    const { guard, context } = await setUp();
    const holding: Guard = {
      ...guard,
      execute: (toolCall, given, run) =>
        guard.execute(toolCall, given, (args, control) =>
          run(args, { ...control, push: async () => [] }),
        ),
    };
    const closed = vi.fn<() => void>();
    const endless = async function* () {
      try {
        for (;;) yield await new Promise((resolve) => setTimeout(resolve, 0));
      } finally {
        closed();
      }
    };
    const guarded = guardTool(tool({ inputSchema, execute: () => endless() }), {
      guard: holding,
      context,
      name: "tail",
      streaming,
    });
    const controller = new AbortController();
    const result: unknown = start(guarded.execute, "a", controller.signal);
    const ended = streaming ? (result as AsyncGenerator).next() : result;
    await settled();
    controller.abort(new Error("stop"));
    await expect(ended).rejects.toThrow("stop");
    await vi.waitFor(() => expect(closed).toHaveBeenCalledTimes(1));
  });

  test("an abort while it streams ends it with the signal's reason", async () => {
    const { guarded, steps } = await setUp();
    const controller = new AbortController();
    const chunks = start(guarded.execute, "a", controller.signal);
    await chunks.next();
    const stop = new Error("stop");
    await settled();
    controller.abort(stop);
    await settled();
    // The second chunk was ready and is dropped.
    await expect(chunks.next()).rejects.toBe(stop);
    await vi.waitFor(() => expect(steps).toContain("closed"));
  });

  test("an error after chunks is a tool error without a stack", async () => {
    const { guard, context } = await setUp();
    const broken = tool({
      inputSchema,
      async *execute() {
        yield "one";
        throw new Error("broken\n    at tail (/srv/app/tail.ts:1:1)");
      },
    });
    const chunks = start(guardTool(broken, { guard, context, name: "tail" }).execute, "a");
    expect(await chunks.next()).toEqual({ done: false, value: "one" });
    const error: unknown = await chunks.next().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "ERR_TOOL_FAILED", message: "broken" });
  });

  test("every chunk goes through the guard's inspection, which may hold it back", async () => {
    const { guard, context } = await setUp();
    const holding: Guard = {
      ...guard,
      execute: (toolCall, given, run) => {
        const held: unknown[] = [];
        return guard.execute(toolCall, given, (args, control) =>
          run(args, {
            ...control,
            push: async (chunk) => {
              held.push(chunk);
              return [];
            },
            end: async <C>() => [held.join("+") as C],
          }),
        );
      },
    };
    const guarded = guardTool(stream({ steps: [] }), { guard: holding, context, name: "tail" });
    expect(await collect(start(guarded.execute, "a"))).toEqual(["a one+a two+a three"]);
  });

  test("a committed dry run gives its value although the tool was not run", async () => {
    const setup = await setUp();
    const { guard, context, steps } = setup;
    const committing: Guard = {
      ...guard,
      execute: (toolCall, given) =>
        guard.execute(toolCall, given, () => "committed") as ReturnType<Guard["execute"]> as never,
    };
    const guarded = guardTool(stream({ steps }), { guard: committing, context, name: "tail" });
    expect(await collect(start(guarded.execute, "a"))).toEqual(["committed"]);
    expect(steps).toEqual([]);
  });

  test.for([
    {
      what: "a plain function that returns an iterable",
      execute: () =>
        (async function* () {
          yield "one";
          yield "two";
        })(),
      chunks: ["one", "two"],
    },
    { what: "a function that returns one value", execute: async () => "one", chunks: ["one"] },
  ])("with `streaming`, $what streams", async ({ execute, chunks }) => {
    const { guard, context } = await setUp();
    const options = { guard, context, name: "tail", streaming: true };
    const guarded = guardTool(tool({ inputSchema, execute }), options);
    expect(await collect(start(guarded.execute, "a"))).toEqual(chunks);
    await expect(start(guarded.execute, "/etc/passwd").next()).rejects.toThrow("forbidden-by-rule");
  });

  test("a second guard sees that the guarded tool streams", async () => {
    const { guarded } = await setUp();
    const other = await setUp();
    const { guard, context } = other;
    const twice = guardTool(guarded, { guard, context, name: "tail" });
    expect(isGuarded(twice, guard)).toBe(true);
    expect(await collect(start(twice.execute, "a"))).toEqual(["a one", "a two", "a three"]);
  });
});
