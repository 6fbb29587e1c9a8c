import type { ToolCall } from "@portcullis/core";
import { readMember, resolveCallContext } from "../framework-call.ts";
import type { ToolUnderGuard } from "./guard-execute.ts";
import { parseInput } from "./parse-input.ts";
import { isCallable } from "./registry.ts";
import type { Callable } from "./registry.ts";

/**
 * Makes the function that Mastra asks whether a call pauses for an approval.
 *
 * It stores the request and pauses the run; what the run is resumed with is no approval. The tool
 * itself is decided again when it runs. It pauses as well where the tool's author asks for it.
 */
export function createApprovalGate(tool: ToolUnderGuard): Callable {
  const { inner, name, origin, options, definition } = tool;
  return async (input, view) => {
    const isAsked = await asksItself(inner, input, view);
    if (options.approvals === "deny") return isAsked;
    const parsed = await parseInput(tool.schema, input);
    const args = (parsed.ok ? parsed.value : input) ?? {};
    const callId = options.newId?.() ?? crypto.randomUUID();
    const call: ToolCall = {
      callId,
      tool: name,
      args,
      origin,
      ...(definition === undefined ? {} : { definition }),
    };
    const requestContext = readMember(view, "requestContext");
    const place = { requestContext: Object(requestContext) };
    const context = await resolveCallContext(options, { tool: name, args, callId }, place);
    const decision = await options.guard.check(call, context);
    if (decision.outcome !== "approval-required") return isAsked;
    // Where the request cannot be stored, the call itself is denied and says why.
    const request = await options.guard.requestApproval(decision).catch(() => undefined);
    return isAsked || request?.state === "pending";
  };
}

async function asksItself(tool: object, input: unknown, view: unknown): Promise<boolean> {
  const asks = [readMember(tool, "needsApprovalFn"), readMember(tool, "requireApproval")];
  for (const ask of asks) {
    if (ask === true) return true;
    if (isCallable(ask) && (await Reflect.apply(ask, tool, [input, view])) === true) return true;
  }
  return false;
}
