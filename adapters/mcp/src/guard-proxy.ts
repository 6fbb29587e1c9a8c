import { policyName, PortcullisConfigError } from "@portcullis/core";
import { createRouter } from "./internal/proxy/router.ts";
import type { McpOptions } from "./mcp-options.ts";
import type { Transport } from "./transport.ts";

/** Options of {@link guardProxy}. */
export interface GuardProxyOptions extends McpOptions {
  /**
   * The servers by their configured keys, each as a function that makes an unconnected client
   * transport: called when a client connects, and again when the server has ended.
   */
  readonly upstreams: Readonly<Record<string, () => Transport>>;
}

/** Stands between clients and servers that know nothing of it. */
export interface GuardProxy {
  /** Serves one client on this server transport, with connections of its own to every server. */
  connect(downstream: Transport): Promise<void>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Makes a proxy that decides every message between clients and servers, without a change on either
 * side.
 *
 * With one upstream all names stay as they are. With several, tools and prompts are exposed as
 * `<server>__<name>`, and lists are joined. A server that ends is started again with the next
 * message; what was open is answered with an error. Calls are decided as by {@link guardTransport}.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when there is no upstream, or a key is not
 * a server's key.
 *
 * @example
 * ```ts
 * import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
 * import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
 * import type { ContextInput, Guard } from "@portcullis/core";
 *
 * declare const guard: Guard;
 * declare const context: ContextInput;
 *
 * const proxy = guardProxy({
 *   guard,
 *   context,
 *   upstreams: { files: () => new StdioClientTransport({ command: "files-server" }) },
 * });
 * await proxy.connect(new StdioServerTransport());
 * ```
 */
export function guardProxy(options: GuardProxyOptions): GuardProxy {
  const servers = Object.keys(options.upstreams);
  if (servers.length === 0) {
    throw new PortcullisConfigError("upstreams", "`upstreams` needs at least one server.");
  }
  for (const server of servers) policyName({ server }, "tool");
  const routers = new Set<ReturnType<typeof createRouter>>();
  return {
    async connect(downstream) {
      const router = createRouter(downstream, {
        ...options,
        onClose: () => routers.delete(router),
      });
      routers.add(router);
      await downstream.start();
    },
    async close() {
      await Promise.all([...routers].map((router) => router.close()));
    },
  };
}
