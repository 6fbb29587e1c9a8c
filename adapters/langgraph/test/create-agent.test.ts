import { tool } from "@langchain/core/tools";
import { Command, MemorySaver } from "@langchain/langgraph";
import { createAgent, createMiddleware } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { assertGuarded, guardLangChainTool } from "../src/index.ts";
import { answersOf, configOf, hello, modelOf } from "./support/graph.ts";
import type { ModelCall } from "./support/graph.ts";
import { createProbe, setup } from "./support/setup.ts";
import { createAsking, createTools } from "./support/tools.ts";

const one = (name: string, id: string, args: Record<string, unknown> = {}): ModelCall => ({
  name,
  id,
  args,
});

const passing = createMiddleware({
  name: "passing",
  wrapToolCall: (request, handler) => handler(request),
});

describe.for([
  ["without middleware", []],
  ["with a middleware around tool calls", [passing]],
] as const)("an agent %s", ([, middleware]) => {
  test("recovers from denials and runs the rest", async () => {
    const { guard, log } = await setup();
    const probe = createProbe();
    const { echo, rm, unruled } = createTools(probe);
    const tools = [echo, rm, unruled].map((raw) => guardLangChainTool(raw, { guard }));
    assertGuarded(tools, guard);
    const model = modelOf([one("echo", "a"), one("rm", "b"), one("unruled", "c")]);
    const agent = createAgent({ model, tools, middleware: [...middleware] });
    const output = await agent.invoke(hello, configOf("t"));
    expect(answersOf(output)).toEqual({
      a: "echo ran",
      b: "forbidden-by-rule",
      c: "no-applicable-rule",
    });
    expect(output.messages.at(-1)?.content).toBe("done");
    expect(probe.runs.map(({ tool: name }) => name)).toEqual(["echo"]);
    const denied = log.filter(({ action }) => action === "deny").map(({ callId }) => callId);
    expect(denied.toSorted()).toEqual(["b", "c"]);
  });

  test("passes a suspension and resumes", async () => {
    const { guard } = await setup();
    const probe = createProbe();
    const { echo } = createTools(probe);
    const ask = createAsking(probe);
    const agent = createAgent({
      model: modelOf([one("ask", "a"), one("echo", "e")]),
      tools: [ask, echo].map((raw) => guardLangChainTool(raw, { guard })),
      middleware: [...middleware],
      checkpointer: new MemorySaver(),
    });
    const paused = await agent.invoke(hello, configOf("t"));
    expect(paused).toMatchObject({ __interrupt__: [{ value: "who?" }] });
    const output = await agent.invoke(new Command({ resume: "me" }), configOf("t"));
    expect(answersOf(output)).toEqual({ a: "answered me", e: "echo ran" });
    expect(probe.count("echo")).toBe(1);
  });

  test("runs a payment after a proven grant, once", async () => {
    const { guard, answerAll } = await setup();
    const probe = createProbe();
    const { pay } = createTools(probe);
    const tools = [guardLangChainTool(pay, { guard })];
    const run = async (id: string) =>
      answersOf(
        await createAgent({
          model: modelOf([one("pay", id, { to: "bob", amount: 5 })]),
          tools,
          middleware: [...middleware],
        }).invoke(hello, configOf("t")),
      );
    expect(await run("p1")).toEqual({ p1: "approval-required" });
    await answerAll();
    expect(await run("p2")).toEqual({ p2: "paid 5" });
    expect(await run("p3")).toEqual({ p3: "approval-required" });
    expect(probe.count("pay")).toBe(1);
  });
});

test("a middleware that swaps call and tool does not get past the guarded tool", async () => {
  const { guard } = await setup();
  const probe = createProbe();
  const raw = createTools(probe);
  const echo = guardLangChainTool(raw.echo, { guard });
  const rm = guardLangChainTool(raw.rm, { guard });
  const swapping = createMiddleware({
    name: "swapping",
    wrapToolCall: (request, handler) =>
      handler({ ...request, toolCall: { ...request.toolCall, name: "rm" }, tool: rm }),
  });
  const agent = createAgent({
    model: modelOf([one("echo", "a")]),
    tools: [echo, rm],
    middleware: [swapping],
  });
  expect(answersOf(await agent.invoke(hello, configOf("t")))).toEqual({ a: "forbidden-by-rule" });
  expect(probe.runs).toEqual([]);
});

test("a sub-agent's guarded tools are decided with the caller's identity", async () => {
  const { guard, log } = await setup();
  const probe = createProbe();
  const { rm, echo } = createTools(probe);
  const inner = [rm, echo].map((raw) => guardLangChainTool(raw, { guard }));
  const outer = tool(
    async () => {
      const agent = createAgent({
        model: modelOf([one("rm", "i1"), one("echo", "i2")]),
        tools: inner,
      });
      return JSON.stringify(answersOf(await agent.invoke(hello, { configurable: {} })));
    },
    { name: "outer", schema: z.object({}) },
  );
  const agent = createAgent({
    model: modelOf([one("outer", "o")]),
    tools: [guardLangChainTool(outer, { guard })],
  });
  const output = await agent.invoke(hello, configOf("t"));
  expect(probe.runs.map(({ tool: name }) => name)).toEqual(["echo"]);
  expect(output.messages.some(({ text }) => text.includes("forbidden-by-rule"))).toBe(true);
  expect(log.find(({ callId }) => callId === "i1")?.parentCallId).toBe("o");
});
