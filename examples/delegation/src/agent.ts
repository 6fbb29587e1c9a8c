import type { BaseMessage } from "@langchain/core/messages";
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { ContextInput, Guard } from "@portcullis/core";
import { guardNode, guardToolNode, hasToolCalls } from "@portcullis/langgraph";

/** One call that a scripted model asks for. */
export interface PlannedCall {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** An agent in LangGraph, with a checkpointer: what its state holds is kept. */
export interface Agent {
  /** Asks for these calls one after the other, whatever becomes of them. */
  run(calls: readonly PlannedCall[]): Promise<readonly BaseMessage[]>;
  /** All that the checkpointer keeps. */
  checkpoints(): Promise<string>;
}

/** Makes an agent whose every call is guarded; who it is comes from the context alone. */
export function createAgent(
  name: string,
  guard: Guard,
  context: (call: object) => Promise<ContextInput>,
): Agent {
  const tools = createTools();
  const options = { guard, context, approvals: "deny" } as const;
  const checkpointer = new MemorySaver();
  let left: readonly PlannedCall[] = [];
  let made = 0;
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("agent", async () => {
      const [call, ...rest] = left;
      left = rest;
      if (call === undefined) return { messages: [new AIMessage("done")] };
      const request = { id: `${name}-${(made += 1)}`, name: call.tool, args: { ...call.args } };
      return { messages: [new AIMessage({ content: "", tool_calls: [request] })] };
    })
    .addNode("guard", guardNode({ ...options, agent: "agent", tools: "tools", toolset: tools }), {
      ends: ["agent", "tools"],
    })
    .addNode("tools", guardToolNode(tools, options))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("guard", END))
    .addEdge("tools", "agent")
    .compile({ checkpointer });
  const configurable = { thread_id: name };
  return {
    async run(calls) {
      left = calls;
      const { messages } = await graph.invoke(
        { messages: [new HumanMessage("Settle order A1.")] },
        { configurable },
      );
      return messages;
    },
    async checkpoints() {
      const kept: unknown[] = [];
      for await (const each of checkpointer.list({ configurable })) kept.push(each);
      return JSON.stringify(kept);
    },
  };
}

function createTools(): StructuredToolInterface[] {
  const text = { type: "string" };
  return [
    tool(async () => "Order A1: one cup, 30 EUR.", {
      name: "read_order",
      description: "Reads an order",
      schema: { type: "object", properties: { order: text }, required: ["order"] },
    }),
    tool(async () => "Refunded.", {
      name: "refund",
      description: "Pays money back",
      schema: {
        type: "object",
        properties: { order: text, amount: { type: "number" } },
        required: ["order", "amount"],
      },
    }),
  ];
}
