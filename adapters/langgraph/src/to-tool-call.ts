import type { ToolCall as LangChainToolCall } from "@langchain/core/messages/tool";
import { interopSafeParseAsync, isInteropZodSchema } from "@langchain/core/utils/types";
import type { ToolCall } from "@portcullis/core";
import { toCallId } from "./framework-call.ts";
import type { LangGraphOptions } from "./framework-call.ts";
import { identify } from "./guarded-tools.ts";
import type { LangChainTool } from "./guarded-tools.ts";

/**
 * A call of the model as the guard will see it at the tool itself: under the policy's name and
 * with the arguments as the tool's own schema leaves them, so that both have one digest.
 */
export async function toToolCall(
  call: LangChainToolCall,
  tool: LangChainTool | undefined,
  options: LangGraphOptions,
): Promise<ToolCall> {
  const callId = toCallId(options, call.id);
  if (tool === undefined) {
    const prefix = options.server === undefined ? "" : `mcp:${options.server}/`;
    const origin = options.server === undefined ? "local" : "mcp";
    return { callId, tool: `${prefix}${call.name}`, args: call.args, origin };
  }
  return { callId, ...identify(tool, options), args: await parseArguments(tool.schema, call.args) };
}

async function parseArguments(schema: unknown, args: unknown): Promise<unknown> {
  if (!isInteropZodSchema(schema)) return args;
  try {
    const parsed = await interopSafeParseAsync(schema, args);
    // What the schema refuses never reaches the tool; the guard sees it as it came.
    if (!parsed.success) return args;
    return typeof parsed.data === "object" ? parsed.data : { input: parsed.data };
  } catch {
    return args;
  }
}
