import type { RunnableToolLike } from "@langchain/core/runnables";
import type { DynamicTool, StructuredToolInterface } from "@langchain/core/tools";
import { toJsonSchema } from "@langchain/core/utils/json_schema";
import { isInteropZodSchema } from "@langchain/core/utils/types";
import { createGuardRegistry, policyName, PortcullisConfigError } from "@portcullis/core";
import type { Guard, Json, ToolDefinition, ToolOrigin } from "@portcullis/core";
import type { LangGraphOptions } from "./framework-call.ts";

/** Every kind of tool that LangChain can run in this process. */
export type LangChainTool = StructuredToolInterface | DynamicTool | RunnableToolLike;

/** How the policy knows a tool. */
export interface ToolIdentity {
  /** Name in the policy. */
  readonly tool: string;
  readonly origin: ToolOrigin;
  /** What the model sees of it; absent where LangChain cannot say it as JSON Schema. */
  readonly definition?: ToolDefinition;
}

const registry = createGuardRegistry();
const identities: WeakMap<object, ToolIdentity> = new WeakMap();

/** Remembers a guarded tool by identity. */
export function register<T extends object>(guarded: T, guard: Guard, identity: ToolIdentity): T {
  identities.set(guarded, identity);
  return registry.add(guarded, guard);
}

/**
 * Tells whether this very object was guarded by this adapter, with this guard where one is given.
 *
 * A spread, a clone or a tool with another `func` is not guarded.
 *
 * @example
 * ```ts
 * import type { StructuredTool } from "@langchain/core/tools";
 * import type { Guard } from "@portcullis/core";
 *
 * function checkTool(refund: StructuredTool, guard: Guard): boolean {
 *   return isGuarded(guardLangChainTool(refund, { guard }), guard); // true
 * }
 * ```
 */
export function isGuarded(tool: unknown, guard?: Guard): boolean {
  return registry.has(tool, guard);
}

/**
 * Refuses a set of tools that is not wholly guarded; for the moment an agent is built.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a tool is not guarded by this guard.
 *
 * @example
 * ```ts
 * import type { StructuredTool } from "@langchain/core/tools";
 * import type { Guard } from "@portcullis/core";
 *
 * function toolsOf(tools: StructuredTool[], guard: Guard): StructuredTool[] {
 *   assertGuarded(tools, guard);
 *   return tools;
 * }
 * ```
 */
export function assertGuarded(tools: Iterable<unknown>, guard: Guard): void {
  for (const tool of tools) {
    if (isGuarded(tool, guard)) continue;
    const name = String(Reflect.get(Object(tool), "name"));
    throw new PortcullisConfigError(
      "tools",
      `The tool \`${name}\` is not guarded; wrap it with \`guardLangChainTool\`.`,
    );
  }
}

/** How the policy knows a tool, guarded or not. */
export function identify(tool: LangChainTool, options: LangGraphOptions): ToolIdentity {
  const known = identities.get(tool);
  if (known !== undefined) return known;
  const name = policyName(options, tool.name);
  const origin = options.server === undefined ? "local" : "mcp";
  const definition = toDefinition(tool);
  return { tool: name, origin, ...(definition === undefined ? {} : { definition }) };
}

function toDefinition(tool: LangChainTool): ToolDefinition | undefined {
  const { name, description } = tool;
  const schema: unknown = tool.schema;
  try {
    const described = isInteropZodSchema(schema) ? toJsonSchema(schema) : schema;
    const inputSchema: Json = JSON.parse(JSON.stringify(described));
    const text = description === undefined ? {} : { description };
    return Object.freeze({ name, ...text, inputSchema });
  } catch {
    // A pinned tool is then denied, for want of a definition.
    return undefined;
  }
}
