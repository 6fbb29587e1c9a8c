import type { ContextInput } from "@portcullis/core";
import type { McpServerOptions } from "../mcp-options.ts";
import type { JsonRpcMessage, MessageExtra, SendOptions } from "../transport.ts";
import type { Definitions } from "./definitions.ts";

/** What comes beside a message, in either direction. */
export type Beside = SendOptions & MessageExtra;

/** Both ends of a guarded connection, and what it knows. */
export interface Connection extends McpServerOptions {
  /** Hands a message to the server. */
  readonly toServer: (message: JsonRpcMessage, beside: Beside) => Promise<void>;
  /** Hands a message to the client. */
  readonly toClient: (message: JsonRpcMessage, beside: Beside) => Promise<void>;
  /** Whether what the server asks of its client is decided; the server's own side lets it pass. */
  readonly decidesReverse: boolean;
  readonly definitions: Definitions;
  /** The negotiated protocol version, where requests do not name their own. */
  readonly version: () => string | undefined;
}

/** The same context, aborted also by this signal. */
export function withSignal(
  context: ContextInput | undefined,
  signal: AbortSignal,
): ContextInput | undefined {
  if (context === undefined) return undefined;
  const both = context.signal === undefined ? signal : AbortSignal.any([context.signal, signal]);
  return { ...context, signal: both };
}
