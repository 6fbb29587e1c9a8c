import { ToolLoopAgent, generateText, isStepCount, streamText } from "ai";
import type { ToolSet } from "ai";
import type { LanguageModelV4 } from "../../src/index.ts";

export interface Drive {
  readonly model: LanguageModelV4;
  readonly tools: ToolSet;
  readonly abortSignal?: AbortSignal;
  readonly repairToolCall?: Parameters<typeof generateText>[0]["repairToolCall"];
  readonly experimental_refineToolInput?: Record<string, (input: never) => unknown>;
}

/** One call of a tool as the framework tells its outcome. */
export interface CallOutput {
  readonly id: string;
  readonly tool: string;
  /** The result, or the error's text as the model gets it. */
  readonly output: unknown;
  readonly failed: boolean;
}

export interface Driven {
  readonly outputs: readonly CallOutput[];
  readonly text: string;
}

interface Step {
  readonly content: readonly { readonly type: string }[];
}

/** Every way into the SDK that executes tools. */
export const entryPoints = {
  generateText: async ({ abortSignal, ...drive }: Drive): Promise<Driven> => {
    const result = await generateText({
      ...withoutTypes(drive, abortSignal),
      prompt: "go",
      stopWhen: isStepCount(5),
    });
    return { outputs: outputsOf(result.steps), text: result.text };
  },
  streamText: async ({ abortSignal, ...drive }: Drive): Promise<Driven> => {
    const result = streamText({
      ...withoutTypes(drive, abortSignal),
      prompt: "go",
      stopWhen: isStepCount(5),
      onError: () => undefined,
    });
    await result.consumeStream();
    return { outputs: outputsOf(await result.steps), text: await result.text };
  },
  ToolLoopAgent: async ({ abortSignal, ...drive }: Drive): Promise<Driven> => {
    const agent = new ToolLoopAgent(withoutTypes(drive, undefined));
    const result = await agent.generate({
      prompt: "go",
      ...(abortSignal === undefined ? {} : { abortSignal }),
    });
    return { outputs: outputsOf(result.steps), text: result.text };
  },
} as const;

export type EntryPoint = keyof typeof entryPoints;

export const entryPointNames: readonly EntryPoint[] = [
  "generateText",
  "streamText",
  "ToolLoopAgent",
];

/** The three settings types differ in generics that do not matter to these tests. */
function withoutTypes(drive: Omit<Drive, "abortSignal">, abortSignal: AbortSignal | undefined) {
  return {
    ...drive,
    ...(abortSignal === undefined ? {} : { abortSignal }),
  } as { model: LanguageModelV4; tools: ToolSet };
}

function outputsOf(steps: readonly Step[]): CallOutput[] {
  return steps.flatMap(({ content }) =>
    content.flatMap((part): CallOutput[] => {
      if (!("toolCallId" in part && "toolName" in part)) return [];
      const base = { id: String(part.toolCallId), tool: String(part.toolName) };
      if (part.type === "tool-result" && "output" in part) {
        return [{ ...base, output: part.output, failed: false }];
      }
      if (part.type === "tool-error" && "error" in part) {
        return [{ ...base, output: String(part.error), failed: true }];
      }
      return [];
    }),
  );
}
