import {
  dynamicTool,
  experimental_toolCaller,
  generateText,
  isStepCount,
  jsonSchema,
  tool,
  toolSearch,
} from "ai";
import type { ToolSet } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardModel, guardTools } from "../src/index.ts";
import { entryPointNames, entryPoints } from "./support/entry-points.ts";
import type { CallOutput } from "./support/entry-points.ts";
import { modelOf } from "./support/model.ts";
import type { Turn } from "./support/model.ts";
import { argIs, entry, forbid, guardOver, permit } from "./support/policy.ts";

const FILE = entry({ path: "string" });
const inputSchema = z.object({ path: z.string() });

async function setUp() {
  const ran = vi.fn<(name: string, args: unknown) => unknown>((_name, args) =>
    JSON.stringify(args),
  );
  const setup = await guardOver({ read: FILE, erase: FILE, tail: FILE, list: FILE }, [
    permit("read", "tail", "list"),
    forbid("read", argIs("path", "/etc/passwd")),
    forbid("tail", argIs("path", "/etc/passwd")),
  ]);
  const fileTool = (name: string) =>
    tool({ inputSchema, execute: async (args) => ran(name, args) });
  const raw = {
    read: fileTool("read"),
    erase: fileTool("erase"),
    tail: tool({
      inputSchema,
      async *execute(args) {
        ran("tail", args);
        yield "first";
        yield "last";
      },
    }),
    list: dynamicTool({
      inputSchema: jsonSchema({ type: "object" }),
      execute: async (args) => ran("list", args),
    }),
  };
  const { guard, context } = setup;
  return { ...setup, ran, raw, tools: guardTools(raw, { guard, context }) };
}

/** What the model got: the value, or the denial's code. */
function answers(outputs: readonly CallOutput[]): Record<string, unknown> {
  return Object.fromEntries(
    outputs.map(({ id, output, failed }) => [id, failed ? codeOf(String(output)) : output]),
  );
}

function codeOf(text: string): string {
  try {
    return JSON.parse(text).code;
  } catch {
    return "not a denial";
  }
}

const parallel: Turn = {
  calls: [
    { id: "good", name: "read", args: { path: "a" } },
    { id: "bad", name: "read", args: { path: "/etc/passwd" } },
    { id: "hidden", name: "erase", args: { path: "a" } },
    { id: "unknown", name: "format_disk", args: {} },
    { id: "dynamic", name: "list", args: { path: "b" } },
    { id: "stream", name: "tail", args: { path: "c" } },
    { id: "bad-stream", name: "tail", args: { path: "/etc/passwd" } },
  ],
};

describe.for(entryPointNames)("%s", (entryPoint) => {
  const drive = entryPoints[entryPoint];

  test("without the guard the forbidden calls run", async () => {
    const { raw, ran } = await setUp();
    await drive({ model: modelOf(parallel), tools: raw });
    expect(ran).toHaveBeenCalledTimes(6);
  });

  test("of parallel calls only the permitted run, each denied one gets its denial, the loop goes on", async () => {
    const { tools, ran, outcomes } = await setUp();
    const { outputs, text } = await drive({ model: modelOf(parallel), tools });
    expect(answers(outputs)).toEqual({
      good: '{"path":"a"}',
      bad: "forbidden-by-rule",
      hidden: "no-applicable-rule",
      unknown: "not a denial",
      dynamic: '{"path":"b"}',
      stream: "last",
      "bad-stream": "forbidden-by-rule",
    });
    expect(text).toBe("done");
    expect(ran.mock.calls.map(([name]) => name).toSorted()).toEqual(["list", "read", "tail"]);
    expect(outcomes().toSorted()).toEqual([
      "erase:no-applicable-rule",
      "list:completed",
      "read:completed",
      "read:forbidden-by-rule",
      "tail:completed",
      "tail:forbidden-by-rule",
    ]);
  });

  test("the model reads exactly the denial's JSON", async () => {
    const { tools } = await setUp();
    const model = modelOf({ calls: [{ name: "erase", args: { path: "a" } }] });
    await drive({ model, tools });
    const [, second] = entryPoint === "streamText" ? model.doStreamCalls : model.doGenerateCalls;
    const results = second?.prompt.flatMap(({ role, content }) => (role === "tool" ? content : []));
    expect(results).toEqual([
      expect.objectContaining({
        type: "tool-result",
        output: {
          type: "error-text",
          value: expect.stringMatching(/^\{"error":"portcullis.denied"/),
        },
      }),
    ]);
  });

  test("a repaired call is decided under its new name", async () => {
    const { tools, ran, outcomes } = await setUp();
    const { outputs } = await drive({
      model: modelOf({ calls: [{ id: "typo", name: "eraze", args: { path: "a" } }] }),
      tools,
      repairToolCall: async ({ toolCall }) => ({ ...toolCall, toolName: "erase" }),
    });
    expect(answers(outputs)).toEqual({ typo: "no-applicable-rule" });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["erase:no-applicable-rule"]);
  });

  test("refined arguments are the ones decided on", async () => {
    const { tools, ran } = await setUp();
    const { outputs } = await drive({
      model: modelOf({
        calls: [
          { id: "worse", name: "read", args: { path: "a" } },
          { id: "fine", name: "tail", args: { path: "b" } },
        ],
      }),
      tools,
      experimental_refineToolInput: {
        read: () => ({ path: "/etc/passwd" }),
        tail: () => ({ path: "refined" }),
      },
    });
    expect(answers(outputs)).toEqual({ worse: "forbidden-by-rule", fine: "last" });
    expect(ran).toHaveBeenCalledExactlyOnceWith("tail", { path: "refined" });
  });

  test("a schema that transforms is applied once, and its output is decided on and executed", async () => {
    const { guard, context, ran } = await setUp();
    const appending = tool({
      inputSchema: z.object({ path: z.string().transform((path) => `${path}/passwd`) }),
      execute: async (args) => ran("read", args),
    });
    const tools = guardTools({ read: appending }, { guard, context });
    const { outputs } = await drive({
      model: modelOf({
        calls: [
          { id: "once", name: "read", args: { path: "/home" } },
          { id: "bad", name: "read", args: { path: "/etc" } },
        ],
      }),
      tools,
    });
    expect(answers(outputs)).toEqual({
      once: '{"path":"/home/passwd"}',
      bad: "forbidden-by-rule",
    });
    expect(ran).toHaveBeenCalledExactlyOnceWith("read", { path: "/home/passwd" });
  });

  test("calls that share an id are decided separately, and both are on record", async () => {
    const { tools, ran, records } = await setUp();
    await drive({
      model: modelOf({
        calls: [
          { id: "same", name: "read", args: { path: "a" } },
          { id: "same", name: "read", args: { path: "/etc/passwd" } },
        ],
      }),
      tools,
    });
    expect(ran).toHaveBeenCalledExactlyOnceWith("read", { path: "a" });
    const decisions = new Set(records.map(({ decisionId }) => decisionId));
    expect(decisions.size).toBe(2);
    expect(records.every(({ callId }) => callId === "same")).toBe(true);
  });

  test("input callbacks of a denied call are silent", async () => {
    const { guard, context, ran } = await setUp();
    const seen: string[] = [];
    const chatty = {
      ...tool({ inputSchema, execute: async (args) => ran("read", args) }),
      onInputStart: () => void seen.push("start"),
      onInputDelta: () => void seen.push("delta"),
      onInputAvailable: () => void seen.push("available"),
    };
    await drive({
      model: modelOf({
        calls: [
          { name: "read", args: { path: "/etc/passwd" } },
          { name: "read", args: { path: "a" } },
        ],
      }),
      tools: guardTools({ read: chatty }, { guard, context }),
    });
    expect(seen).toEqual(["available"]);
  });

  test("a tool's secret error reaches the model without its stack", async () => {
    const { guard, context } = await setUp();
    const broken = tool({
      inputSchema,
      execute: async (): Promise<string> => {
        throw new Error("disk full\n    at write (/srv/app/disk.ts:3:1)");
      },
    });
    const { outputs } = await drive({
      model: modelOf({ calls: [{ name: "read", args: { path: "a" } }] }),
      tools: guardTools({ read: broken }, { guard, context }),
    });
    expect(outputs).toMatchObject([{ output: "disk full", failed: true }]);
  });

  test("a repeated denied call is decided again", async () => {
    const { tools, outcomes } = await setUp();
    const erase: Turn = { calls: [{ name: "erase", args: { path: "a" } }] };
    await drive({ model: modelOf(erase, erase), tools });
    expect(outcomes()).toEqual(["erase:no-applicable-rule", "erase:no-applicable-rule"]);
  });

  test("an aborted run starts no tool", async () => {
    const { guard, context, ran } = await setUp();
    const controller = new AbortController();
    const model = modelOf({ calls: [{ name: "read", args: { path: "a" } }] });
    const tools = guardTools(
      { read: tool({ inputSchema, execute: async (args) => ran("read", args) }) },
      {
        guard,
        context: () => {
          controller.abort(new Error("stop"));
          return context;
        },
      },
    );
    const { signal: abortSignal } = controller;
    await drive({ model, tools, abortSignal }).catch(() => undefined);
    expect(ran).not.toHaveBeenCalled();
  });

  test("a tool that the model cannot see is denied when it is called all the same", async () => {
    const { guard, context, tools, ran } = await setUp();
    const inner = modelOf({ calls: [{ id: "h", name: "erase", args: { path: "a" } }] });
    const { outputs } = await drive({ model: guardModel(inner, { guard, context }), tools });
    const [first] = entryPoint === "streamText" ? inner.doStreamCalls : inner.doGenerateCalls;
    expect(first?.tools?.map(({ name }) => name)).toEqual(["read", "tail", "list"]);
    expect(answers(outputs)).toEqual({ h: "no-applicable-rule" });
    expect(ran).not.toHaveBeenCalled();
  });
});

describe("what the SDK puts in the place of a tool", () => {
  test("a callback that throws before the execution changes no decision", async () => {
    const { tools, ran } = await setUp();
    const { steps } = await generateText({
      model: modelOf({
        calls: [
          { id: "good", name: "read", args: { path: "a" } },
          { id: "bad", name: "erase", args: { path: "a" } },
        ],
      }),
      tools,
      prompt: "go",
      stopWhen: isStepCount(2),
      onToolExecutionStart: () => {
        throw new Error("observer");
      },
    });
    expect(steps[0]?.content.map(({ type }) => type).slice(2)).toEqual([
      "tool-result",
      "tool-error",
    ]);
    expect(ran).toHaveBeenCalledExactlyOnceWith("read", { path: "a" });
  });

  test("another model in a later step changes no decision", async () => {
    const { guard, context, tools, ran, outcomes } = await setUp();
    const erase: Turn = { calls: [{ name: "erase", args: { path: "a" } }] };
    const unguarded = modelOf(erase);
    await generateText({
      model: guardModel(modelOf(erase), { guard, context }),
      tools,
      prompt: "go",
      stopWhen: isStepCount(3),
      prepareStep: ({ stepNumber }) => (stepNumber === 0 ? {} : { model: unguarded }),
    });
    expect(unguarded.doGenerateCalls).toHaveLength(2);
    expect(outcomes()).toEqual(["erase:no-applicable-rule", "erase:no-applicable-rule"]);
    expect(ran).not.toHaveBeenCalled();
  });

  test("a bound tool caller is decided like the tool", async () => {
    const { guard, context, ran, raw } = await setUp();
    const drive = async (wrap: (tools: ToolSet) => ToolSet) =>
      generateText({
        model: modelOf({ calls: [{ name: "erase", args: { path: "a" } }] }),
        prompt: "go",
        tools: wrap({
          erase: experimental_toolCaller(raw.erase, {
            type: "local",
            bind: () => tool({ inputSchema, execute: async (args) => ran("bound", args) }),
          }),
          read: raw.read,
        }),
        experimental_toolCallers: { read: ["erase"] } as never,
        stopWhen: isStepCount(2),
      });
    await drive((tools) => tools);
    expect(ran).toHaveBeenCalledExactlyOnceWith("bound", { path: "a" });
    ran.mockClear();
    await drive((tools) => guardTools(tools, { guard, context }));
    expect(ran).not.toHaveBeenCalled();
  });

  test("a tool that the search tool finds is guarded when it appears", async () => {
    const { guard, context, ran, outcomes } = await setUp();
    const tools = guardTools(
      {
        search: toolSearch(),
        erase: tool({
          description: "Erases",
          deferLoading: true,
          inputSchema,
          execute: async (args) => ran("erase", args),
        }),
      },
      {
        guard,
        context,
        clientTools: { permit: ["search"], reason: "The SDK searches names in memory." },
      },
    );
    const result = await generateText({
      model: modelOf(
        { calls: [{ name: "search", args: { query: "erase" } }] },
        { calls: [{ name: "erase", args: { path: "a" } }] },
      ),
      tools,
      prompt: "go",
      stopWhen: isStepCount(3),
    });
    expect(result.steps[0]?.toolResults[0]?.output).toEqual({
      tools: [{ name: "erase", description: "Erases" }],
    });
    expect(outcomes()).toEqual(["erase:no-applicable-rule"]);
    expect(ran).not.toHaveBeenCalled();
  });

  test("an agent inside a tool is decided call by call under the outer identity", async () => {
    const { guard, context, ran, records } = await setUp();
    const inner = guardTools(
      { erase: tool({ inputSchema, execute: async (args) => ran("erase", args) }) },
      { guard },
    );
    const delegate = tool({
      inputSchema,
      execute: async () => {
        const model = modelOf({ calls: [{ id: "inner", name: "erase", args: { path: "a" } }] });
        const drive = { model, tools: inner, prompt: "go", stopWhen: isStepCount(2) };
        return (await generateText(drive)).text;
      },
    });
    const result = await generateText({
      model: modelOf({ calls: [{ id: "outer", name: "read", args: { path: "a" } }] }),
      tools: guardTools({ read: delegate }, { guard, context }),
      prompt: "go",
      stopWhen: isStepCount(2),
    });
    expect(result.text).toBe("done");
    expect(ran).not.toHaveBeenCalled();
    const denied = records.find(({ callId }) => callId === "inner");
    expect(denied).toMatchObject({
      parentCallId: "outer",
      agent: "bot",
      code: "no-applicable-rule",
    });
  });
});
