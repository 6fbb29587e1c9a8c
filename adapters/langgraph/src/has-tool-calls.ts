import { isAIMessage } from "@langchain/core/messages";
import type { BaseMessage } from "@langchain/core/messages";

/**
 * A conditional edge: the first node when the last message asks for tools, else the second.
 *
 * @example
 * ```ts
 * import { END } from "@langchain/langgraph";
 *
 * const route = hasToolCalls("guard", END);
 * route({ messages: [] }); // END
 * ```
 */
export function hasToolCalls<Yes extends string, No extends string>(
  yes: Yes,
  no: No,
): (state: { readonly messages: readonly BaseMessage[] }) => Yes | No {
  return ({ messages }) => {
    const last = messages.at(-1);
    return last !== undefined && isAIMessage(last) && (last.tool_calls?.length ?? 0) > 0 ? yes : no;
  };
}
