import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import type { ContextInput, DefinitionInspector, Guard, Scanner } from "@portcullis/core";
import { generateText, jsonSchema, streamText, tool } from "ai";
import type { Tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardModel, guardTool, guardTools, isGuarded } from "../src/index.ts";
import type { LanguageModelV4, ModelCall } from "../src/index.ts";
import { modelOf, usage } from "./support/model.ts";
import type { Params, StreamPart } from "./support/model.ts";
import { entry, guardOver, permit } from "./support/policy.ts";

const reason = "Measured to be safe in this test suite.";
const FILE = entry({ path: "string" });
const prompt: Params["prompt"] = [{ role: "user", content: [{ type: "text", text: "hi" }] }];

type Definition = NonNullable<Params["tools"]>[number];

function functionTool(name: string, members: object = {}): Definition {
  return { type: "function", name, inputSchema: { type: "object" }, ...members };
}

function providerTool(name: string): Definition {
  return { type: "provider", id: `acme.${name}`, name, args: {} };
}

const secrets: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/sk-\w+/g)].map(({ index, 0: found }) => ({
      kind: "secret",
      rule: "key",
      start: index,
      end: index + found.length,
      confidence: "high",
    })),
  }),
};

async function setUp(options: Parameters<typeof guardOver>[2] = {}) {
  return guardOver(
    {
      read: FILE,
      erase: FILE,
      "mcp:github/list": entry({}, { origin: "mcp" }),
      search: entry({}, { origin: "provider" }),
      unseen: entry({}, { origin: "provider" }),
    },
    [permit("read", "mcp:github/list", "search")],
    options,
  );
}

async function seenBy(
  wrap: (model: LanguageModelV4) => LanguageModelV4,
  params: Partial<Params>,
): Promise<Params> {
  const inner = modelOf({ text: "ok" });
  await wrap(inner).doGenerate({ prompt, ...params });
  const [seen] = inner.doGenerateCalls;
  if (seen === undefined) throw new Error("The model should have been asked.");
  return seen;
}

const namesOf = ({ tools }: Params) => tools?.map(({ name }) => name);

describe("tool definitions", () => {
  test("only tools that the principal may use are offered, in their order", async () => {
    const { guard, context } = await setUp();
    const tools = ["erase", "read", "invented"].map((name) => functionTool(name));
    const seen = await seenBy((model) => guardModel(model, { guard, context }), { tools });
    expect(namesOf(seen)).toEqual(["read"]);
  });

  test.for([
    { what: "no context", context: undefined },
    {
      what: "a context function that throws",
      context: () => {
        throw new Error("db");
      },
    },
    { what: "a context function without an answer", context: () => undefined },
  ])("with $what no tool is offered", async ({ context }) => {
    const { guard } = await setUp();
    const options = { guard, ...(context === undefined ? {} : { context }) };
    const tools = [functionTool("read")];
    const seen = await seenBy((model) => guardModel(model, options), {
      tools,
      toolChoice: { type: "required" },
    });
    expect("tools" in seen || "toolChoice" in seen).toBe(false);
  });

  test("inside a running tool the context is that of its call", async () => {
    const { guard, context } = await setUp();
    const seen: unknown[] = [];
    const ask = tool({
      inputSchema: z.object({ path: z.string() }),
      execute: async () => {
        const tools = [functionTool("read"), functionTool("erase")];
        seen.push(namesOf(await seenBy((model) => guardModel(model, { guard }), { tools })));
        return "asked";
      },
    });
    const guarded = guardTool(ask, { guard, context, name: "read" });
    await guarded.execute({ path: "a" }, { toolCallId: "c", messages: [], context: {} });
    expect(seen).toEqual([["read"]]);
  });

  test("a context function gets the request", async () => {
    const { guard, context } = await setUp();
    const find = vi.fn<(call: ModelCall) => ContextInput>(() => context);
    const tools = [functionTool("read")];
    const seen = await seenBy((model) => guardModel(model, { guard, context: find }), { tools });
    expect(namesOf(seen)).toEqual(["read"]);
    expect(find).toHaveBeenCalledExactlyOnceWith({ type: "generate", params: { prompt, tools } });
  });

  test.for([
    { choice: "erase", tools: ["read", "erase"], left: { type: "auto" } },
    { choice: "read", tools: ["read", "erase"], left: { type: "tool", toolName: "read" } },
    { choice: "erase", tools: ["erase"], left: undefined },
    { choice: "invented", tools: ["read"], left: { type: "auto" } },
  ])("a choice of $choice among $tools becomes $left", async ({ choice, tools, left }) => {
    const { guard, context } = await setUp();
    const seen = await seenBy((model) => guardModel(model, { guard, context }), {
      tools: tools.map((name) => functionTool(name)),
      toolChoice: { type: "tool", toolName: choice },
    });
    expect(seen.toolChoice).toEqual(left);
    expect("tools" in seen).toBe(left !== undefined);
  });

  test("names of MCP tools come from `server`, or from the guarded set", async () => {
    const { guard, context } = await setUp();
    const tools = [functionTool("list"), functionTool("read")];
    const byServer = await seenBy(
      (model) => guardModel(model, { guard, context, server: "github" }),
      { tools },
    );
    expect(namesOf(byServer)).toEqual(["list"]);
    const list = tool({ inputSchema: z.object({}), execute: () => "x" });
    const set = guardTools({ list }, { guard, context, server: "github" });
    const bySet = await seenBy((model) => guardModel(model, { guard, context, tools: set }), {
      tools,
    });
    expect(namesOf(bySet)).toEqual(["list", "read"]);
    const neither = await seenBy((model) => guardModel(model, { guard, context }), { tools });
    expect(namesOf(neither)).toEqual(["read"]);
  });

  test("a pinned definition is compared as the model would see it", async () => {
    const inspect = vi.fn<DefinitionInspector["inspect"]>((name) => ({
      verdict: name === "read" ? "poisoned" : "clean",
      findings: [],
    }));
    const { guard, context } = await setUp({ definitions: { inspect } });
    const tools = [functionTool("read", { description: "Reads", strict: true })];
    const seen = await seenBy((model) => guardModel(model, { guard, context }), { tools });
    expect(namesOf(seen)).toBeUndefined();
    const shown = { name: "read", description: "Reads", inputSchema: { type: "object" } };
    expect(inspect).toHaveBeenCalledWith("read", shown, "list");
  });
});

describe("redaction", () => {
  test("secrets leave prompts and definitions; bytes and URLs pass unchanged", async () => {
    const { guard, context } = await setUp({ scanner: secrets });
    const bytes = new Uint8Array([1, 2, 3]);
    const url = new URL("https://example.test/");
    const seen = await seenBy((model) => guardModel(model, { guard, context }), {
      prompt: [
        { role: "system", content: "key sk-one" },
        {
          role: "user",
          content: [
            { type: "text", text: "key sk-two" },
            { type: "file", data: { type: "data", data: bytes }, mediaType: "image/png" },
            { type: "file", data: { type: "url", url }, mediaType: "image/png" },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "tool-call", toolCallId: "c", toolName: "read", input: { path: "sk-three" } },
          ],
        },
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "c",
              toolName: "read",
              output: { type: "text", value: "sk-four" },
            },
          ],
        },
      ],
      tools: [functionTool("read", { description: "key sk-five" })],
    });
    const text = JSON.stringify([seen.prompt, seen.tools]);
    expect(text).not.toMatch(/sk-\w/);
    expect(text.match(/REDACTED/g)).toHaveLength(5);
    const user = seen.prompt[1];
    if (user?.role !== "user") throw new Error("It should be the user's message.");
    expect(user.content[1]).toMatchObject({ data: { data: bytes } });
    expect(user.content[2]).toMatchObject({ data: { url } });
  });

  test("a redactor that throws lets nothing out", async () => {
    const { guard, context } = await setUp();
    const broken: Guard = { ...guard, redact: () => Promise.reject(new RangeError("too deep")) };
    const inner = modelOf({ text: "ok" });
    const model = guardModel(inner, { guard: broken, context });
    await expect(generateText({ model, prompt: "hi" })).rejects.toThrow("too deep");
    expect(inner.doGenerateCalls).toEqual([]);
  });
});

describe("tools that the provider runs", () => {
  const providerTools = { permit: ["search", "unseen"], reason };

  test("they are withheld unless the option names them and the policy shows them", async () => {
    const { guard, context } = await setUp();
    const tools = [providerTool("search"), providerTool("unseen"), functionTool("read")];
    const without = await seenBy((model) => guardModel(model, { guard, context }), { tools });
    expect(namesOf(without)).toEqual(["read"]);
    const named = await seenBy((model) => guardModel(model, { guard, context, providerTools }), {
      tools,
    });
    expect(namesOf(named)).toEqual(["search", "read"]);
  });

  test("a withheld one does not come back under the name of a visible function", async () => {
    const { guard, context } = await setUp();
    const tools = [providerTool("read"), functionTool("read")];
    const seen = await seenBy((model) => guardModel(model, { guard, context }), { tools });
    expect(seen.tools?.map(({ type }) => type)).toEqual(["function"]);
  });

  test("one that the provider defines and the app runs is offered from the guarded set", async () => {
    const { guard, context } = await setUp();
    const shell = {
      type: "provider",
      id: "acme.shell",
      args: {},
      isProviderExecuted: false,
      inputSchema: z.object({}),
      execute: () => "ran",
    } as const;
    const tools = { read: guardTool(shell as Tool, { guard, context, name: "read" }) };
    const offered = { tools: [providerTool("read")] };
    const seen = await seenBy((model) => guardModel(model, { guard, context, tools }), offered);
    expect(namesOf(seen)).toEqual(["read"]);
    const alone = await seenBy((model) => guardModel(model, { guard, context }), offered);
    expect(namesOf(alone)).toBeUndefined();
  });

  const violations: readonly { readonly what: string; readonly parts: readonly StreamPart[] }[] = [
    {
      what: "a call that the provider runs",
      parts: [
        {
          type: "tool-call",
          toolCallId: "p",
          toolName: "shell",
          input: "{}",
          providerExecuted: true,
        },
      ],
    },
    {
      what: "a call with arguments that are no JSON",
      parts: [
        {
          type: "tool-call",
          toolCallId: "p",
          toolName: "search",
          input: "{",
          providerExecuted: true,
        },
      ],
    },
    {
      what: "a call of a tool that the policy permits and no option names",
      parts: [
        {
          type: "tool-call",
          toolCallId: "p",
          toolName: "search",
          input: "{}",
          providerExecuted: true,
        },
      ],
    },
    {
      what: "a result of the provider's own",
      parts: [{ type: "tool-result", toolCallId: "p", toolName: "shell", result: "ran" }],
    },
    {
      what: "a wish for approval of a call nobody permitted",
      parts: [{ type: "tool-approval-request", approvalId: "a", toolCallId: "p" }],
    },
  ];

  test.for(violations)("$what fails the answer and is on record", async ({ parts }) => {
    const { guard, context, records } = await setUp();
    const inner = modelWith(parts);
    const model = guardModel(inner, { guard, context });
    const error: unknown = await generateText({ model, prompt: "hi" }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: "ERR_POLICY_DENIED",
      denial: { code: "tool-unguarded", decisionId: records.at(-1)?.decisionId },
    });
    expect(records.at(-1)?.result).not.toBe("completed");
  });

  test.for(violations)("$what fails the stream at that part", async ({ parts }) => {
    const { guard, context, records } = await setUp();
    const model = guardModel(modelWith(parts), { guard, context });
    const { stream } = await model.doStream({ prompt });
    const { seen, error } = await drain(stream);
    expect(seen.map(({ type }) => type)).toEqual(["text-start", "text-delta", "text-end"]);
    expect(error).toMatchObject({ denial: { code: "tool-unguarded" } });
    expect(records.at(-1)?.result).not.toBe("completed");
  });

  test("the first sign in a stream is enough", async () => {
    const { guard, context } = await setUp();
    const parts: StreamPart[] = [
      { type: "tool-input-start", id: "p", toolName: "shell", providerExecuted: true },
    ];
    const { stream } = await guardModel(modelWith(parts), { guard, context }).doStream({ prompt });
    expect((await drain(stream)).error).toMatchObject({ denial: { code: "tool-unguarded" } });
  });

  test("a permitted one passes with its call, result and approval", async () => {
    const { guard, context, records } = await setUp();
    const parts: StreamPart[] = [
      {
        type: "tool-call",
        toolCallId: "p",
        toolName: "search",
        input: "{}",
        providerExecuted: true,
      },
      { type: "tool-approval-request", approvalId: "a", toolCallId: "p" },
      { type: "tool-result", toolCallId: "p", toolName: "search", result: "found" },
    ];
    const model = guardModel(modelWith(parts), { guard, context, providerTools });
    const tools = [providerTool("search")];
    const { content } = await model.doGenerate({ prompt, tools });
    expect(content.slice(1)).toEqual(parts);
    const { stream } = await model.doStream({ prompt, tools });
    expect((await drain(stream)).error).toBeUndefined();
    expect(records).toEqual([]);
  });

  test("one that the policy withheld from this request may not run either", async () => {
    const { guard, context } = await setUp();
    const parts: StreamPart[] = [
      {
        type: "tool-call",
        toolCallId: "p",
        toolName: "unseen",
        input: "{}",
        providerExecuted: true,
      },
    ];
    const model = guardModel(modelWith(parts), { guard, context, providerTools });
    await expect(model.doGenerate({ prompt, tools: [providerTool("unseen")] })).rejects.toThrow(
      "tool-unguarded",
    );
  });
});

describe("streams", () => {
  const turn = { calls: [{ name: "read", args: { path: "a" } }] };

  test.for([
    { toolInputStreaming: true, shown: 3 },
    { toolInputStreaming: false, shown: 0 },
  ])(
    "with `toolInputStreaming: $toolInputStreaming` $shown parts tell arguments early",
    async ({ toolInputStreaming, shown }) => {
      const { guard, context } = await setUp();
      const model = guardModel(modelOf(turn), { guard, context, toolInputStreaming });
      const { stream } = await model.doStream({ prompt });
      const { seen } = await drain(stream);
      expect(seen.filter(({ type }) => type.startsWith("tool-input"))).toHaveLength(shown);
      expect(seen.filter(({ type }) => type === "tool-call")).toHaveLength(1);
    },
  );

  test("a denied call in a stream shows no argument and ends normally", async () => {
    const { guard, context } = await setUp();
    const ran = vi.fn<() => string>(() => "ran");
    const erase = tool({ inputSchema: z.object({ path: z.string() }), execute: ran });
    const result = streamText({
      model: guardModel(modelOf({ calls: [{ name: "erase", args: { path: "a" } }] }), {
        guard,
        context,
        toolInputStreaming: false,
      }),
      tools: guardTools({ erase }, { guard, context }),
      prompt: "go",
    });
    const types: string[] = [];
    for await (const { type } of result.fullStream) types.push(type);
    expect(types).toContain("tool-error");
    expect(types).not.toContain("tool-input-delta");
    expect(types).not.toContain("error");
    expect(types.at(-1)).toBe("finish");
    expect(ran).not.toHaveBeenCalled();
  });

  test("raw chunks hold arguments too and go with them", async () => {
    const { guard, context } = await setUp();
    const parts: StreamPart[] = [{ type: "raw", rawValue: { path: "a" } }];
    const model = guardModel(modelWith(parts), { guard, context, toolInputStreaming: false });
    const { stream } = await model.doStream({ prompt });
    expect((await drain(stream)).seen.map(({ type }) => type)).not.toContain("raw");
  });
});

describe("token use", () => {
  test.for(["generate", "stream"] as const)("%s reports it once", async (type) => {
    const { guard, context } = await setUp();
    const reportUsage = vi.fn<Guard["reportUsage"]>((...use) => guard.reportUsage(...use));
    const model = guardModel(modelOf({ text: "ok" }), {
      guard: { ...guard, reportUsage },
      context,
    });
    if (type === "generate") await model.doGenerate({ prompt });
    else await drain((await model.doStream({ prompt })).stream);
    expect(reportUsage).toHaveBeenCalledExactlyOnceWith(context, {
      inputTokens: 11,
      outputTokens: 7,
    });
  });

  test("use that the provider does not tell is reported as not known", async () => {
    const { guard, context } = await setUp();
    const reportUsage = vi.fn<Guard["reportUsage"]>((...use) => guard.reportUsage(...use));
    const silent = modelOf({ text: "ok" });
    const answer = await silent.doGenerate({ prompt });
    const untold = { ...usage, outputTokens: { ...usage.outputTokens, total: undefined } };
    silent.doGenerate = async () => ({ ...answer, usage: untold });
    const model = guardModel(silent, { guard: { ...guard, reportUsage }, context });
    await model.doGenerate({ prompt });
    expect(reportUsage).toHaveBeenCalledExactlyOnceWith(context, undefined);
  });

  test("use that cannot be recorded fails the request", async () => {
    const { guard, context } = await setUp();
    const broken: Guard = { ...guard, reportUsage: () => Promise.reject(new Error("db")) };
    const model = guardModel(modelOf({ text: "a" }, { text: "b" }), { guard: broken, context });
    const error: unknown = await Promise.resolve(model.doGenerate({ prompt })).catch(
      (cause: unknown) => cause,
    );
    expect(PortcullisError.isInstance(error) && error.code).toBe("ERR_STORE_UNAVAILABLE");
    expect(String(error)).not.toContain("db");
    const { error: late } = await drain((await model.doStream({ prompt })).stream);
    expect(late).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
  });
});

describe("the guarded model", () => {
  test("it is registered, keeps the model's names, and is not wrapped twice", async () => {
    const { guard, context } = await setUp();
    const inner = modelOf();
    const model = guardModel(inner, { guard, context });
    expect(isGuarded(model, guard)).toBe(true);
    expect(isGuarded(inner)).toBe(false);
    expect([model.provider, model.modelId]).toEqual([inner.provider, inner.modelId]);
    expect(await model.supportedUrls).toEqual({});
    expect(guardModel(model, { guard, context })).toBe(model);
  });

  test("a model id and unguarded tools are refused", async () => {
    const { guard, context } = await setUp();
    const byId = () => Reflect.apply(guardModel, undefined, ["acme/model", { guard, context }]);
    expect(byId).toThrow(PortcullisConfigError);
    const raw = tool({ inputSchema: jsonSchema({ type: "object" }), execute: () => "x" });
    const withRaw = () => guardModel(modelOf(), { guard, context, tools: { raw } });
    expect(withRaw).toThrow("`raw`");
  });
});

/** A model that says some text and then the given parts. */
function modelWith(parts: readonly StreamPart[]): LanguageModelV4 {
  const finishReason = { unified: "stop", raw: "stop" } as const;
  return new MockLanguageModelV4({
    doGenerate: async () => ({
      content: [
        { type: "text", text: "hello" },
        ...parts.flatMap((part) =>
          part.type === "tool-call" ||
          part.type === "tool-result" ||
          part.type === "tool-approval-request"
            ? [part]
            : [],
        ),
      ],
      finishReason,
      usage,
      warnings: [],
    }),
    doStream: async () => ({
      stream: new ReadableStream<StreamPart>({
        start(controller) {
          controller.enqueue({ type: "text-start", id: "t" });
          controller.enqueue({ type: "text-delta", id: "t", delta: "hello" });
          controller.enqueue({ type: "text-end", id: "t" });
          for (const part of parts) controller.enqueue(part);
          controller.enqueue({ type: "finish", finishReason, usage });
          controller.close();
        },
      }),
    }),
  });
}

async function drain(stream: ReadableStream<StreamPart>): Promise<{
  readonly seen: readonly StreamPart[];
  readonly error?: unknown;
}> {
  const seen: StreamPart[] = [];
  try {
    for await (const part of stream) seen.push(part);
  } catch (error) {
    return { seen, error };
  }
  return { seen };
}
