export { compareWithLock } from "./mcp/compare-with-lock.ts";
export { createLockInspector } from "./mcp/lock-inspector.ts";
export { diffDefinitions } from "./mcp/diff-definitions.ts";
export { parseToolLock } from "./mcp/parse-tool-lock.ts";
export { approveTool, EMPTY_LOCK, pinTools } from "./mcp/pin-tools.ts";
export { scanDefinition } from "./mcp/scan-definition.ts";
export { formatToolLock } from "./mcp/tool-lock.ts";

export type { ComparedTool, PresentedTool } from "./mcp/compare-with-lock.ts";
export type { DefinitionChange } from "./mcp/diff-definitions.ts";
export type { LockInspector } from "./mcp/lock-inspector.ts";
export type { PinnedResult, PinnedTools, PinOptions } from "./mcp/pin-tools.ts";
export type { ScannedDefinition } from "./mcp/scan-definition.ts";
export type {
  LockOptions,
  PinnedServer,
  PinnedTool,
  ServerIdentity,
  ToolLock,
} from "./mcp/tool-lock.ts";
