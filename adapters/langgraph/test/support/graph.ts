import { AIMessage, HumanMessage, isToolMessage } from "@langchain/core/messages";
import type { BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { ContextInput, Guard } from "@portcullis/core";
import { guardNode, guardToolNode, hasToolCalls } from "../../src/index.ts";
import type { GuardNodeOptions, GuardToolNodeOptions, LangChainTool } from "../../src/index.ts";
import { principal } from "./setup.ts";

/** One tool call of the model. */
export interface ModelCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly id: string;
}

/** A model that asks for these calls, turn by turn, and then says `done`. */
export function modelOf(...turns: readonly ModelCall[][]) {
  const model = fakeModel();
  for (const calls of turns) model.respondWithTools(calls);
  // Some tests go round once more.
  return model.respond(new AIMessage("done")).respond(new AIMessage("done"));
}

/** The graph of the documentation: agent, guard node, guarded tool node. */
export function graphOf(
  guard: Guard,
  tools: readonly LangChainTool[],
  model: ReturnType<typeof fakeModel>,
  options: { node?: Partial<GuardNodeOptions>; toolNode?: Partial<GuardToolNodeOptions> } = {},
) {
  const callModel = async ({ messages }: typeof MessagesAnnotation.State) => ({
    messages: [await model.invoke(messages)],
  });
  return new StateGraph(MessagesAnnotation)
    .addNode("agent", callModel)
    .addNode("guard", guardNode({ guard, agent: "agent", tools: "tools", ...options.node }))
    .addNode("tools", guardToolNode(tools, { guard, ...options.toolNode }))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("guard", END))
    .addEdge("tools", "agent")
    .compile({ checkpointer: new MemorySaver() });
}

/** A configuration for one thread with the tests' identity. */
export function configOf(thread: string, context: ContextInput = { principal }) {
  return { configurable: { thread_id: thread, portcullis: context } };
}

export const hello = { messages: [new HumanMessage("hello")] };

/** What each call was answered with, by call id. */
export function answersOf(state: { messages: BaseMessage[] }): Record<string, string> {
  const messages = state.messages.filter((message) => isToolMessage(message));
  return Object.fromEntries(
    messages.map((message) => [message.tool_call_id, codeOf(message.text)]),
  );
}

/** The denial code of a denial, else the text itself. */
export function codeOf(content: string): string {
  if (!content.startsWith("{")) return content;
  const parsed: unknown = JSON.parse(content);
  return typeof parsed === "object" && parsed !== null && "code" in parsed
    ? String(parsed.code)
    : content;
}
