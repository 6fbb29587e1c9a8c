import type { GuardMastraToolOptions, MastraTool } from "./guard-mastra-tool.ts";
import { wrapTool } from "./internal/wrap-tool.ts";

/**
 * Guards every tool of a set, or none: one tool that cannot be guarded refuses the whole set. The
 * policy knows each by its `id`. The returned set is frozen.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` as `guardMastraTool` does, for the first
 * tool concerned.
 *
 * @example
 * ```ts
 * import { Agent } from "@mastra/core/agent";
 * import type { Tool } from "@mastra/core/tools";
 * import type { Guard } from "@portcullis/core";
 *
 * type Settings = ConstructorParameters<typeof Agent>[0];
 *
 * function createAgent(settings: Settings, tools: Record<string, Tool>, guard: Guard) {
 *   return new Agent({ ...settings, tools: guardMastraTools(tools, { guard }) });
 * }
 * ```
 */
export function guardMastraTools<T extends Readonly<Record<string, MastraTool>>>(
  tools: T,
  options: GuardMastraToolOptions,
): T {
  const entries = Object.entries(tools).map(
    ([key, tool]) => [key, wrapTool(tool, key, options)] as const,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys, each a copy of T's
  return Object.freeze(Object.fromEntries(entries)) as T;
}
