import type { Json, JsonObject } from "./json.ts";

/** Where a tool comes from: this process, an MCP server, or the model's provider. */
export type ToolOrigin = "local" | "mcp" | "provider";

/**
 * A tool definition as a model sees it. Every member, also unknown ones, is part of its digest.
 */
export interface ToolDefinition {
  /** Registered name, exact code points. */
  readonly name: string;
  /** Text for the model. */
  readonly description?: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema?: Json;
  /** Whatever else the framework or server says about the tool. */
  readonly [member: string]: Json | undefined;
}

/** The frozen, canonical arguments that were decided on: an object of plain JSON. */
export type CanonicalArgs = JsonObject;

/** What an adapter may hold against a call; each is its own denial code. */
export type CallVeto =
  | "tool-unguarded"
  | "definition-unknown"
  | "definition-changed"
  | "definition-stale"
  | "header-mismatch"
  | "continuation-invalid";

/**
 * One call that a model asks for, as an adapter hands it to the guard.
 *
 * `tool` is what XACML, Cedar and AuthZEN call the action.
 */
export interface ToolCall {
  /** The framework's call id; not assumed to be unique. */
  readonly callId: string;
  /** Registered tool name, or `mcp:<configured server>/<tool>` if and only if `origin` is `mcp`. */
  readonly tool: string;
  /** Arguments as they came; read once, by stage 3. */
  readonly args: unknown;
  /** The definition the model saw; required when the catalogue pins the tool. */
  readonly definition?: ToolDefinition;
  /** Default `local`. */
  readonly origin?: ToolOrigin;
  /** The call during which this one was made. */
  readonly parentCallId?: string;
  /** Asks for a human's approval whatever the policy says; it only narrows. */
  readonly requireApproval?: boolean;
  /** What stands against the call on its way, whatever the policy says; it only narrows. */
  readonly veto?: CallVeto;
  /** Recognises the framework's own pause, which passes through the guard untouched. */
  isSuspension?(error: unknown): boolean;
}
