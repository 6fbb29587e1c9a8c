import {
  DynamicStructuredTool,
  DynamicTool,
  isRunnableToolLike,
  StructuredTool,
  Tool,
} from "@langchain/core/tools";
import type { StructuredToolInterface } from "@langchain/core/tools";
import type { RunnableToolLike } from "@langchain/core/runnables";
import { isPermittedName, PortcullisConfigError } from "@portcullis/core";
import type { LangGraphOptions } from "./framework-call.ts";
import { guardExecutable } from "./guard-executable.ts";
import type { Executable } from "./guard-executable.ts";
import { identify, isGuarded, register } from "./guarded-tools.ts";
import type { LangChainTool } from "./guarded-tools.ts";

/** Methods through which LangChain and applications start a tool; all end in `_call`. */
const ENTRY_POINTS = [
  "invoke",
  "call",
  "stream",
  "batch",
  "transform",
  "_streamIterator",
  "streamEvents",
  "streamLog",
] as const;

const STOCK: readonly object[] = [StructuredTool, Tool, DynamicTool, DynamicStructuredTool].map(
  ({ prototype }): object => prototype,
);

/**
 * Guards one LangChain tool: every way to run it leads through the guard.
 *
 * The result is a frozen copy of the same class with the same name, description and schema; a
 * runnable that was turned into a tool becomes a `DynamicStructuredTool`. The original stays as it
 * is, so keep no other use of it. Guarding a guarded tool again changes nothing.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the tool runs on the client, is no tool of
 * this copy of LangChain, or replaces LangChain's own `invoke` or another entry point.
 *
 * @example
 * ```ts
 * import { tool } from "@langchain/core/tools";
 * import type { Guard } from "@portcullis/core";
 * import { z } from "zod";
 *
 * const refund = tool(async ({ order }) => `refunded ${order}`, {
 *   name: "refund",
 *   schema: z.object({ order: z.string() }),
 * });
 * const toolsFor = (guard: Guard) => [guardLangChainTool(refund, { guard })];
 * ```
 */
export function guardLangChainTool<T extends LangChainTool>(tool: T, options: LangGraphOptions): T {
  if (isGuarded(tool, options.guard)) return tool;
  const identity = identify(tool, options);
  refuseClientTool(tool, options);
  const guard = (run: Executable): Executable =>
    guardExecutable(
      run,
      {
        ...identity,
        name: tool.name,
        isPair: "responseFormat" in tool && tool.responseFormat === "content_and_artifact",
      },
      options,
    );
  const guarded = isRunnableToolLike(tool) ? fromRunnable(tool, guard) : cloneTool(tool, guard);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a copy of the same class, or LangChain's own stand-in
  return register(Object.freeze(guarded) as T, options.guard, identity);
}

function fromRunnable(
  tool: RunnableToolLike,
  guard: (run: Executable) => Executable,
): StructuredToolInterface {
  const { name, description = "", schema } = tool;
  const run = guard((input, _runManager, config) => {
    if (typeof input === "object" && input !== null && Object.hasOwn(input, "type")) {
      // `invoke` would take it for a tool call and run what stands in its `args`.
      if (Reflect.get(input, "type") === "tool_call") {
        throw new TypeError("An argument `type` of a runnable may not be `tool_call`.");
      }
    }
    return tool.invoke(input, config);
  });
  const func = async (...args: Parameters<Executable>): Promise<unknown> => run(...args);
  return new DynamicStructuredTool({ name, description, schema, func });
}

function cloneTool(tool: object, guard: (run: Executable) => Executable): object {
  for (const entry of ENTRY_POINTS) {
    if (!isStock(tool, entry)) throw unsupported(`does not have LangChain's own \`${entry}\``);
  }
  // Each runs on the original, so that one call is one decision whichever of them is called.
  const call = method(tool, "_call");
  const func = method(tool, "func");
  if (call === undefined) throw unsupported("has no `_call`");
  const copy = {
    ...Object.getOwnPropertyDescriptors(tool),
    _call: { value: guard(call) },
  };
  const prototype: object = Object.getPrototypeOf(tool);
  if (func === undefined) return Object.create(prototype, copy);
  const guarded = guard(func);
  // LangChain keeps what a tool was made of, with the function in it.
  const parts: object = { ...Reflect.get(tool, "lc_kwargs"), func: guarded };
  return Object.create(prototype, {
    ...copy,
    func: { value: guarded },
    lc_kwargs: { value: parts, enumerable: true },
  });
}

function method(tool: object, name: string): Executable | undefined {
  const found: unknown = Reflect.get(tool, name);
  if (typeof found !== "function") return undefined;
  return (...args) => Reflect.apply(found, tool, args);
}

function isStock(tool: object, entry: string): boolean {
  const found: unknown = Reflect.get(tool, entry);
  return STOCK.some((prototype) => Reflect.get(prototype, entry) === found);
}

function refuseClientTool(tool: object, options: LangGraphOptions): void {
  const metadata: unknown = Reflect.get(tool, "metadata");
  if (typeof metadata !== "object" || metadata === null) return;
  const isHeadless =
    Object.hasOwn(metadata, "headlessTool") && Reflect.get(metadata, "headlessTool");
  const name: unknown = Reflect.get(tool, "name");
  if (!isHeadless || isPermittedName("clientTools", options.clientTools, String(name))) return;
  throw new PortcullisConfigError(
    "clientTools",
    "A headless tool runs on the client, where nothing guards it; permit it by name with a reason.",
  );
}

function unsupported(problem: string): PortcullisConfigError {
  return new PortcullisConfigError(
    "tool",
    `The tool ${problem}; make it with \`tool()\` of the one copy of LangChain that is installed.`,
  );
}
