import type { ToolDefinition } from "../tool-call.ts";
import type { Awaitable } from "./runtime.ts";

/** One thing that an inspection found in a tool definition. */
export interface DefinitionFinding {
  /** Behaviour that the rule looks for, kebab-case; stable. */
  readonly rule: string;
  /** `info` says something, `warning` makes suspicious, `error` poisoned. */
  readonly severity: "info" | "warning" | "error";
  /** RFC 6901 pointer into the definition. */
  readonly path: string;
  /** For people; never the definition's own words. */
  readonly message: string;
}

/** What an inspection of a tool definition found. */
export interface DefinitionVerdict {
  /**
   * Only `clean` lets a tool pass by itself. `suspicious` needs a pin in the policy, `changed` and
   * `unknown` are about an approved definition, `stale` waits for a new list, and `poisoned` never
   * passes.
   */
  readonly verdict: "clean" | "suspicious" | "poisoned" | "changed" | "unknown" | "stale";
  readonly findings: readonly DefinitionFinding[];
}

/** Where a definition was met: in a list of tools, or beside a call. */
export type DefinitionMoment = "list" | "call";

/**
 * Inspects tool definitions: each one each time that it is listed, and again at every call.
 *
 * A throw, a verdict that is none of the above, or no answer within a second refuses the tool with
 * `definition-unavailable`.
 */
export interface DefinitionInspector {
  /** `tool` is the policy's name, for a server's tool `mcp:<configured server>/<tool>`. */
  inspect(
    tool: string,
    definition: ToolDefinition,
    moment: DefinitionMoment,
  ): Awaitable<DefinitionVerdict>;
}
