import type { CallbackManagerForToolRun } from "@langchain/core/callbacks/manager";
import type { ToolRunnableConfig } from "@langchain/core/tools";
import { isGraphBubbleUp, isParentCommand } from "@langchain/langgraph";
import type { GraphBubbleUp, ParentCommand } from "@langchain/langgraph";
import { PortcullisDeniedError, PortcullisToolError, thaw } from "@portcullis/core";
import type { Denial, ToolCall } from "@portcullis/core";
import { denialMessage } from "./denial-message.ts";
import { resolveCallContext, toCallId, withSignal } from "./framework-call.ts";
import type { LangGraphOptions } from "./framework-call.ts";
import type { ToolIdentity } from "./guarded-tools.ts";
import { createLateStream, drainChunks, isChunkSource, relayChunks } from "./relay-chunks.ts";
import { markCompleted } from "./result-ledger.ts";

/** The innermost function that LangChain calls for a tool: its `func` or its `_call`. */
export type Executable = (
  input: unknown,
  runManager?: CallbackManagerForToolRun,
  config?: ToolRunnableConfig,
) => unknown;

/** What {@link guardExecutable} must know of the tool. */
export interface ExecutableTool extends ToolIdentity {
  /** Name that the framework knows. */
  readonly name: string;
  /** LangChain expects a pair instead of one value. */
  readonly isPair: boolean;
}

/**
 * Wraps the innermost function of a tool so that it runs only inside `guard.execute`, with the
 * canonical arguments that were decided on.
 *
 * A refusal is an error message where the call has an id, because a throw ends some agents.
 *
 * @throws {PortcullisDeniedError} `ERR_POLICY_DENIED` or `ERR_APPROVAL_REQUIRED` when a call
 * without an id is refused.
 * @throws {PortcullisToolError} `ERR_TOOL_FAILED` when the tool itself threw.
 */
export function guardExecutable(
  run: Executable,
  tool: ExecutableTool,
  options: LangGraphOptions,
): (...input: Parameters<Executable>) => Promise<unknown> {
  return async (input, runManager, config) => {
    config?.signal?.throwIfAborted();
    const id = config?.toolCall?.id;
    // LangChain hands a tool that takes one text the bare text; a policy sees `input`.
    const isBare = typeof input !== "object";
    const args = isBare && input !== undefined ? { input } : (input ?? {});
    const call = toCall(tool, toCallId(options, id), args);
    const stop = new AbortController();
    const found = await resolveCallContext(options, call, config);
    const context = found === undefined ? undefined : withSignal(found, stop.signal);

    const late = createLateStream();
    let leaving: ParentCommand | undefined;
    const outcome = options.guard.execute(call, context, async (decided, control) => {
      const own = options.thaw === true ? thaw(decided) : decided;
      const given = isBare ? own["input"] : own;
      try {
        const result = await run(given, runManager, { ...config, signal: control.signal });
        return isChunkSource(result) ? await drainChunks(result, control, late.open()) : result;
      } catch (error) {
        // Whoever goes on in the parent graph has ended here: nothing of the call is to resume.
        if (!isBubbleUp(error) || !isParentCommand(error)) throw error;
        leaving = error;
        // What it carries to the parent graph is a result like any other.
        return error.command;
      }
    });
    const result = async (): Promise<unknown> => {
      const settled = await outcome;
      if (settled.kind === "completed" && leaving !== undefined) {
        throw Object.assign(leaving, { command: settled.value });
      }
      if (settled.kind === "completed") return markCompleted(settled.value);
      if (settled.kind === "failed") throw new PortcullisToolError(settled.error);
      return refuse(settled.denial, { id, name: tool.name, isPair: tool.isPair });
    };
    const stream = await Promise.race([late.opened, outcome.then(noStream, noStream)]);
    if (stream === undefined) return result();
    return relayChunks(stream, result, () => {
      stop.abort(new DOMException("The reader of the tool's chunks left.", "AbortError"));
    });
  };
}

function toCall(tool: ToolIdentity, callId: string, args: unknown): ToolCall {
  const { tool: name, origin, definition } = tool;
  return {
    callId,
    tool: name,
    args,
    origin,
    ...(definition === undefined ? {} : { definition }),
    isSuspension: isBubbleUp,
  };
}

function isBubbleUp(error: unknown): error is GraphBubbleUp {
  return error instanceof Error && isGraphBubbleUp(error);
}

function refuse(
  denial: Denial,
  call: { readonly id: string | undefined; readonly name: string; readonly isPair: boolean },
): unknown {
  if (call.id === undefined) throw new PortcullisDeniedError(denial);
  const message = denialMessage(denial, call);
  return call.isPair ? [message, undefined] : message;
}

function noStream(): undefined {
  return undefined;
}
