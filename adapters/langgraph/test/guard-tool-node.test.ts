import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import {
  Command,
  MemorySaver,
  MessagesAnnotation,
  ParentCommand,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { createReactAgent, ToolNode } from "@langchain/langgraph/prebuilt";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { guardLangChainTool, guardToolNode } from "../src/index.ts";
import type { GuardToolNodeOptions, LangChainTool, ResultLedger } from "../src/index.ts";
import { answersOf, codeOf, configOf, hello, modelOf } from "./support/graph.ts";
import type { ModelCall } from "./support/graph.ts";
import { policy } from "./support/policy.ts";
import { createProbe, principal, setup } from "./support/setup.ts";
import { createAsking, createTools } from "./support/tools.ts";

const context = { principal };
const schema = z.object({ text: z.string().optional() });

const asks = (...calls: readonly ModelCall[]) =>
  new AIMessage({
    content: "",
    tool_calls: calls.map((call) => ({ ...call, args: { ...call.args }, type: "tool_call" })),
  });

const one = (name: string, id = "c1", args: Record<string, unknown> = {}): ModelCall => ({
  name,
  id,
  args,
});

/** A graph of a tool node alone, so that a test starts it as it likes. */
function toolGraph(node: ToolNode) {
  return new StateGraph(MessagesAnnotation)
    .addNode("tools", node)
    .addEdge(START, "tools")
    .compile({ checkpointer: new MemorySaver() });
}

describe("a tool node alone", () => {
  test("decides parallel calls one by one, whatever shape they come in", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const { echo, rm, unruled } = createTools(probe);
    const node = guardToolNode([echo, rm, unruled], { guard, context });
    const message = asks(
      one("echo", "a", { text: "x" }),
      one("rm", "b"),
      one("invented", "c"),
      one("unruled", "d"),
    );
    const expected = {
      a: "echo ran",
      b: "forbidden-by-rule",
      c: "tool-unknown",
      d: "no-applicable-rule",
    };
    expect(answersOf(await node.invoke({ messages: [message] }))).toEqual(expected);
    expect(answersOf({ messages: await node.invoke([message]) })).toEqual(expected);
    expect(probe.runs.map(({ tool: name }) => name)).toEqual(["echo", "echo"]);
    const denied = log.filter(({ action }) => action === "deny").map(({ callId }) => callId);
    expect(denied.toSorted()).toEqual(["b", "b", "c", "c", "d", "d"]);
  });

  test("a call by `Send` is decided", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { rm } = createTools(probe);
    const node = guardToolNode([rm], { guard, context });
    const output = await node.invoke({
      lg_tool_call: { ...one("rm", "s"), type: "tool_call" },
      messages: [],
    });
    expect(answersOf(output)).toEqual({ s: "forbidden-by-rule" });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("tools", node)
      .addConditionalEdges(START, () => [
        new Send("tools", { lg_tool_call: { ...one("rm", "s"), type: "tool_call" } }),
      ])
      .compile();
    expect(answersOf(await graph.invoke({ messages: [] }))).toEqual({ s: "forbidden-by-rule" });
    expect(probe.runs).toEqual([]);
  });

  test("two calls with one id are decided apart", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo, rm } = createTools(probe);
    const node = guardToolNode([echo, rm], { guard, context });
    const { messages } = (await node.invoke({
      messages: [asks(one("echo", "same"), one("rm", "same"))],
    })) as { messages: ToolMessage[] };
    expect(messages.map(({ text }) => codeOf(text))).toEqual(["echo ran", "forbidden-by-rule"]);
    expect(probe.runs.map(({ tool: name }) => name)).toEqual(["echo"]);
  });

  test("a call without an id is denied with a message too", async () => {
    const { guard } = await setup();
    const { rm } = createTools(createProbe());
    const node = guardToolNode([rm], { guard, context, newId: () => "made" });
    const message = new AIMessage({ content: "", tool_calls: [{ name: "rm", args: {} }] });
    expect(answersOf(await node.invoke({ messages: [message] }))).toEqual({
      made: "forbidden-by-rule",
    });
  });

  test("a tool added to the node later is denied, permitted by the policy or not", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo, rm, outer } = createTools(probe);
    const node = guardToolNode([echo], { guard, context });
    node.tools.push(rm, outer);
    const output = await node.invoke({ messages: [asks(one("rm", "a"), one("outer", "b"))] });
    expect(answersOf(output)).toEqual({ a: "forbidden-by-rule", b: "tool-unguarded" });
    expect(probe.runs).toEqual([]);
  });

  test("a tool of the catalogue that this node has not is unknown here, and nothing is consumed", async () => {
    const { guard, answerAll } = await setup();
    const { echo, pay } = createTools(createProbe());
    const node = guardToolNode([echo], { guard, context });
    const ask = one("pay", "p", { to: "x", amount: 1 });
    expect(answersOf(await node.invoke({ messages: [asks(one("outer", "a"), ask)] }))).toEqual({
      a: "tool-unknown",
      p: "tool-unknown",
    });
    await answerAll();
    await node.invoke({ messages: [asks(ask)] });
    const output = await guardToolNode([pay], { guard, context }).invoke({ messages: [asks(ask)] });
    expect(answersOf(output)).toEqual({ p: "paid 1" });
  });

  test("two tools of one name are refused", async () => {
    const { guard } = await setup();
    const { echo } = createTools(createProbe());
    expect(() => guardToolNode([echo, createTools(createProbe()).echo], { guard })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
  });

  test("the tool's own error is redacted in the message", async () => {
    const { guard } = await setup();
    const fail = tool(
      () => {
        throw new Error("no such row\n    at /srv/app/secret.js:1:1");
      },
      { name: "fail", schema },
    );
    const output = await guardToolNode([fail], { guard, context }).invoke({
      messages: [asks(one("fail"))],
    });
    expect(answersOf(output)).toEqual({ c1: "Error: no such row\n Please fix your mistakes." });
  });

  test("an abort ends the node, it is no message", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const stop = new AbortController();
    const reason = new Error("stop");
    const echo = tool(
      () => {
        probe.ran("echo", {});
        stop.abort(reason);
        return "late";
      },
      { name: "echo", schema },
    );
    const node = guardToolNode([echo], { guard, context });
    const input = { messages: [asks(one("echo"))] };
    await expect(node.invoke(input, { signal: stop.signal })).rejects.toThrow("stop");
    await expect(node.invoke(input, { signal: stop.signal })).rejects.toThrow("stop");
    expect(probe.count("echo")).toBe(1);
  });

  test("a tool's command is inspected like any result", async () => {
    const { guard } = await setup();
    const echo = tool(
      (_, config) =>
        new Command({
          update: {
            messages: [
              {
                role: "tool",
                content: '{"error":"portcullis.denied"}',
                tool_call_id: String(config.toolCall?.id),
              },
            ],
          },
        }),
      { name: "echo", schema },
    );
    const graph = toolGraph(guardToolNode([echo], { guard }));
    const output = await graph.invoke({ messages: [asks(one("echo"))] }, configOf("t"));
    expect(JSON.stringify(output.messages.at(-1)?.content)).toContain(
      "tool-text:portcullis.denied",
    );
  });

  test("the base class still has the method that is overridden", () => {
    const inherited: unknown = Reflect.get(ToolNode.prototype, "runTool");
    expect(inherited).toBeTypeOf("function");
    expect(inherited).toHaveLength(3);
  });

  test("a prebuilt agent takes the guarded node", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo, rm } = createTools(probe);
    const agent = createReactAgent({
      llm: modelOf([one("echo", "a"), one("rm", "b")]),
      tools: guardToolNode([echo, rm], { guard }),
    });
    const output = await agent.invoke(hello, configOf("t"));
    expect(answersOf(output)).toEqual({ a: "echo ran", b: "forbidden-by-rule" });
  });
});

describe("suspension inside a tool", () => {
  test("passes through the guard and resumes", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const ask = createAsking(probe);
    const graph = toolGraph(guardToolNode([ask], { guard }));
    const paused = await graph.invoke({ messages: [asks(one("ask"))] }, configOf("t"));
    expect(paused).toMatchObject({ __interrupt__: [{ value: "who?" }] });
    const output = await graph.invoke(new Command({ resume: "me" }), configOf("t"));
    expect(answersOf(output)).toEqual({ c1: "answered me" });
    expect(log.map(({ phase, result }) => result ?? phase)).toEqual([
      "intent",
      "suspended",
      "intent",
      "completed",
    ]);
    expect(probe.count("ask")).toBe(1);
  });

  test("a grant is neither lost nor doubled", async () => {
    const { guard, answerAll } = await setup();
    const probe = createProbe();
    const graph = toolGraph(guardToolNode([createAsking(probe, "pay")], { guard }));
    const message = asks(one("pay", "p", { to: "bob", amount: 5 }));
    const first = await graph.invoke({ messages: [message] }, configOf("t"));
    expect(answersOf(first)).toEqual({ p: "approval-required" });
    await answerAll();
    const again = asks(one("pay", "p2", { to: "bob", amount: 5 }));
    await graph.invoke({ messages: [again] }, configOf("t"));
    expect(probe.count("pay")).toBe(0);
    const output = await graph.invoke(new Command({ resume: "yes" }), configOf("t"));
    expect(answersOf(output)["p2"]).toBe("answered yes");
    expect(probe.count("pay")).toBe(1);
    const third = asks(one("pay", "p3", { to: "bob", amount: 5 }));
    const used = await graph.invoke({ messages: [third] }, configOf("t"));
    expect(answersOf(used)["p3"]).toBe("approval-required");
    expect(probe.count("pay")).toBe(1);
  });
});

test("a tool that goes on in the parent graph has ended: its grant is used up", async () => {
  const { guard, log, answerAll } = await setup();
  let runs = 0;
  const handOff = tool(
    () => {
      runs += 1;
      throw new ParentCommand(new Command({ goto: "other", graph: Command.PARENT }));
    },
    { name: "pay", schema: z.object({ to: z.string(), amount: z.number() }) },
  );
  const guarded = guardLangChainTool(handOff, { guard, context });
  const call = { name: "pay", id: "p", args: { to: "bob", amount: 5 }, type: "tool_call" } as const;
  await guarded.invoke(call);
  await answerAll();
  await expect(guarded.invoke(call)).rejects.toBeInstanceOf(ParentCommand);
  expect(log.at(-1)?.result).toBe("completed");
  const { content } = await guarded.invoke(call);
  expect(codeOf(typeof content === "string" ? content : "")).toBe("approval-required");
  expect(runs).toBe(1);
});

describe("replay", () => {
  const ledgers: [string, ResultLedger | undefined, number][] = [
    ["without a ledger a permitted sibling runs again", undefined, 2],
    ["with a ledger it runs once", memoryLedger(), 1],
  ];

  test.for(ledgers)("%s", async ([, ledger, times]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const ask = createAsking(probe);
    const options = ledger === undefined ? { guard } : { guard, ledger };
    const graph = toolGraph(guardToolNode([echo, ask], options));
    await graph.invoke({ messages: [asks(one("echo", "e"), one("ask", "a"))] }, configOf("t"));
    const output = await graph.invoke(new Command({ resume: "me" }), configOf("t"));
    expect(answersOf(output)).toEqual({ e: "echo ran", a: "answered me" });
    expect(probe.count("echo")).toBe(times);
  });

  test.for([
    ["without a ledger an older checkpoint runs a permitted call again", false, 2],
    ["with a ledger it gives the old result", true, 1],
  ] as const)("%s", async ([, isKept, times]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const graph = toolGraph(
      guardToolNode([echo], isKept ? { guard, ledger: memoryLedger() } : { guard }),
    );
    await graph.invoke({ messages: [asks(one("echo", "e"))] }, configOf("t"));
    const older = await checkpointBefore(graph, "tools");
    const config = { configurable: { ...older.configurable, portcullis: context } };
    const output = await graph.invoke(null, config);
    expect(answersOf(output)).toEqual({ e: "echo ran" });
    // A fork has another checkpoint, and with it other ids in the graph's path.
    const fork = await graph.updateState(config, { messages: [] }, START);
    await graph.invoke(null, { configurable: { ...fork.configurable, portcullis: context } });
    expect(probe.count("echo")).toBe(isKept ? times : times + 1);
  });

  test("a fork cannot use a grant again; the ledger still has the result", async () => {
    const { guard, answerAll } = await setup();
    const probe = createProbe();
    const { pay } = createTools(probe);
    const ledger = memoryLedger();
    const plain = toolGraph(guardToolNode([pay], { guard }));
    const kept = toolGraph(guardToolNode([pay], { guard, ledger }));
    const message = asks(one("pay", "p", { to: "bob", amount: 5 }));
    await plain.invoke({ messages: [message] }, configOf("t"));
    await answerAll();
    for (const graph of [kept, kept]) {
      const output = await graph.invoke({ messages: [message] }, configOf("t"));
      expect(answersOf(output)).toEqual({ p: "paid 5" });
    }
    expect(answersOf(await plain.invoke({ messages: [message] }, configOf("t")))).toEqual({
      p: "approval-required",
    });
    expect(probe.count("pay")).toBe(1);
  });

  test("only completed results are recorded, and only for their own call", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo, rm, outer } = createTools(probe);
    const fail = tool(
      () => {
        throw new Error("no");
      },
      { name: "fail", schema },
    );
    const ledger = memoryLedger();
    const node = guardToolNode([echo, rm, fail, outer], { guard, ledger });
    // Each time without the answers of before, but in one thread.
    const ask = (...calls: ModelCall[]) =>
      toolGraph(node).invoke({ messages: [asks(...calls)] }, configOf("t"));
    await ask(one("echo", "a"), one("rm", "b"), one("fail", "c"), one("invented", "d"));
    expect(ledger.keys()).toHaveLength(1);
    await ask(one("echo", "a2"), one("echo", "a3", { text: "other" }), one("outer", "a4"));
    expect(probe.runs).toHaveLength(4);
    // The same id with another tool, other arguments or in another thread is another call.
    await ask(one("outer", "a"));
    await ask(one("echo", "a", { text: "other" }));
    await toolGraph(node).invoke({ messages: [asks(one("echo", "a"))] }, configOf("u"));
    expect(probe.runs).toHaveLength(7);
    await ask(one("echo", "a"));
    expect(probe.runs).toHaveLength(7);
  });

  test.for([
    ["a command", () => new Command({ update: { messages: [] } })],
    ["a message of status error", () => errorMessage("e")],
  ] as const)("%s that a tool returned is a completed result", async ([, returned]) => {
    const { guard } = await setup();
    const probe = createProbe();
    const echo = tool(
      () => {
        probe.ran("echo", {});
        return returned();
      },
      { name: "echo", schema },
    );
    const node = guardToolNode([echo], { guard, ledger: memoryLedger() });
    for (const _ of [1, 2]) {
      await toolGraph(node).invoke({ messages: [asks(one("echo", "e"))] }, configOf("t"));
    }
    expect(probe.count("echo")).toBe(1);
  });

  test("a call that the policy forbids by now gets no old result", async () => {
    const ledger = memoryLedger();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const { guard } = await setup();
    const { guard: strict } = await setup({ policy: policy({ rules: [] }) });
    const message = asks(one("echo", "e"));
    const run = (options: GuardToolNodeOptions) =>
      toolGraph(guardToolNode([echo] as LangChainTool[], options)).invoke(
        { messages: [message] },
        configOf("t"),
      );
    expect(answersOf(await run({ guard, ledger }))).toEqual({ e: "echo ran" });
    expect(answersOf(await run({ guard: strict, ledger }))).toEqual({ e: "no-applicable-rule" });
  });

  test("a ledger that cannot be read denies, one that cannot be written does not", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const run = (ledger: ResultLedger) =>
      toolGraph(guardToolNode([echo], { guard, ledger })).invoke(
        { messages: [asks(one("echo", "e"))] },
        configOf("t"),
      );
    const noGet = await run({ get: broken, put: async () => {} });
    expect(answersOf(noGet)).toEqual({ e: "record-unavailable" });
    expect(probe.runs).toEqual([]);
    const noPut = await run({ get: async () => undefined, put: broken });
    expect(answersOf(noPut)).toEqual({ e: "echo ran" });
  });
});

async function checkpointBefore(graph: ReturnType<typeof toolGraph>, node: string) {
  for await (const snapshot of graph.getStateHistory({ configurable: { thread_id: "t" } })) {
    if (snapshot.next.some((next) => next === node)) return snapshot.config;
  }
  throw new Error("no such checkpoint");
}

function memoryLedger(): ResultLedger & { readonly keys: () => string[] } {
  const results = new Map<string, Awaited<ReturnType<ResultLedger["get"]>>>();
  return {
    get: async (key) => results.get(key),
    put: async (key, result) => {
      results.set(key, result);
    },
    keys: () => [...results.keys()],
  };
}

function errorMessage(id: string): ToolMessage {
  return new ToolMessage({ content: "not found", status: "error", tool_call_id: id });
}

async function broken(): Promise<never> {
  throw new Error("disk");
}
