import { tool } from "@langchain/core/tools";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { Guard } from "@portcullis/core";
import {
  assertGuarded,
  guardLangChainTool,
  guardNode,
  guardToolNode,
  hasToolCalls,
} from "@portcullis/langgraph";
import { z } from "zod";

const refuse = (): never => {
  throw new Error("this program decides nothing");
};
const guard: Guard = {
  check: refuse,
  execute: refuse,
  visibleTools: refuse,
  redact: refuse,
  requestApproval: refuse,
  answerApproval: refuse,
  listApprovals: refuse,
  reportUsage: refuse,
  policy: refuse,
  currentScope: () => undefined,
};
let ran = false;
const pay = tool(
  async () => {
    ran = true;
    return "paid";
  },
  { name: "pay", description: "Pays", schema: z.object({ amount: z.number() }) },
);
const guarded = guardLangChainTool(pay, { guard });
assertGuarded([guarded], guard);
await guarded.invoke({ amount: 1 }).catch(() => undefined);
if (ran) throw new Error("a guard that throws let the tool run");

new StateGraph(MessagesAnnotation)
  .addNode("agent", async () => ({ messages: [] }))
  .addNode("guard", guardNode({ guard, agent: "agent", tools: "tools" }))
  .addNode("tools", guardToolNode([pay], { guard }))
  .addEdge(START, "agent")
  .addConditionalEdges("agent", hasToolCalls("guard", END))
  .addEdge("tools", "agent")
  .compile();
