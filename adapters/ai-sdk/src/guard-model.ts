import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import type {
  GuardModelOptions,
  GuardedRequest,
  LanguageModelV4,
  ModelUsage,
  StreamPart,
} from "./internal/model-types.ts";
import { prepareRequest } from "./internal/prepare-request.ts";
import { createPartCheck } from "./internal/provider-parts.ts";
import { guarded } from "./internal/registry.ts";
import { assertGuarded } from "./is-guarded.ts";

export type { GuardModelOptions, LanguageModelV4, ModelCall } from "./internal/model-types.ts";

/** Parts that tell arguments before they are complete; raw provider chunks hold them too. */
const EARLY_INPUT: ReadonlySet<string> = new Set([
  "tool-input-start",
  "tool-input-delta",
  "tool-input-end",
  "raw",
]);

/**
 * Puts the guard around a model: it offers only tools that the policy shows this principal, and
 * sends only redacted messages and definitions.
 *
 * This is comfort, not enforcement, but for tools that the provider runs: nobody can stop those
 * once they are offered, so they are withheld unless `providerTools` names them and the policy
 * shows them. A provider that runs one all the same makes the request fail. Wrap the provider's
 * model first and put other middleware around the result.
 *
 * The guarded model throws:
 * - `PortcullisDeniedError` `ERR_POLICY_DENIED` (denial `tool-unguarded`) when the provider ran a
 *   tool that is not permitted;
 * - `PortcullisError` `ERR_STORE_UNAVAILABLE` when the reported token use cannot be recorded.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when `model` is no model object, or a tool
 * of `tools` is not under this guard.
 *
 * @example
 * ```ts
 * import type { ContextInput, Guard } from "@portcullis/core";
 * import { generateText } from "ai";
 *
 * declare const guard: Guard;
 * declare const context: ContextInput;
 * declare const model: LanguageModelV4;
 *
 * await generateText({ model: guardModel(model, { guard, context }), prompt: "Go on." });
 * ```
 */
export function guardModel(model: LanguageModelV4, options: GuardModelOptions): LanguageModelV4 {
  const { guard, tools = {}, toolInputStreaming = true } = options;
  if (guarded.has(model, guard)) return model;
  if (typeof model !== "object" || model === null) {
    throw new PortcullisConfigError("model", "`model` must be a model object, not a model id.");
  }
  assertGuarded(tools, guard);

  const guardedModel: LanguageModelV4 = {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    get supportedUrls() {
      return model.supportedUrls;
    },
    async doGenerate(params) {
      const request = await prepareRequest({ type: "generate", params }, options);
      const result = await model.doGenerate(request.params);
      await reportUsage(options, request, result.usage);
      const check = createPartCheck(request, options);
      for (const part of result.content) await check(part);
      return result;
    },
    async doStream(params) {
      const request = await prepareRequest({ type: "stream", params }, options);
      const result = await model.doStream(request.params);
      const check = createPartCheck(request, options);
      const watch = new TransformStream<StreamPart, StreamPart>({
        async transform(part, controller) {
          await check(part);
          if (part.type === "finish") await reportUsage(options, request, part.usage);
          if (toolInputStreaming || !EARLY_INPUT.has(part.type)) controller.enqueue(part);
        },
      });
      return { ...result, stream: result.stream.pipeThrough(watch) };
    },
  };
  return guarded.add(Object.freeze(guardedModel), guard);
}

async function reportUsage(
  { guard }: GuardModelOptions,
  { context }: GuardedRequest,
  { inputTokens, outputTokens }: ModelUsage,
): Promise<void> {
  if (context === undefined) return;
  try {
    const [input, output] = [inputTokens.total, outputTokens.total];
    // What the provider does not tell is not nothing: a budget of tokens must deny then.
    const isKnown = input !== undefined && output !== undefined;
    const usage = isKnown ? { inputTokens: input, outputTokens: output } : undefined;
    await guard.reportUsage(context, usage);
  } catch (cause) {
    const message = "The token use of the model could not be put on the session's account.";
    throw new PortcullisError("ERR_STORE_UNAVAILABLE", message, { cause });
  }
}
