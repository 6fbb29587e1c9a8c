import { ToolMessage } from "@langchain/core/messages";
import { toModelText } from "@portcullis/core";
import type { Denial } from "@portcullis/core";

/** The denial as the model reads it: an error message that answers the call. */
export function denialMessage(
  denial: Denial,
  call: { readonly id?: string | undefined; readonly name: string },
): ToolMessage {
  return new ToolMessage({
    status: "error",
    tool_call_id: call.id ?? "",
    name: call.name,
    content: toModelText(denial),
  });
}
