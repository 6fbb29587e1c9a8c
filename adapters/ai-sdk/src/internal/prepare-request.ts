import { isPermittedName, policyName } from "@portcullis/core";
import type { ContextInput } from "@portcullis/core";
import { toToolDefinition } from "./describe-tool.ts";
import type { Definition, GuardModelOptions, GuardedRequest, ModelCall } from "./model-types.ts";
import { policyTools } from "./registry.ts";
import type { PolicyTool } from "./registry.ts";

/** Withholds tools and redacts messages before the model is asked. */
export async function prepareRequest(
  call: ModelCall,
  options: GuardModelOptions,
): Promise<GuardedRequest> {
  const { guard, providerTools } = options;
  const { tools: offered = [], toolChoice, prompt, ...rest } = call.params;
  // A context function that throws gives no identity: then nothing is visible.
  const context = await findContext(call, options).catch(() => undefined);
  const visible = await findVisible(offered, context, options);
  const tools = await guard.redact(
    offered.filter((definition) => visible.has(definition)),
    context,
  );
  const names = new Set(tools.map(({ name }) => name));
  const lost = toolChoice?.type === "tool" && !names.has(toolChoice.toolName);
  const choice = lost ? ({ type: "auto" } as const) : toolChoice;
  const params = { ...rest, prompt: await guard.redact(prompt, context) };
  const choosing = choice === undefined ? { tools } : { tools, toolChoice: choice };
  return {
    context,
    params: tools.length === 0 ? params : { ...params, ...choosing },
    mayProviderRun: (name) =>
      isPermittedName("providerTools", providerTools, name) &&
      (names.has(name) || offered.every((definition) => definition.name !== name)),
  };
}

async function findContext(
  call: ModelCall,
  { guard, context }: GuardModelOptions,
): Promise<ContextInput | undefined> {
  if (context === undefined) return guard.currentScope()?.context;
  return typeof context === "function" ? context(call) : context;
}

async function findVisible(
  definitions: readonly Definition[],
  context: ContextInput | undefined,
  options: GuardModelOptions,
): Promise<ReadonlySet<Definition>> {
  const asked = definitions.map(async (definition) => {
    const tool = toPolicyTool(definition, options);
    if (tool === undefined) return [];
    const { origin, name } = tool;
    const presented = [toToolDefinition(definition, definition.name)];
    const shown = await options.guard.visibleTools(presented, context, {
      origin,
      nameOf: () => name,
    });
    return shown.length === 0 ? [] : [definition];
  });
  return new Set((await Promise.all(asked)).flat());
}

/** Undefined for a tool that the provider runs and no option permits. */
function toPolicyTool(
  { name, type }: Definition,
  options: GuardModelOptions,
): Omit<PolicyTool, "providerDefined"> | undefined {
  const { tools = {}, server, providerTools } = options;
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  const known = tool && policyTools.get(tool);
  if (type === "provider" && known?.providerDefined !== true) {
    const permitted = isPermittedName("providerTools", providerTools, name);
    return permitted ? { name, origin: "provider" } : undefined;
  }
  const origin = server === undefined ? "local" : "mcp";
  return known ?? { name: policyName(options, name), origin };
}
