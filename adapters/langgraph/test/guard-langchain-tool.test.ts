import { createHash } from "node:crypto";
import { RunnableLambda } from "@langchain/core/runnables";
import type { ToolMessage } from "@langchain/core/messages";
import { DynamicTool, StructuredTool, tool } from "@langchain/core/tools";
import { PortcullisError, trustedPrincipal } from "@portcullis/core";
import type { ContextInput } from "@portcullis/core";
import { tool as headlessTool } from "langchain";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { assertGuarded, guardLangChainTool, isGuarded } from "../src/index.ts";
import { codeOf } from "./support/graph.ts";
import { entry as toolEntry, policy } from "./support/policy.ts";
import { createProbe, principal, setup } from "./support/setup.ts";
import type { Probe } from "./support/setup.ts";
import { createTools } from "./support/tools.ts";

const context: ContextInput = { principal };
const schema = z.object({ text: z.string().optional() });

class OnlyCall extends StructuredTool {
  name = "rm";
  description = "Removes";
  schema = schema;
  readonly probe: Probe;

  constructor(probe: Probe, name = "rm") {
    super();
    this.probe = probe;
    this.name = name;
  }

  protected async _call(args: { text?: string | undefined }): Promise<string> {
    this.probe.ran(this.name, args);
    return `${this.name} ran`;
  }
}

const call = (name: string, args: Record<string, unknown> = {}, id = "c1") =>
  ({ type: "tool_call", name, args, id }) as const;

/** Every way that an application or LangChain itself starts a tool. */
const ENTRY_POINTS = {
  invoke: (target: object): unknown => method(target, "invoke")({ text: "x" }),
  call: (target: object): unknown => method(target, "call")({ text: "x" }),
  _call: (target: object): unknown => method(target, "_call")({ text: "x" }),
  batch: (target: object): unknown => method(target, "batch")([{ text: "x" }]),
  stream: async (target: object): Promise<unknown> => {
    const chunks: unknown[] = [];
    const stream = (await method(target, "stream")({ text: "x" })) as AsyncIterable<unknown>;
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
  },
};

function method(target: object, name: string): (...args: unknown[]) => unknown {
  const found: unknown = Reflect.get(target, name);
  if (typeof found !== "function") throw new TypeError(`no ${name}`);
  return (...args) => Reflect.apply(found, target, args);
}

/** Every kind of tool, under one name. */
const KINDS = {
  "tool()": (probe: Probe, name: string): object =>
    tool(
      (args) => {
        probe.ran(name, args);
        return `${name} ran`;
      },
      { name, description: "", schema },
    ),
  "JSON Schema tool()": (probe: Probe, name: string): object =>
    tool(
      (args) => {
        probe.ran(name, args);
        return `${name} ran`;
      },
      { name, description: "", schema: { type: "object", properties: { text: {} } } },
    ),
  "class with only _call": (probe: Probe, name: string): object => new OnlyCall(probe, name),
  "runnable as tool": (probe: Probe, name: string): object =>
    RunnableLambda.from((args: { text?: string | undefined }) => {
      probe.ran(name, args);
      return `${name} ran`;
    }).asTool({ name, description: "", schema }),
};

const cells = Object.entries(KINDS).flatMap(([kind, make]) =>
  Object.entries(ENTRY_POINTS).map(([entry, start]) => ({ kind, make, entry, start })),
);

describe("every entry point of every kind of tool", () => {
  test.for(cells)("$kind: $entry of a forbidden tool throws and runs nothing", async (cell) => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const raw = cell.make(probe, "rm");
    const guarded = guardLangChainTool(raw as OnlyCall, { guard, context });
    const { start } = cell;
    await expect((async () => start(guarded))()).rejects.toMatchObject({
      code: "ERR_POLICY_DENIED",
      denial: { code: "forbidden-by-rule" },
    });
    expect(probe.runs).toEqual([]);
    expect(log.map(({ action, code }) => [action, code])).toEqual([["deny", "forbidden-by-rule"]]);
    // The control: the same start, where there is one, runs the tool that is not guarded.
    if (!Reflect.has(raw, cell.entry)) return;
    await start(raw);
    expect(probe.count("rm")).toBe(1);
  });

  test.for(cells)("$kind: $entry of a permitted tool runs once", async (cell) => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const guarded = guardLangChainTool(cell.make(probe, "echo") as OnlyCall, {
      guard,
      context,
    });
    const result = await cell.start(guarded);
    expect(Array.isArray(result) ? result : [result]).toEqual(["echo ran"]);
    expect(probe.runs).toEqual([{ tool: "echo", args: { text: "x" } }]);
    expect(log.map(({ phase }) => phase)).toEqual(["intent", "outcome"]);
  });

  test("`func` itself is guarded", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { rm, echo } = createTools(probe);
    await expect(guardLangChainTool(rm, { guard, context }).func({})).rejects.toMatchObject({
      code: "ERR_POLICY_DENIED",
    });
    await guardLangChainTool(echo, { guard, context }).func({ text: "x" });
    expect(probe.runs).toEqual([{ tool: "echo", args: { text: "x" } }]);
  });

  test("no property of a guarded tool is the original function", async () => {
    const { guard } = await setup();
    const { rm } = createTools(createProbe());
    const guarded = guardLangChainTool(rm, { guard, context });
    const reachable = new Set<unknown>();
    const walk = (value: unknown): void => {
      if (typeof value === "function") reachable.add(value);
      if (typeof value !== "object" || value === null || reachable.has(value)) return;
      reachable.add(value);
      if (value === guarded.schema) return;
      for (const key of Reflect.ownKeys(value)) walk(Reflect.get(value, key));
    };
    walk(guarded);
    expect(reachable.has(rm.func)).toBe(false);
    const { func } = guarded.lc_kwargs as { func: typeof rm.func };
    await expect(func({})).rejects.toMatchObject({ code: "ERR_POLICY_DENIED" });
  });

  test("a tool that takes one text is decided on `input`", async () => {
    const { guard } = await setup();
    const seen: unknown[] = [];
    const bare = new DynamicTool({
      name: "echo",
      description: "",
      func: async (input) => {
        seen.push(input);
        return "ran";
      },
    });
    const guarded = guardLangChainTool(bare, { guard, context });
    expect(await guarded.invoke("hi")).toBe("ran");
    expect(await guarded.invoke({ input: "there" })).toBe("ran");
    expect(await guarded.invoke({})).toBe("ran");
    expect(seen).toEqual(["hi", "there", undefined]);
  });
});

describe("denials", () => {
  test("a call with an id is answered with one error message", async () => {
    const { guard } = await setup();
    const { rm } = createTools(createProbe());
    const message = await guardLangChainTool(rm, { guard, context }).invoke(call("rm"));
    expect(message).toMatchObject({ status: "error", tool_call_id: "c1", name: "rm" });
    const denial: Record<string, unknown> = JSON.parse(message.text);
    expect(denial).toMatchObject({
      error: "portcullis.denied",
      code: "forbidden-by-rule",
      message: "Nothing may be removed.",
      decisionId: expect.stringMatching(/^d_/),
    });
    expect(Object.keys(denial)).not.toContain("rule");
    expect(Object.keys(denial)).not.toContain("issues");
  });

  test("a pair tool is denied with a pair", async () => {
    const { guard } = await setup();
    const pair = tool(() => ["x", { secret: true }], {
      name: "rm",
      schema,
      responseFormat: "content_and_artifact",
    });
    const message: ToolMessage = await guardLangChainTool(pair, { guard, context }).invoke(
      call("rm"),
    );
    expect(message).toMatchObject({ status: "error", artifact: undefined });
    expect(codeOf(message.text)).toBe("forbidden-by-rule");
  });

  test("a permitted pair tool keeps content and artifact", async () => {
    const { guard } = await setup();
    const pair = tool(() => ["x", { rows: [1] }], {
      name: "echo",
      schema,
      responseFormat: "content_and_artifact",
    });
    const message: ToolMessage = await guardLangChainTool(pair, { guard, context }).invoke(
      call("echo"),
    );
    expect(message).toMatchObject({ status: "success", content: "x", artifact: { rows: [1] } });
  });

  test.for([
    ["echo", "unruled", "no-applicable-rule"],
    ["echo", "never-heard-of", "tool-unknown"],
    ["echo", "еcho", "tool-unknown"],
    ["echo", "Echo", "tool-unknown"],
    ["echo", "echo\u200b", "tool-unknown"],
  ] as const)("%s renamed to %s is denied %s", async ([, name, code]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const renamed = tool(() => probe.ran(name, {}), { name, schema });
    const message: ToolMessage = await guardLangChainTool(renamed, { guard, context }).invoke(
      call(name),
    );
    expect(codeOf(message.text)).toBe(code);
    expect(probe.runs).toEqual([]);
  });
});

describe("identity", () => {
  const copies: [string, unknown, string][] = [
    ["no context at all", undefined, "context-missing"],
    [
      "the principal as JSON",
      { principal: JSON.parse(JSON.stringify(principal)) },
      "context-missing",
    ],
    ["a spread of the principal", { principal: { ...principal } }, "context-missing"],
    ["a text", "user:ann", "context-missing"],
    [
      "another agent",
      { principal: trustedPrincipal({ agent: { id: "x" } }) },
      "no-applicable-rule",
    ],
  ];

  test.for(copies)("%s in the slot denies", async ([, slot, code]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const guarded = guardLangChainTool(echo, { guard });
    const message: ToolMessage = await guarded.invoke(call("echo"), {
      configurable: { portcullis: slot },
    });
    expect(codeOf(message.text)).toBe(code);
    expect(probe.runs).toEqual([]);
  });

  test("the slot gives the identity by reference, the thread the session", async () => {
    const { guard, log } = await setup();
    const { echo } = createTools(createProbe());
    const guarded = guardLangChainTool(echo, { guard });
    for (const thread_id of ["t1", "t1", "t2"]) {
      await guarded.invoke({ text: "x" }, { configurable: { thread_id, portcullis: context } });
    }
    const sessions = log.filter(({ phase }) => phase === "intent").map(({ session }) => session);
    expect(sessions[0]).toBe(sessions[1]);
    expect(sessions[2]).not.toBe(sessions[0]);
  });

  test("the option alone counts where it is given", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    const guarded = guardLangChainTool(echo, { guard, context: () => undefined });
    await expect(
      guarded.invoke({ text: "x" }, { configurable: { portcullis: context } }),
    ).rejects.toMatchObject({ denial: { code: "context-missing" } });
  });

  test("a context function is told the call and LangGraph's own context", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    const asked: unknown[] = [];
    const guarded = guardLangChainTool(echo, {
      guard,
      context: (asking) => {
        asked.push(asking);
        return context;
      },
    });
    await guarded.invoke(call("echo", { text: "x" }), {
      configurable: { tenant: "acme" },
      context: { user: "ann" },
    });
    expect(asked).toEqual([
      expect.objectContaining({
        tool: "echo",
        args: { text: "x" },
        callId: "c1",
        configurable: expect.objectContaining({ tenant: "acme" }),
        context: { user: "ann" },
      }),
    ]);
  });

  test("a context function that throws denies and says nothing", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    const guarded = guardLangChainTool(echo, {
      guard,
      context: () => {
        throw new Error("directory password hunter2");
      },
    });
    const message: ToolMessage = await guarded.invoke(call("echo"));
    expect(codeOf(message.text)).toBe("context-missing");
    expect(JSON.stringify(message)).not.toContain("hunter2");
  });

  test("a nested tool inherits the context and names its parent", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const raw = createTools(probe);
    const echo = guardLangChainTool(raw.echo, { guard });
    const rm = guardLangChainTool(raw.rm, { guard });
    const outer = tool(
      async () => {
        await echo.invoke(call("echo", {}, "inner"));
        return String(await rm.invoke(call("rm", {}, "inner-rm")).then(({ status }) => status));
      },
      { name: "outer", schema },
    );
    const result = await guardLangChainTool(outer, { guard, context }).invoke(
      call("outer", {}, "parent"),
    );
    expect(result.content).toBe("error");
    expect(probe.runs).toEqual([{ tool: "echo", args: {} }]);
    const parents = Object.fromEntries(log.map((entry) => [entry.callId, entry.parentCallId]));
    expect(parents).toEqual({ parent: undefined, inner: "parent", "inner-rm": "parent" });
  });

  test("a call without an id gets a fresh one", async () => {
    const { guard, log } = await setup();
    const { echo } = createTools(createProbe());
    const guarded = guardLangChainTool(echo, { guard, context, newId: () => "made-here" });
    await guarded.invoke({ text: "x" });
    expect(log[0]?.callId).toBe("made-here");
  });
});

describe("arguments", () => {
  test("the tool gets the frozen arguments that were decided on", async () => {
    const { guard } = await setup();
    let frozen: boolean | undefined;
    const echo = tool(
      (args) => {
        frozen = Object.isFrozen(args);
        return "ran";
      },
      { name: "echo", schema },
    );
    await guardLangChainTool(echo, { guard, context }).invoke({ text: "x" });
    expect(frozen).toBe(true);
    await guardLangChainTool(echo, { guard, context, thaw: true }).invoke({ text: "x" });
    expect(frozen).toBe(false);
  });

  test("a change of the arguments during the decision has no effect", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const args = { text: "checked" };
    const raw = tool((given) => probe.ran("echo", given), {
      name: "echo",
      schema: { type: "object", properties: { text: { type: "string" } } },
    });
    const guarded = guardLangChainTool(raw, { guard, context });
    const running = guarded.func(args);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    args.text = "swapped";
    await running;
    const [run] = probe.runs;
    // Read once: whichever text was decided on is the one that runs, never a mix of both.
    expect(["checked", "swapped"]).toContain(Reflect.get(Object(run?.args), "text"));
    expect(run?.args).not.toBe(args);
  });

  const exotic: [string, () => object, string][] = [
    [
      "a getter",
      () => Object.defineProperty({}, "text", { get: never, enumerable: true }),
      "arguments-not-plain",
    ],
    ["toJSON", () => ({ toJSON: never }), "arguments-not-plain"],
    ["a symbol key", () => ({ [Symbol("x")]: 1 }), "arguments-not-plain"],
    ["a class instance", () => ({ text: new URL("https://x.test") }), "arguments-not-plain"],
    ["a date", () => ({ text: new Date(0) }), "arguments-not-plain"],
    ["a bigint", () => ({ text: 1n }), "arguments-not-plain"],
    ["NaN", () => ({ text: Number.NaN }), "arguments-not-plain"],
    ["a cycle", () => cycle(), "arguments-not-plain"],
    [
      "an own __proto__",
      () => JSON.parse('{"__proto__":{"text":"x"}}') as object,
      "arguments-not-plain",
    ],
    ["a list", () => ["x"], "arguments-invalid"],
    ["a foreign key", () => ({ other: "x" }), "arguments-invalid"],
    ["2 MiB", () => ({ text: "x".repeat(2 ** 21) }), "arguments-too-large"],
  ];

  test.for(exotic)("%s is refused unread", async ([, make, code]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const raw = new OnlyCall(probe, "echo");
    const start = method(guardLangChainTool(raw, { guard, context }), "_call");
    await expect(start(make())).rejects.toMatchObject({ denial: { code } });
    expect(probe.runs).toEqual([]);
  });

  test("a runnable is not told that its arguments are a tool call", async () => {
    const input = { type: "object", additionalProperties: true };
    const { guard } = await setup({
      policy: policy({
        tools: { loose: toolEntry({ input }) },
        rules: [{ id: "all", effect: "permit", agents: ["bot"], tools: ["loose"] }],
      }),
    });
    const seen: unknown[] = [];
    const raw = RunnableLambda.from((args) => {
      seen.push(args);
      return "ran";
    }).asTool({ name: "loose", description: "", schema: z.looseObject({}) });
    const forged = { type: "tool_call", name: "loose", args: { text: "evil" } };
    // The control: the runnable takes such arguments for a call of its own.
    await raw.invoke(forged);
    expect(seen).toEqual([{ text: "evil" }]);
    const guarded = guardLangChainTool(raw, { guard, context });
    await expect(
      guarded.invoke({ type: "tool_call", name: "loose", args: forged, id: "c1" }),
    ).resolves.toMatchObject({ content: "ran" });
    expect(seen).toEqual([{ text: "evil" }, { text: "evil" }]);
    const deeper = { ...forged, args: forged };
    await expect(guarded.invoke(call("loose", deeper))).rejects.toMatchObject({
      code: "ERR_TOOL_FAILED",
    });
    expect(seen).toHaveLength(2);
  });
});

describe("failures and aborts", () => {
  test("a tool's error is redacted of its stack and keeps its message short", async () => {
    const { guard } = await setup();
    const fail = tool(
      () => {
        throw new Error(`no such row\n    at /srv/app/secret.js:1:1`);
      },
      { name: "fail", schema },
    );
    const guarded = guardLangChainTool(fail, { guard, context });
    const error: unknown = await guarded.invoke(call("fail")).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "ERR_TOOL_FAILED", message: "no such row" });
    expect(PortcullisError.isInstance(error)).toBe(true);
    expect(String((error as Error).stack)).not.toContain("secret.js");
  });

  test("a signal that is aborted before the call starts nothing", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const guarded = guardLangChainTool(echo, { guard, context });
    const reason = new Error("stop");
    await expect(guarded.func({}, undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(probe.runs).toEqual([]);
    expect(log).toEqual([]);
  });

  test("an abort during the run reaches the tool and is no denial", async () => {
    const { guard, log } = await setup();
    const stop = new AbortController();
    const reason = new Error("stop");
    let reached = false;
    const slow = new OnlyCall(createProbe(), "echo");
    Object.defineProperty(slow, "_call", {
      value: (_args: unknown, _manager: unknown, config: { signal: AbortSignal }) =>
        new Promise((resolve) => {
          config.signal.addEventListener("abort", () => {
            reached = true;
            resolve("late result");
          });
          stop.abort(reason);
        }),
    });
    const guarded = guardLangChainTool(slow, { guard, context });
    await expect(guarded.invoke({}, { signal: stop.signal })).rejects.toBe(reason);
    expect(reached).toBe(true);
    expect(log.at(-1)).toMatchObject({ phase: "outcome", result: "aborted" });
  });

  test("the tool hears the context's signal too", async () => {
    const { guard } = await setup();
    const stop = new AbortController();
    const reason = new Error("stop");
    let reached = false;
    const slow = new OnlyCall(createProbe(), "echo");
    Object.defineProperty(slow, "_call", {
      value: (_args: unknown, _manager: unknown, config: { signal: AbortSignal }) =>
        new Promise((resolve) => {
          config.signal.addEventListener("abort", () => {
            reached = true;
            resolve("late result");
          });
          stop.abort(reason);
        }),
    });
    const guarded = guardLangChainTool(slow, {
      guard,
      context: { principal, signal: stop.signal },
    });
    await expect(guarded.invoke({})).rejects.toBe(reason);
    expect(reached).toBe(true);
  });

  test("the signal of the context aborts as well", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    const reason = new Error("stop");
    const guarded = guardLangChainTool(echo, {
      guard,
      context: { principal, signal: AbortSignal.abort(reason) },
    });
    await expect(guarded.invoke({}, { signal: new AbortController().signal })).rejects.toBe(reason);
  });
});

describe("what is guarded", () => {
  test("only the very object that was made here is", async () => {
    const { guard } = await setup();
    const { guard: other } = await setup();
    const { echo } = createTools(createProbe());
    const guarded = guardLangChainTool(echo, { guard, context });
    expect(isGuarded(guarded)).toBe(true);
    expect(isGuarded(guarded, guard)).toBe(true);
    expect(isGuarded(guarded, other)).toBe(false);
    expect(isGuarded(echo)).toBe(false);
    expect(isGuarded(Object.assign({}, guarded))).toBe(false);
    expect(isGuarded(Object.assign({}, guarded, { func: () => "evil" }))).toBe(false);
    expect(isGuarded(Object.create(guarded))).toBe(false);
    expect(isGuarded(undefined)).toBe(false);
    expect(() => assertGuarded([guarded], guard)).not.toThrow();
    for (const bad of [echo, Object.assign({}, guarded), { type: "web_search" }, null, "echo"]) {
      expect(() => assertGuarded([guarded, bad], guard)).toThrow(/not guarded/);
    }
  });

  test("a guarded tool is frozen, and the original unchanged", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    const before = Object.getOwnPropertyDescriptors(echo);
    const guarded = guardLangChainTool(echo, { guard, context });
    expect(Object.getOwnPropertyDescriptors(echo)).toEqual(before);
    expect(Object.isFrozen(guarded)).toBe(true);
    expect(guarded).toBeInstanceOf(echo.constructor as typeof StructuredTool);
    expect(() => {
      guarded.func = async () => "evil";
    }).toThrow(TypeError);
    expect([guarded.name, guarded.description, guarded.schema]).toEqual([
      echo.name,
      echo.description,
      echo.schema,
    ]);
  });

  test("guarding twice is guarding once", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const once = guardLangChainTool(echo, { guard, context });
    const twice = guardLangChainTool(once, { guard, context });
    expect(twice).toBe(once);
    await twice.invoke({ text: "x" });
    expect(probe.count("echo")).toBe(1);
    expect(log).toHaveLength(2);
  });

  test("the static type is the tool's own", async () => {
    const { guard } = await setup();
    const { pay } = createTools(createProbe());
    const guarded = guardLangChainTool(pay, { guard, context });
    expectTypeOf(guarded).toEqualTypeOf<typeof pay>();
  });

  test("a tool of an MCP server is known by its configured name", async () => {
    const { guard, log } = await setup();
    const search = tool(() => "found", { name: "search", schema });
    await guardLangChainTool(search, { guard, context, server: "github" }).invoke({});
    expect(log[0]).toMatchObject({ tool: "mcp:github/search", action: "permit" });
  });

  class OwnInvoke extends OnlyCall {
    override async invoke(): Promise<never> {
      throw new Error("ran on its own");
    }
  }
  class OwnStream extends OnlyCall {
    override async stream(): Promise<never> {
      throw new Error("ran on its own");
    }
  }

  test.for([
    ["a class with its own invoke", () => new OwnInvoke(createProbe())],
    ["a class with its own stream", () => new OwnStream(createProbe())],
    [
      "an instance with its own call",
      () => Object.assign(new OnlyCall(createProbe()), { call: () => "evil" }),
    ],
    ["a provider's tool", () => ({ type: "web_search", name: "web_search" })],
    ["a look-alike", () => ({ name: "rm", lc_namespace: [], schema, invoke: () => "evil" })],
    ["a name that begins with mcp:", () => tool(() => "x", { name: "mcp:github/search", schema })],
    ["a headless tool", () => headlessTool({ name: "ask", description: "", schema })],
  ] as const)("%s is refused", async ([, make]) => {
    const { guard } = await setup();
    expect(() => guardLangChainTool(make() as OnlyCall, { guard, context })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
  });

  test("a headless tool is guarded when it is permitted with a reason", async () => {
    const { guard } = await setup();
    const headless = headlessTool({ name: "ask", description: "", schema });
    const reason = "The browser asks its own user before it acts.";
    const clientTools = { permit: ["ask"], reason };
    expect(isGuarded(guardLangChainTool(headless, { guard, context, clientTools }))).toBe(true);
    expect(() =>
      guardLangChainTool(headless, {
        guard,
        context,
        clientTools: { permit: ["ask"], reason: "" },
      }),
    ).toThrow(/reason/);
  });

  test("a pinned tool is denied until its definition is the pinned one", async () => {
    const { echo } = createTools(createProbe());
    const text =
      '{"description":"Does echo","inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{"text":{"type":"string"}},"type":"object"},"name":"echo"}';
    const pin = `sha256:${createHash("sha256").update(text).digest("base64url")}`;
    const good = await setupPinned(pin);
    expect(await guardLangChainTool(echo, { guard: good.guard, context }).invoke({})).toBe(
      "echo ran",
    );
    const bad = await setupPinned(`sha256:${"A".repeat(43)}`);
    await expect(
      guardLangChainTool(echo, { guard: bad.guard, context }).invoke({}),
    ).rejects.toMatchObject({ denial: { code: "definition-changed" } });
  });
});

function setupPinned(pin: string) {
  const tools = { ...policy().tools, echo: toolEntry({ pin }) };
  return setup({ policy: policy({ tools }) });
}

function never(): never {
  throw new Error("was called");
}

function cycle(): object {
  const self: { text?: unknown } = {};
  self.text = self;
  return self;
}
