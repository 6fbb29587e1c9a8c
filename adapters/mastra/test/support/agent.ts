import { Agent } from "@mastra/core/agent";
import { InMemoryStore } from "@mastra/core/storage";
import { Mastra } from "@mastra/core/mastra";
import { RequestContext } from "@mastra/core/request-context";
import type { ContextInput } from "@portcullis/core";
import { modelOf } from "./model.ts";
import type { Turn } from "./model.ts";

export interface Drive {
  readonly tools?: Record<string, object>;
  readonly turns: readonly Turn[];
  /** Further settings of the agent. */
  readonly settings?: object;
  readonly run?: Readonly<Record<string, unknown>>;
  /** Happens before each answer of the model. */
  readonly before?: (index: number) => Promise<void>;
  /** Put into the request context's slot. */
  readonly slot?: ContextInput;
}

/** One call of a tool as the model is told its outcome. */
export interface ToldResult {
  readonly tool: string;
  readonly output: unknown;
}

/** An agent with the given tools whose model says the given turns. */
export function agentOf({ tools = {}, turns, settings = {}, before }: Drive) {
  const model = modelOf(turns, before);
  const own = { id: "bot", name: "bot", instructions: "Help.", model, tools };
  const agent = new Agent(Object.assign(own, settings) as never);
  const mastra = new Mastra({
    agents: { bot: agent },
    storage: new InMemoryStore(),
    logger: false,
  });
  return { agent: mastra.getAgent("bot"), model };
}

export function requestContextOf(slot: ContextInput | undefined): RequestContext {
  const requestContext = new RequestContext();
  if (slot !== undefined) requestContext.set("portcullis", slot);
  return requestContext;
}

/** Every way into an agent that executes tools. */
export const entryPoints = {
  generate: async (drive: Drive) => {
    const { agent, model } = agentOf(drive);
    const result = await agent.generate("go", optionsOf(drive));
    return { text: result.text, told: toldTo(model) };
  },
  stream: async (drive: Drive) => {
    const { agent, model } = agentOf(drive);
    const result = await agent.stream("go", optionsOf(drive));
    await result.consumeStream();
    return { text: await result.text, told: toldTo(model) };
  },
} as const;

export const entryPointNames = ["generate", "stream"] as const;

function optionsOf({ slot, run = {} }: Drive): object {
  return { requestContext: requestContextOf(slot), maxSteps: 5, ...run };
}

/** What the last request told the model about its calls. */
function toldTo(model: ReturnType<typeof modelOf>): readonly ToldResult[] {
  const calls = [...model.doGenerateCalls, ...model.doStreamCalls];
  const prompt = calls.at(-1)?.prompt ?? [];
  return prompt.flatMap((message) =>
    message.role === "tool"
      ? message.content.flatMap((part) =>
          part.type === "tool-result"
            ? [
                {
                  tool: part.toolName,
                  output: "value" in part.output ? part.output.value : undefined,
                },
              ]
            : [],
        )
      : [],
  );
}

/** Names of the tools that the model was offered, request by request. */
export function offeredTo(model: ReturnType<typeof modelOf>): readonly (readonly string[])[] {
  return [...model.doGenerateCalls, ...model.doStreamCalls].map(({ tools = [] }) =>
    tools.map(({ name }) => name),
  );
}
