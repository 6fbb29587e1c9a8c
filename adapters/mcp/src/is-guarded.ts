import { PortcullisConfigError } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { guarded } from "./internal/registry.ts";

/**
 * Tells whether this very transport, client or server is under a guard, or under this one.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 * import type { Transport } from "@portcullis/mcp";
 *
 * function describe(transport: Transport, guard: Guard) {
 *   return isGuarded(transport, guard); // true for what guardTransport returned
 * }
 * ```
 */
export function isGuarded(value: unknown, guard?: Guard): boolean {
  return guarded.has(value, guard);
}

/**
 * Refuses clients, servers or transports that are not under this guard.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` naming the first that is not.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 * import type { Transport } from "@portcullis/mcp";
 *
 * function connectAll(transports: Record<string, Transport>, guard: Guard) {
 *   assertGuarded(transports, guard);
 * }
 * ```
 */
export function assertGuarded(peers: Readonly<Record<string, unknown>>, guard: Guard): void {
  for (const [name, peer] of Object.entries(peers)) {
    if (guarded.has(peer, guard)) continue;
    throw new PortcullisConfigError("peers", `\`${name}\` is not under this guard.`);
  }
}
