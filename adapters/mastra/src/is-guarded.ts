import { PortcullisConfigError } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { exempt, guarded } from "./internal/registry.ts";

/**
 * Tells whether this very object is a tool that `guardMastraTool` or `guardMastraTools` returned;
 * a clone or spread of it is not.
 *
 * With `guard` only an object under that guard counts.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 *
 * function describe(tool: object, guard: Guard) {
 *   return [isGuarded(tool, guard), isGuarded({ ...tool })]; // [true, false] for a guarded tool
 * }
 * ```
 */
export function isGuarded(value: unknown, guard?: Guard): boolean {
  return guarded.has(value, guard);
}

/**
 * Refuses a tool set in which any tool is not under this guard; call it on the tools of every
 * sub-agent, and on toolsets that are given to a run.
 *
 * A tool that `clientTools` or `providerTools` permitted when it was wrapped passes.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when a tool is not guarded by `guard`.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 *
 * function join(tools: Readonly<Record<string, object>>, guard: Guard) {
 *   assertGuarded(tools, guard);
 *   return tools;
 * }
 * ```
 */
export function assertGuarded(tools: Readonly<Record<string, unknown>>, guard: Guard): void {
  for (const [name, tool] of Object.entries(tools)) {
    if (guarded.has(tool, guard) || exempt.has(tool, guard)) continue;
    throw new PortcullisConfigError(
      "tools",
      `The tool \`${name}\` is not under this guard; pass it through \`guardMastraTool\` first.`,
    );
  }
}
