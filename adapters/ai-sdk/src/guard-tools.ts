import type { ToolSet } from "ai";
import type { GuardToolsOptions } from "./guard-tool.ts";
import { wrapTool } from "./internal/wrap-tool.ts";

/**
 * Guards every tool of a set, or none: one tool that cannot be guarded refuses the whole set.
 *
 * The key of a tool is its name. The returned set is frozen.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` as `guardTool` does, for the first tool
 * concerned.
 *
 * @example
 * ```ts
 * import type { ContextInput, Guard } from "@portcullis/core";
 * import { generateText } from "ai";
 * import type { LanguageModel, ToolSet } from "ai";
 *
 * declare const guard: Guard;
 * declare const context: ContextInput;
 * declare const model: LanguageModel;
 * declare const tools: ToolSet;
 *
 * await generateText({ model, tools: guardTools(tools, { guard, context }), prompt: "Go on." });
 * ```
 */
export function guardTools<T extends ToolSet>(tools: T, options: GuardToolsOptions): T {
  const entries = Object.entries(tools).map(
    ([name, tool]) => [name, wrapTool(tool, { ...options, name })] as const,
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys, each a copy of T's
  return Object.freeze(Object.fromEntries(entries)) as T;
}
