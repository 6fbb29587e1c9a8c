import type { ToolHooks } from "@mastra/core/tools";
import { policyName, recordRefusal, toModelText } from "@portcullis/core";
import type { ToolCall } from "@portcullis/core";
import { readMember, resolveCallContext, textOf } from "./framework-call.ts";
import type { MastraOptions } from "./framework-call.ts";

/** Options of {@link guardHooks}. */
export interface GuardHooksOptions extends MastraOptions {
  /** The app's own hooks; they see only calls that the guard lets through. */
  readonly hooks?: ToolHooks;
}

/**
 * Gives hooks that refuse a call before its tool is asked, with the denial as output.
 *
 * They are a second layer: hooks of a run replace those of its agent and never reach a sub-agent.
 * Guard the tools themselves as well.
 *
 * @example
 * ```ts
 * import { Agent } from "@mastra/core/agent";
 * import type { Guard } from "@portcullis/core";
 *
 * type Settings = ConstructorParameters<typeof Agent>[0];
 *
 * function createAgent(settings: Settings, guard: Guard) {
 *   return new Agent({ ...settings, hooks: guardHooks({ guard }) });
 * }
 * ```
 */
export function guardHooks(options: GuardHooksOptions): ToolHooks {
  const { guard, server, hooks } = options;
  return Object.freeze<ToolHooks>({
    async beforeToolCall(hook) {
      const { toolName, input, context: frame } = hook;
      const tool = policyName(options, toolName);
      const agent = readMember(frame, "agent");
      const toolCallId = readMember(agent, "toolCallId") ?? readMember(frame, "toolCallId");
      const callId = textOf(toolCallId) ?? options.newId?.() ?? crypto.randomUUID();
      const args = input ?? {};
      const origin = server === undefined ? "local" : "mcp";
      const call: ToolCall = { callId, tool, args, origin };
      const thread = textOf(readMember(agent, "threadId") ?? readMember(frame, "threadId"));
      const context = await resolveCallContext(
        options,
        { tool, args, callId },
        { requestContext: Object(readMember(frame, "requestContext")), thread },
      );
      const { outcome } = await guard.check(call, context);
      // A call that waits for a person is left to the tool, which pauses the run.
      if (outcome === "deny") {
        const refused = await recordRefusal(guard, call, context);
        if (refused?.kind === "denied") {
          return { proceed: false, output: toModelText(refused.denial) };
        }
      }
      return hooks?.beforeToolCall?.(hook);
    },
    async afterToolCall(hook) {
      await hooks?.afterToolCall?.(hook);
    },
  });
}
