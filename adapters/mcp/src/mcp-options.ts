import { resolveContext } from "@portcullis/core";
import type { AdapterOptions, ContextCall, ContextInput } from "@portcullis/core";

/** What a context function is told about a message, besides tool, arguments and call id. */
export interface McpCall {
  /** Configured key of the server. */
  readonly server: string;
  /** The protocol's method, such as `tools/call`. */
  readonly method: string;
  /** What the HTTP server in front of a guarded server verified; undefined elsewhere. */
  readonly authInfo: unknown;
  /** `_meta["portcullis/task-token"]`, unverified: give it on as `token`, which the guard verifies. */
  readonly taskToken: string | undefined;
}

/** Options that all functions of this adapter take. */
export type McpOptions = Pick<AdapterOptions<McpCall>, "guard" | "context">;

/** Options of one guarded connection. */
export interface McpServerOptions extends McpOptions {
  /** Configured key of the server, as `github`; never the name that a peer announces. */
  readonly server: string;
}

/**
 * Finds the context of one message: the option, else the scope of the call during which it is
 * sent; the session, where none is named, is one for each guard, server and principal. A context
 * function that throws gives no identity, which the guard denies.
 */
export async function contextOf(
  options: McpServerOptions,
  call: ContextCall & McpCall,
): Promise<ContextInput | undefined> {
  try {
    return await resolveContext(options, call, { thread: `mcp:${options.server}` });
  } catch {
    return undefined;
  }
}
