import { PortcullisConfigError, policyName } from "@portcullis/core";
import { guardTransport } from "../guard-transport.ts";
import type { GuardTransportOptions } from "../guard-transport.ts";
import type { Transport } from "../transport.ts";
import { guarded } from "./registry.ts";

/** A client or server of one of the SDKs. */
export interface Connectable {
  /** Connects it to its other side. */
  connect(transport: Transport): Promise<void>;
}

/** Makes `connect` put the guard into the transport, also that of the server inside an `McpServer`. */
export function guardConnect<T extends Connectable>(peer: T, options: GuardTransportOptions): T {
  policyName(options, "tool");
  if (guarded.has(peer, options.guard)) return peer;
  patch(peer, options);
  const inner: unknown = Reflect.get(peer, "server");
  if (isConnectable(inner)) patch(inner, options);
  return guarded.add(peer, options.guard);
}

function patch(peer: Connectable, options: GuardTransportOptions): void {
  if (Reflect.get(peer, "transport") !== undefined) {
    throw new PortcullisConfigError(
      options.side ?? "client",
      "It is connected already; guard it before `connect`.",
    );
  }
  const connect = peer.connect.bind(peer);
  Object.defineProperty(peer, "connect", {
    configurable: false,
    writable: false,
    value: (transport: Transport, ...rest: []) =>
      connect(guardTransport(transport, options), ...rest),
  });
}

function isConnectable(value: unknown): value is Connectable {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof Reflect.get(value, "connect") === "function"
  );
}
