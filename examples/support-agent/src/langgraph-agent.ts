import type { BaseMessage } from "@langchain/core/messages";
import { AIMessage, HumanMessage, SystemMessage, isToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { tool } from "@langchain/core/tools";
import type { StructuredToolInterface } from "@langchain/core/tools";
import {
  END,
  GraphRecursionError,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { ChatOpenAI } from "@langchain/openai";
import { guardLangChainTool, guardNode, guardToolNode, hasToolCalls } from "@portcullis/langgraph";
import { obedientTurn } from "portcullis/demo";
import type { DemoAgent, DemoTool, PlannedCall, Protection, Stage } from "portcullis/demo";
import type { RealModel } from "./choose-model.ts";

const MOST_STEPS = 40;

type State = typeof MessagesAnnotation.State;
type CallModel = (state: State) => Promise<{ messages: BaseMessage[] }>;

/** The support agent in LangGraph. */
export function createLangGraphAgent(real: RealModel | undefined): DemoAgent {
  return {
    framework: "LangGraph",
    async run(stage) {
      const tools = stage.tools.map(toLangChainTool);
      const model =
        real === undefined ? scriptedModel(stage.task) : realModel(real).bindTools(tools);
      const callModel: CallModel = async ({ messages }) => ({
        messages: [await model.invoke(messages)],
      });
      const { protection } = stage;
      const graph =
        protection === undefined
          ? plainGraph(callModel, tools)
          : guardedGraph(callModel, stage, protection);
      const asked = graph.invoke(
        { messages: [new SystemMessage(stage.system), new HumanMessage(stage.request)] },
        {
          // Three nodes for each call: the agent, the guard, the tools.
          recursionLimit: 3 * MOST_STEPS,
        },
      );
      try {
        await asked;
      } catch (error) {
        // A model that goes round in circles has not finished; it has not broken either.
        if (!(error instanceof GraphRecursionError)) throw error;
      }
    },
  };
}

function plainGraph(callModel: CallModel, tools: StructuredToolInterface[]) {
  return new StateGraph(MessagesAnnotation)
    .addNode("agent", callModel)
    .addNode("tools", new ToolNode(tools))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("tools", END))
    .addEdge("tools", "agent")
    .compile();
}

/** The tools of the MCP server are guarded under its name, all others under their own. */
function guardedGraph(callModel: CallModel, { tools }: Stage, { guard, context }: Protection) {
  const guarded = tools.map((each) => {
    const { server } = each;
    return guardLangChainTool(
      toLangChainTool(each),
      server === undefined ? { guard, context } : { guard, context, server },
    );
  });
  // Nobody is there to answer, so a call that needs a person is refused and not waited for.
  const options = { guard, context, approvals: "deny" } as const;
  return new StateGraph(MessagesAnnotation)
    .addNode("agent", callModel)
    .addNode("guard", guardNode({ ...options, agent: "agent", tools: "tools", toolset: guarded }), {
      ends: ["agent", "tools"],
    })
    .addNode("tools", guardToolNode(guarded, options))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("guard", END))
    .addEdge("tools", "agent")
    .compile();
}

function toLangChainTool(each: DemoTool) {
  const { name, description, inputSchema: schema } = each;
  return tool((args: unknown) => each.run(args), {
    name,
    description,
    schema,
  }) as StructuredToolInterface;
}

function realModel({ apiKey, baseURL, model }: RealModel): ChatOpenAI {
  return new ChatOpenAI({ apiKey, model, configuration: { baseURL } });
}

/** LangChain's own fake model; what it answers depends on what its calls returned, and on nothing else. */
function scriptedModel(task: readonly PlannedCall[]) {
  const model = fakeModel();
  for (let step = 0; step <= MOST_STEPS; step += 1) {
    model.respond((messages) => {
      const replies = messages.filter((message) => isToolMessage(message)).map(({ text }) => text);
      const turn = obedientTurn(replies, task);
      if ("text" in turn) return new AIMessage(turn.text);
      const { id, tool: name, args } = turn.call;
      return new AIMessage({ content: "", tool_calls: [{ id, name, args: { ...args } }] });
    });
  }
  return model;
}
