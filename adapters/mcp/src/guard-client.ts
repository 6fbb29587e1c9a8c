import { guardConnect } from "./internal/guard-connect.ts";
import type { Connectable } from "./internal/guard-connect.ts";
import type { McpServerOptions } from "./mcp-options.ts";

/**
 * Guards whatever this client connects to: its `connect` puts the guard into the transport, so
 * that tools, raw requests and what the server asks back are all decided. Returns the client.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when the client is connected already, or
 * `server` is not a server's key.
 *
 * @example
 * ```ts
 * import { Client } from "@modelcontextprotocol/sdk/client/index.js";
 * import type { ContextInput, Guard } from "@portcullis/core";
 *
 * declare const guard: Guard;
 * declare const context: ContextInput;
 *
 * const client = guardClient(new Client({ name: "assistant", version: "1.0.0" }), {
 *   guard,
 *   context,
 *   server: "github",
 * });
 * ```
 */
export function guardClient<C extends Connectable>(client: C, options: McpServerOptions): C {
  return guardConnect(client, { ...options, side: "client" });
}
