export { guardHooks } from "./guard-hooks.ts";
export { guardMastraTool } from "./guard-mastra-tool.ts";
export { guardMastraTools } from "./guard-mastra-tools.ts";
export { guardProcessor } from "./guard-processor.ts";
export { assertGuarded, isGuarded } from "./is-guarded.ts";

export type { GuardHooksOptions } from "./guard-hooks.ts";
export type { GuardMastraToolOptions, MastraTool } from "./guard-mastra-tool.ts";
export type { GuardProcessor } from "./guard-processor.ts";
export type { MastraCall, MastraOptions } from "./framework-call.ts";
