import type { ToolDefinition } from "../tool-call.ts";

/** What an inspection of a tool definition found. */
export interface DefinitionVerdict {
  readonly verdict: "clean" | "suspicious" | "poisoned" | "changed" | "unknown";
  readonly findings: readonly {
    readonly rule: string;
    readonly severity: "info" | "warning" | "error";
    /** RFC 6901 pointer into the definition. */
    readonly path: string;
    readonly message: string;
  }[];
}

/** Inspects tool definitions; a throw counts as `poisoned`. */
export interface DefinitionInspector {
  inspect(tool: string, definition: ToolDefinition): DefinitionVerdict;
}
