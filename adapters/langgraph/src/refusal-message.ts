import { ToolMessage } from "@langchain/core/messages";
import type { ToolCall as LangChainToolCall } from "@langchain/core/messages/tool";
import { recordRefusal, toModelText } from "@portcullis/core";
import type { ContextInput, Guard, Outcome, ToolCall } from "@portcullis/core";

/** One call of the model, as the guard is asked about it. */
export interface Question {
  readonly call: LangChainToolCall;
  readonly asked: ToolCall;
  readonly context: ContextInput | undefined;
}

/**
 * Records a call that a check refused, and gives the message that answers it; undefined where the
 * call became permitted meanwhile and is left to its tool.
 */
export async function refusalMessage(
  guard: Guard,
  { call, asked, context }: Question,
): Promise<ToolMessage | undefined> {
  const outcome = await recordRefusal(guard, asked, context);
  if (outcome === undefined) return undefined;
  // A call that is permitted meanwhile has run only where a dry run had captured its effects.
  const isCompleted = outcome.kind === "completed";
  return new ToolMessage({
    status: isCompleted ? "success" : "error",
    tool_call_id: call.id ?? "",
    name: call.name,
    content: toText(outcome),
  });
}

function toText(outcome: Outcome<unknown>): string {
  if (outcome.kind === "failed") return outcome.error.message;
  if (outcome.kind !== "completed") return toModelText(outcome.denial);
  return typeof outcome.value === "string" ? outcome.value : (JSON.stringify(outcome.value) ?? "");
}
