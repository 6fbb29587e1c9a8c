import type { ContextInput } from "./call-context.ts";
import type { Outcome } from "./decision.ts";
import type { Guard } from "./guard.ts";
import type { ToolCall } from "./tool-call.ts";

/**
 * Has the guard refuse and record a call that a check has refused.
 *
 * A check leaves no trace, and every refused call belongs into the decision log. Nothing runs:
 * should the call have become permitted meanwhile, it is suspended, which keeps its grant for the
 * tool, and the result is undefined.
 */
export async function recordRefusal(
  guard: Guard,
  call: ToolCall,
  context: ContextInput | undefined,
): Promise<Outcome<unknown> | undefined> {
  const permitted = new Error("The call is permitted now.");
  const isSuspension = (error: unknown): boolean => error === permitted;
  try {
    return await guard.execute({ ...call, isSuspension }, context, () => {
      throw permitted;
    });
  } catch (error) {
    if (error === permitted) return undefined;
    throw error;
  }
}
