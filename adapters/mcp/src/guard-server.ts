import { guardConnect } from "./internal/guard-connect.ts";
import type { Connectable } from "./internal/guard-connect.ts";
import type { McpServerOptions } from "./mcp-options.ts";

/**
 * Guards every call that reaches this server, whoever registered its handlers and when. Returns
 * the server.
 *
 * `context` says who calls: over HTTP make it a function of `authInfo`, which the HTTP layer has
 * verified; over stdio it is a value. What the client says of itself is never read. With
 * `createMcpHandler` guard inside the factory.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when the server is connected already, or
 * `server` is not a server's key.
 *
 * @example
 * ```ts
 * import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
 * import { trustedPrincipal } from "@portcullis/core";
 * import type { Guard } from "@portcullis/core";
 *
 * declare const guard: Guard;
 * declare function userOf(authInfo: unknown): string;
 *
 * const server = guardServer(new McpServer({ name: "files", version: "1.0.0" }), {
 *   guard,
 *   server: "files",
 *   context: ({ authInfo }) => ({
 *     principal: trustedPrincipal({ agent: { id: "assistant" }, user: { id: userOf(authInfo) } }),
 *   }),
 * });
 * ```
 */
export function guardServer<S extends Connectable>(server: S, options: McpServerOptions): S {
  return guardConnect(server, { ...options, side: "server" });
}
