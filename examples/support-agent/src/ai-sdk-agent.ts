import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { guardModel, guardTools } from "@portcullis/ai-sdk";
import { generateText, isStepCount, jsonSchema, tool } from "ai";
import type { LanguageModel, ToolSet } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { obedientTurn } from "portcullis/demo";
import type { DemoAgent, DemoTool, PlannedCall, Stage } from "portcullis/demo";
import type { RealModel } from "./choose-model.ts";

const MOST_STEPS = 40;

/** The support agent in the Vercel AI SDK. */
export function createAiSdkAgent(real: RealModel | undefined): DemoAgent {
  return {
    framework: "AI SDK",
    async run(stage) {
      const { protection } = stage;
      const model = real === undefined ? scriptedModel(stage.task) : realModel(real);
      const tools = protection === undefined ? toToolSet(stage.tools) : guardedToolSet(stage);
      await generateText({
        model: protection === undefined ? model : guardModel(model, { ...protection, tools }),
        tools,
        system: stage.system,
        prompt: stage.request,
        stopWhen: isStepCount(MOST_STEPS),
      });
    },
  };
}

/** The tools of the MCP server are guarded under its name, all others under their own. */
function guardedToolSet({ tools, protection }: Stage): ToolSet {
  if (protection === undefined) throw new TypeError("This run is not guarded.");
  const ofServer = tools.filter(({ server }) => server !== undefined);
  const local = tools.filter(({ server }) => server === undefined);
  return {
    ...guardTools(toToolSet(ofServer), { ...protection, server: "files" }),
    ...guardTools(toToolSet(local), protection),
  };
}

function toToolSet(tools: readonly DemoTool[]): ToolSet {
  return Object.fromEntries(
    tools.map((each) => {
      const { name, description } = each;
      const inputSchema = jsonSchema(each.inputSchema);
      return [name, tool({ description, inputSchema, execute: (args) => each.run(args) })];
    }),
  );
}

type Model = Exclude<LanguageModel, string> & { readonly specificationVersion: "v4" };
type Prompt = Parameters<Model["doGenerate"]>[0]["prompt"];

function realModel({ apiKey, baseURL, model }: RealModel): Model {
  return createOpenAICompatible({ name: "openai-compatible", apiKey, baseURL })(model);
}

/** The SDK's own mock model; what it answers depends on what its calls returned, and on nothing else. */
function scriptedModel(task: readonly PlannedCall[]): Model {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const turn = obedientTurn(repliesOf(prompt), task);
      const isText = "text" in turn;
      return {
        content: [
          isText
            ? { type: "text", text: turn.text }
            : {
                type: "tool-call",
                toolCallId: turn.call.id,
                toolName: turn.call.tool,
                input: JSON.stringify(turn.call.args),
              },
        ],
        finishReason: isText
          ? { unified: "stop", raw: "stop" }
          : { unified: "tool-calls", raw: "tool_calls" },
        usage: {
          inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 1, text: 1, reasoning: 0 },
        },
        warnings: [],
      };
    },
  });
}

function repliesOf(prompt: Prompt): readonly string[] {
  return prompt.flatMap((message) => {
    if (message.role !== "tool") return [];
    return message.content.flatMap((part) => {
      if (part.type !== "tool-result") return [];
      const { output } = part;
      return output.type === "text" || output.type === "error-text"
        ? [output.value]
        : [JSON.stringify(output)];
    });
  });
}
