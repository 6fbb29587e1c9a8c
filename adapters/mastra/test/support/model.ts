import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

type LanguageModelV4 = MockLanguageModelV4;

type GenerateResult = Awaited<ReturnType<LanguageModelV4["doGenerate"]>>;
type StreamPart =
  Awaited<ReturnType<LanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

interface TurnCall {
  readonly id?: string;
  readonly name: string;
  readonly args: unknown;
  readonly providerExecuted?: boolean;
}

/** What the model says in one step: calls of tools, or text. */
export type Turn = { readonly calls: readonly TurnCall[] } | { readonly text: string };

const usage: GenerateResult["usage"] = {
  inputTokens: { total: 11, noCache: 11, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 7, text: 7, reasoning: 0 },
};

/** A model that says the given turns in order, and then `done`. */
export function modelOf(
  turns: readonly Turn[],
  before: (index: number) => Promise<void> = async () => undefined,
): MockLanguageModelV4 {
  let step = 0;
  const next = (): Turn => turns[step++] ?? { text: "done" };
  return new MockLanguageModelV4({
    doGenerate: async () => {
      await before(step);
      const turn = next();
      return {
        content: "text" in turn ? [{ type: "text", text: turn.text }] : toCalls(turn.calls, step),
        finishReason: finish(turn),
        usage,
        warnings: [],
      };
    },
    doStream: async () => {
      await before(step);
      const turn = next();
      const chunks: StreamPart[] = [
        { type: "stream-start", warnings: [] },
        ...("text" in turn ? textParts(turn.text) : toCalls(turn.calls, step).flatMap(callParts)),
        { type: "finish", finishReason: finish(turn), usage },
      ];
      return { stream: simulateReadableStream({ chunks, chunkDelayInMs: null }) };
    },
  });
}

type CallPart = Extract<StreamPart, { readonly type: "tool-call" }>;

function toCalls(calls: readonly TurnCall[], step: number): CallPart[] {
  return calls.map(({ id, name, args, providerExecuted }, index) => ({
    type: "tool-call",
    toolCallId: id ?? `call-${step}-${index}`,
    toolName: name,
    input: typeof args === "string" ? args : JSON.stringify(args),
    ...(providerExecuted === undefined ? {} : { providerExecuted }),
  }));
}

function callParts(call: CallPart): StreamPart[] {
  const { toolCallId: id, toolName, input, providerExecuted } = call;
  const executed = providerExecuted === undefined ? {} : { providerExecuted };
  return [
    { type: "tool-input-start", id, toolName, ...executed },
    { type: "tool-input-delta", id, delta: input },
    { type: "tool-input-end", id },
    call,
  ];
}

function textParts(text: string): StreamPart[] {
  return [
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: text },
    { type: "text-end", id: "t" },
  ];
}

function finish(turn: Turn): GenerateResult["finishReason"] {
  return "text" in turn
    ? { unified: "stop", raw: "stop" }
    : { unified: "tool-calls", raw: "tool_calls" };
}
