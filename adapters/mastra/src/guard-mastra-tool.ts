import type { MastraOptions } from "./framework-call.ts";
import { wrapTool } from "./internal/wrap-tool.ts";

/** A tool as Mastra's agents and workflows take it; its other members are read as data. */
export interface MastraTool {
  readonly id: string;
}

/** Options of {@link guardMastraTool}. */
export interface GuardMastraToolOptions extends MastraOptions {
  /**
   * Permits a tool that suspends and resumes, with the reason why that is right. The data with
   * which it goes on can be written by a model, so every resumed call waits for an approval.
   */
  readonly resume?: { readonly reason: string };
}

/**
 * Gives a frozen copy of a tool that runs only when the guard permits the call; the policy knows
 * it by its `id`.
 *
 * The guard decides on the arguments as the tool's own schema leaves them, and the tool gets
 * exactly those. A denied call throws: an agent shows its model the denial, a workflow ends as
 * failed. A call that needs a person pauses the run; only an answer proven to the guard grants.
 *
 * The guarded `execute` throws:
 * - `PortcullisDeniedError` `ERR_POLICY_DENIED` when the call is denied;
 * - `PortcullisDeniedError` `ERR_APPROVAL_REQUIRED` when a person must answer first;
 * - `PortcullisToolError` `ERR_TOOL_FAILED` when the tool itself threw;
 * - the reason of the abort signal when the call was aborted.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when the tool has no `execute`, is run by
 * the provider, or can be resumed, and no option permits it.
 *
 * @example
 * ```ts
 * import { createTool } from "@mastra/core/tools";
 * import type { Guard } from "@portcullis/core";
 * import { z } from "zod";
 *
 * const refund = createTool({
 *   id: "refund",
 *   description: "Refunds an order",
 *   inputSchema: z.object({ order: z.string() }),
 *   execute: async ({ order }) => `refunded ${order}`,
 * });
 * const guardedBy = (guard: Guard) => guardMastraTool(refund, { guard });
 * ```
 */
export function guardMastraTool<T extends MastraTool>(tool: T, options: GuardMastraToolOptions): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy with T's own members
  return wrapTool(tool, tool.id, options) as T;
}
