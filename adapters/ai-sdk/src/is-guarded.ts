import { PortcullisConfigError } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { exempt, guarded } from "./internal/registry.ts";

/**
 * Tells whether this very object is a tool or model that `guardTool`, `guardTools` or
 * `guardModel` returned; a clone or spread of it is not.
 *
 * With `guard` only an object under that guard counts.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 * import type { Tool } from "ai";
 *
 * function describe(tool: Tool, guard: Guard) {
 *   return [isGuarded(tool, guard), isGuarded({ ...tool })]; // [true, false] for a guarded tool
 * }
 * ```
 */
export function isGuarded(value: unknown, guard?: Guard): boolean {
  return guarded.has(value, guard);
}

/**
 * Refuses a tool set in which any tool is not under this guard.
 *
 * Call it where tools come together: in the constructor of an agent, on the result of
 * `prepareCall`, on the tools of a sub-agent. A tool that `clientTools` or `providerTools`
 * permitted when it was wrapped passes.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when a tool is not guarded by `guard`.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 * import { ToolLoopAgent } from "ai";
 * import type { LanguageModel, ToolSet } from "ai";
 *
 * function createAgent(model: LanguageModel, tools: ToolSet, guard: Guard) {
 *   assertGuarded(tools, guard);
 *   return new ToolLoopAgent({ model, tools });
 * }
 * ```
 */
export function assertGuarded(tools: Readonly<Record<string, unknown>>, guard: Guard): void {
  for (const [name, tool] of Object.entries(tools)) {
    if (guarded.has(tool, guard) || exempt.has(tool, guard)) continue;
    throw new PortcullisConfigError(
      "tools",
      `The tool \`${name}\` is not under this guard; pass it through \`guardTool\` first.`,
    );
  }
}
