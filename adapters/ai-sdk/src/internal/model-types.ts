import type { AdapterOptions, ContextInput } from "@portcullis/core";
import type { ToolSet, wrapLanguageModel } from "ai";

/** The SDK's language model, as providers make it. */
export type LanguageModelV4 = ReturnType<typeof wrapLanguageModel>;

/** Parameters of one request to a model. */
type ModelParams = Parameters<LanguageModelV4["doGenerate"]>[0];

/** A tool as a model is told of it. */
export type Definition = NonNullable<ModelParams["tools"]>[number];

type Generated = Awaited<ReturnType<LanguageModelV4["doGenerate"]>>;
type Streamed = Awaited<ReturnType<LanguageModelV4["doStream"]>>["stream"];

/** One part of a model's answer. */
export type Content = Generated["content"][number];

/** One part of a model's streamed answer. */
export type StreamPart = Streamed extends ReadableStream<infer Part> ? Part : never;

/** Token use as a provider reports it. */
export type ModelUsage = Generated["usage"];

/** What a context function of `guardModel` is told. */
export interface ModelCall {
  /** Whether the model is asked for a whole answer or for a stream. */
  readonly type: "generate" | "stream";
  /** Parameters as the SDK made them, with messages that the model wrote too. */
  readonly params: ModelParams;
}

/** Options of `guardModel`. */
export interface GuardModelOptions extends Pick<
  AdapterOptions,
  "guard" | "server" | "providerTools"
> {
  /**
   * Identity and session, or a function that finds them for one request. Default: those of the
   * call during which the model is asked.
   */
  readonly context?:
    | ContextInput
    | ((call: ModelCall) => ContextInput | undefined | Promise<ContextInput | undefined>);
  /**
   * The guarded tools: needed for policy names other than their keys, and for tools that the
   * provider defines and the app runs.
   */
  readonly tools?: ToolSet;
  /** False keeps a tool's arguments out of the stream until they are complete. Default true. */
  readonly toolInputStreaming?: boolean;
}

/** One request as the model may see it. */
export interface GuardedRequest {
  /** Parameters without withheld tools and found secrets. */
  readonly params: ModelParams;
  readonly context: ContextInput | undefined;
  /** Whether the provider may run this tool: the option names it and the policy did not hide it. */
  readonly mayProviderRun: (name: string) => boolean;
}
