export { guardClient } from "./guard-client.ts";
export { guardProxy } from "./guard-proxy.ts";
export { guardServer } from "./guard-server.ts";
export { guardTransport } from "./guard-transport.ts";
export { assertGuarded, isGuarded } from "./is-guarded.ts";

export type { Connectable } from "./internal/guard-connect.ts";
export type { GuardProxy, GuardProxyOptions } from "./guard-proxy.ts";
export type { GuardTransportOptions } from "./guard-transport.ts";
export type { McpCall, McpOptions, McpServerOptions } from "./mcp-options.ts";
export type {
  JsonRpcMessage,
  MessageExtra,
  MessageHandler,
  RequestId,
  SendOptions,
  Transport,
} from "./transport.ts";
