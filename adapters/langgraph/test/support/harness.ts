import { AIMessage, HumanMessage, isToolMessage, ToolMessage } from "@langchain/core/messages";
import type { BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { DynamicStructuredTool } from "@langchain/core/tools";
import {
  Command,
  END,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { createAgent, createMiddleware } from "langchain";
import { callsOf, createHarness } from "@portcullis/testkit";
import type {
  AdapterHarness,
  CallOutput,
  HarnessMode,
  Observation,
  Scenario,
} from "@portcullis/testkit";
import { guardLangChainTool, guardNode, guardToolNode, hasToolCalls } from "../../src/index.ts";
import { guardMiddleware } from "../../src/middleware.ts";

/** How a harness runs the turns of one scenario. */
export type RunTurns = (scenario: Scenario, mode: HarnessMode) => Promise<Observation>;

/** Drives one entry point through the bypass vectors. */
export function harnessOf(entryPoint: string, runTurns: RunTurns): AdapterHarness {
  return createHarness({ name: "langgraph", letters: ["L"], entryPoint, runTurns, callDirectly });
}

/**
 * The graph of the documentation: agent, guard node, tool node. Pauses have tests of their own; here
 * a call that needs an approval is answered at once.
 */
export const runGraph: RunTurns = async (scenario, mode) => {
  const { guard, signal } = scenario;
  const tools = plainTools(scenario, mode);
  const model = modelOf(scenario);
  let index = 0;
  const agent = async ({ messages }: typeof MessagesAnnotation.State) => {
    await scenario.beforeTurn(index++);
    return { messages: [await model.invoke(messages)] };
  };
  const isGuarded = mode === "guarded";
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("agent", agent)
    .addNode(
      "guard",
      isGuarded
        ? guardNode({ guard, agent: "agent", tools: "tools", approvals: "deny" })
        : () => new Command({ goto: "tools" }),
      { ends: ["tools", "agent"] },
    )
    .addNode("tools", isGuarded ? guardToolNode(tools, { guard }) : new ToolNode(tools))
    .addEdge(START, "agent")
    .addConditionalEdges("agent", hasToolCalls("guard", END))
    .addEdge("tools", "agent")
    .compile({ checkpointer: new MemorySaver() });
  const config = configOf(scenario);
  return observe(model, async () => {
    const input = { messages: [new HumanMessage("go")] };
    const state = await graph.invoke(input, { ...config, signal });
    return state.messages;
  });
};

/** An agent of LangChain with the middleware last, where it belongs. */
export const runCreateAgent: RunTurns = async (scenario, mode) => {
  const { guard, signal } = scenario;
  const isGuarded = mode === "guarded";
  const tools = plainTools(scenario, mode);
  const model = modelOf(scenario);
  let index = 0;
  const before = createMiddleware({
    name: "before",
    async wrapModelCall(request, handler) {
      await scenario.beforeTurn(index++);
      return handler(request);
    },
  });
  const agent = createAgent({
    model,
    tools: isGuarded ? tools.map((tool) => guardLangChainTool(tool, { guard })) : tools,
    middleware: isGuarded ? [before, guardMiddleware({ guard, approvals: "deny" })] : [before],
    checkpointer: new MemorySaver(),
  });
  const config = { ...configOf(scenario), signal };
  return observe(model, async () => {
    const state = await agent.invoke({ messages: [new HumanMessage("go")] }, config);
    return state.messages;
  });
};

/** The scenario's tools as LangChain tools, without a guard. */
function plainTools({ tools }: Scenario, mode: HarnessMode): DynamicStructuredTool[] {
  return tools.map(
    ({ name, description, input, execute }) =>
      new DynamicStructuredTool({
        name,
        description,
        // LangChain's validator writes into the schema that it is given.
        schema: structuredClone(input),
        // In the control nobody aborts, and a body that waits for its signal must not hang.
        func: async (args: unknown, _manager, config) =>
          JSON.stringify(await execute(args, mode === "guarded" ? config?.signal : undefined)),
      }),
  );
}

/** A model that says the scenario's turns, and then `done`. */
function modelOf({ turns }: Scenario) {
  const model = fakeModel();
  for (const turn of turns) {
    if ("text" in turn) model.respond(new AIMessage(turn.text));
    else {
      model.respondWithTools(
        turn.calls.map(({ id, name, args }) => ({
          id,
          name,
          args: args as Record<string, unknown>,
        })),
      );
    }
  }
  for (let more = 0; more < 5; more += 1) model.respond(new AIMessage("done"));
  return model;
}

/** The run's configuration: its thread, and the identity in the framework's own slot. */
function configOf({ context, title }: Scenario) {
  return {
    configurable: {
      thread_id: `${title} ${crypto.randomUUID()}`,
      ...(context === undefined ? {} : { portcullis: context }),
    },
  };
}

/** Runs, and tells what model and caller saw. */
async function observe(
  model: ReturnType<typeof fakeModel>,
  run: () => Promise<readonly BaseMessage[]>,
): Promise<Observation> {
  let messages: readonly BaseMessage[] = [];
  let error: unknown;
  try {
    messages = await run();
  } catch (cause) {
    error = cause;
    messages = model.calls.at(-1)?.messages ?? [];
  }
  return {
    modelRequests: model.calls.map(({ messages: sent, options }) => ({
      tools: ((options?.tools ?? []) as { readonly name?: string }[]).flatMap(
        ({ name }) => name ?? [],
      ),
      text: JSON.stringify(sent.map(({ content }) => content)),
    })),
    outputs: messages.filter((message) => isToolMessage(message)).map(toOutput),
    ...(error === undefined ? {} : { error }),
  };
}

function toOutput(message: ToolMessage): CallOutput {
  return {
    callId: message.tool_call_id,
    tool: message.name ?? "",
    isError: message.status === "error",
    text: message.text,
  };
}

/** Calls the tools of the first turn as app code can. */
async function callDirectly(scenario: Scenario, mode: HarnessMode): Promise<Observation> {
  const { guard, context, signal } = scenario;
  const plain = plainTools(scenario, mode);
  const tools =
    mode === "unguarded"
      ? plain
      : plain.map((tool) =>
          guardLangChainTool(tool, { guard, ...(context === undefined ? {} : { context }) }),
        );
  const outputs: CallOutput[] = [];
  await scenario.beforeTurn(0);
  for (const { id, name, args } of callsOf(scenario)) {
    const tool = tools.find((candidate) => candidate.name === name);
    const given = args as never;
    const executables = [
      () => tool?.func(given, undefined, { signal }),
      () => open(tool, "_call")(given),
    ];
    const frameworks = [
      () => tool?.invoke(given, { signal }),
      () => open(tool, "call")(given),
      () => tool?.invoke({ type: "tool_call", id, name, args: given }, { signal }),
    ];
    // LangChain itself reads what it is given, to check it, before it comes to the executable.
    const isPlain = !scenario.title.startsWith("V60 ");
    const ways = isPlain ? [...executables, ...frameworks] : executables;
    for (const way of ways) {
      const output = { callId: id, tool: name };
      try {
        const value: unknown = await way();
        const message = value instanceof ToolMessage ? value : undefined;
        const text = message?.text ?? (typeof value === "string" ? value : JSON.stringify(value));
        outputs.push({ ...output, isError: message?.status === "error", text: text ?? "" });
      } catch (cause) {
        outputs.push({ ...output, isError: true, text: String(cause) });
      }
    }
  }
  return { modelRequests: [], outputs };
}

/** A method that LangChain's types hide from applications, and JavaScript does not. */
function open(tool: object | undefined, name: string): (args: unknown) => Promise<unknown> {
  const method: unknown = tool === undefined ? undefined : Reflect.get(tool, name);
  if (typeof method !== "function") throw new TypeError(`The tool has no ${name}.`);
  return async (args) => Reflect.apply(method, tool, [args]);
}
