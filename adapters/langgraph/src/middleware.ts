import type { ToolMessage } from "@langchain/core/messages";
import type { ToolCall as LangChainToolCall } from "@langchain/core/messages/tool";
import { interrupt } from "@langchain/langgraph";
import type { ContextInput } from "@portcullis/core";
import { createMiddleware } from "langchain";
import type { AgentMiddleware } from "langchain";
import { requestPrompt } from "./approval-prompt.ts";
import type { ApprovalInterrupt } from "./approval-prompt.ts";
import { resolveCallContext } from "./framework-call.ts";
import type { CallConfig, LangGraphOptions } from "./framework-call.ts";
import { guardLangChainTool } from "./guard-langchain-tool.ts";
import { identify, isGuarded } from "./guarded-tools.ts";
import type { LangChainTool } from "./guarded-tools.ts";
import { refusalMessage } from "./refusal-message.ts";
import type { Question } from "./refusal-message.ts";
import { toToolCall } from "./to-tool-call.ts";

/**
 * Gives a middleware for `createAgent`: it withholds tools that the principal may not use, redacts
 * what the model is sent, answers refused calls, pauses for approvals, and guards tools that other
 * middleware brings. Put it last in the array.
 *
 * It is a second layer: an outer middleware that runs a tool itself never asks it. Guard the tools
 * too; a guarded tool is decided once.
 *
 * @example
 * ```ts
 * import type { StructuredTool } from "@langchain/core/tools";
 * import type { Guard } from "@portcullis/core";
 * import { guardLangChainTool } from "@portcullis/langgraph";
 * import { createAgent } from "langchain";
 *
 * const build = (model: string, refund: StructuredTool, guard: Guard) =>
 *   createAgent({
 *     model,
 *     tools: [guardLangChainTool(refund, { guard })],
 *     middleware: [guardMiddleware({ guard })],
 *   });
 * ```
 */
export function guardMiddleware(options: LangGraphOptions): AgentMiddleware {
  const { guard } = options;
  return createMiddleware({
    name: "portcullis",
    async wrapModelCall(request, handler) {
      const context = await contextOf(options, request.runtime);
      const shown = await Promise.all(
        request.tools.map(async (tool) => ((await isShown(tool, options, context)) ? [tool] : [])),
      );
      const tools = shown.flat();
      const { toolChoice, ...rest } = request;
      return handler({
        ...rest,
        tools,
        messages: await guard.redact(request.messages, context),
        systemMessage: await guard.redact(request.systemMessage, context),
        ...(toolChoice === undefined || tools.length === 0
          ? {}
          : { toolChoice: isLost(toolChoice, tools) ? ("auto" as const) : toolChoice }),
      });
    },
    async wrapToolCall(request, handler) {
      const tool = isRunnable(request.tool) ? request.tool : undefined;
      const question = await toQuestion(request.toolCall, tool, {
        options,
        config: request.runtime,
      });
      let decision = await guard.check(question.asked, question.context);
      const prompt =
        options.approvals === "deny"
          ? undefined
          : await requestPrompt(guard, decision, request.toolCall.id);
      if (prompt !== undefined) {
        // Whatever the graph is resumed with only wakes it; the guard is asked again.
        interrupt({ type: "portcullis.approval", requests: [prompt] } satisfies ApprovalInterrupt);
        decision = await guard.check(question.asked, question.context);
      }
      if (decision.outcome !== "permit") {
        const refusal: ToolMessage | undefined = await refusalMessage(guard, question);
        if (refusal !== undefined) return refusal;
      }
      if (tool === undefined || isGuarded(tool, guard)) return handler(request);
      return handler({ ...request, tool: guardLangChainTool(tool, options) });
    },
  });
}

async function toQuestion(
  call: LangChainToolCall,
  tool: LangChainTool | undefined,
  { options, config }: { readonly options: LangGraphOptions; readonly config: CallConfig },
): Promise<Question> {
  const asked = await toToolCall(call, tool, options);
  return { call, asked, context: await resolveCallContext(options, asked, config) };
}

async function contextOf(
  options: LangGraphOptions,
  config: CallConfig,
): Promise<ContextInput | undefined> {
  return resolveCallContext(options, { tool: "", args: {}, callId: "" }, config);
}

/** A tool that this process can run; what the provider runs is a plain object. */
function isRunnable(tool: unknown): tool is LangChainTool {
  return typeof tool === "object" && tool !== null && "invoke" in tool && "name" in tool;
}

async function isShown(
  tool: unknown,
  options: LangGraphOptions,
  context: ContextInput | undefined,
): Promise<boolean> {
  if (!isRunnable(tool)) return false;
  const { tool: name, origin, definition } = identify(tool, options);
  const shown = await options.guard.visibleTools([{ ...definition, name: tool.name }], context, {
    origin,
    nameOf: () => name,
  });
  return shown.length > 0;
}

function isLost(toolChoice: unknown, tools: readonly unknown[]): boolean {
  if (typeof toolChoice !== "object" || toolChoice === null) return false;
  const chosen: unknown = Reflect.get(Object(Reflect.get(toolChoice, "function")), "name");
  return !tools.some((tool) => isRunnable(tool) && tool.name === chosen);
}
