import type { AdapterOptions } from "@portcullis/core";
import type { Tool } from "ai";
import type { ToolCallDetails } from "./internal/guard-execute.ts";
import { wrapTool } from "./internal/wrap-tool.ts";

/** Options of {@link guardTools}. */
export type GuardToolsOptions = AdapterOptions<ToolCallDetails>;

/** Options of {@link guardTool}. */
export interface GuardToolOptions extends GuardToolsOptions {
  /** Name under which the tool is registered with the SDK and, without `server`, in the policy. */
  readonly name: string;
}

/**
 * Gives a frozen copy of a tool that runs only when the guard permits the call.
 *
 * The guard decides on the arguments as `execute` receives them, after the SDK's schema, repair
 * and refinement; the tool gets the frozen canonical ones. A denied call throws, and the SDK shows
 * the model the denial's JSON. `onInputStart` and `onInputDelta` are dropped, `onInputAvailable`
 * runs after a permit. A tool that this guard already protects is returned as it is.
 *
 * The guarded `execute` throws:
 * - {@link PortcullisDeniedError} `ERR_POLICY_DENIED` when the call is denied;
 * - {@link PortcullisDeniedError} `ERR_APPROVAL_REQUIRED` when a person must answer first;
 * - {@link PortcullisToolError} `ERR_TOOL_FAILED` when the tool itself threw;
 * - the reason of the abort signal when the call was aborted.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when the tool has no `execute`, is run by
 * the provider or is the SDK's search tool, and no option permits it.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 * import { tool } from "ai";
 * import { z } from "zod";
 *
 * declare const guard: Guard;
 *
 * const refund = guardTool(
 *   tool({
 *     description: "Refunds an order",
 *     inputSchema: z.object({ order: z.string(), amount: z.number() }),
 *     execute: ({ order, amount }) => `Refunded ${amount} for ${order}.`,
 *   }),
 *   { guard, name: "refund" },
 * );
 * ```
 */
export function guardTool<T extends Tool>(tool: T, options: GuardToolOptions): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy with T's own members
  return wrapTool(tool, options) as T;
}
