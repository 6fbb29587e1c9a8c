export { guardModel } from "./guard-model.ts";
export type { GuardModelOptions, LanguageModelV4, ModelCall } from "./guard-model.ts";
export { guardTool } from "./guard-tool.ts";
export type { GuardToolOptions, GuardToolsOptions } from "./guard-tool.ts";
export { guardTools } from "./guard-tools.ts";
export { assertGuarded, isGuarded } from "./is-guarded.ts";
export type { ToolCallDetails } from "./internal/guard-execute.ts";
