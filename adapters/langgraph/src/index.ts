export { assertGuarded, isGuarded } from "./guarded-tools.ts";
export { guardLangChainTool } from "./guard-langchain-tool.ts";
export { guardNode } from "./guard-node.ts";
export { guardToolNode } from "./guard-tool-node.ts";
export { hasToolCalls } from "./has-tool-calls.ts";
export type { LangGraphCall, LangGraphOptions } from "./framework-call.ts";
export type {
  ApprovalInterrupt,
  ApprovalPrompt,
  GuardNode,
  GuardNodeOptions,
} from "./guard-node.ts";
export type { GuardToolNodeOptions } from "./guard-tool-node.ts";
export type { LangChainTool } from "./guarded-tools.ts";
export type { RecordedResult, ResultLedger } from "./result-ledger.ts";
