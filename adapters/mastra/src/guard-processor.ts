import type { Processor } from "@mastra/core/processors";
import { isPermittedName, policyName, recordRefusal } from "@portcullis/core";
import type { ContextInput } from "@portcullis/core";
import { readMember, resolveCallContext, textOf } from "./framework-call.ts";
import type { MastraOptions } from "./framework-call.ts";
import { guardExecute } from "./internal/guard-execute.ts";
import { readUsage } from "./internal/read-usage.ts";
import { guarded, isCallable, knownBy } from "./internal/registry.ts";
import type { KnownTool, PolicyTool } from "./internal/registry.ts";
import { copyTool, findObstacle } from "./internal/wrap-tool.ts";

/** What the model was offered in this step, in the processor's own state. */
const OFFERED = "portcullis.offered";

type InputStep = NonNullable<Processor["processInputStep"]>;
type StepArgs = Parameters<InputStep>[0];

/** What {@link guardProcessor} gives. */
export type GuardProcessor = Processor<"portcullis"> &
  Required<Pick<Processor, "processInputStep" | "processLLMRequest" | "processLLMResponse">>;

/**
 * Gives a processor that withholds tools which the principal may not use, guards every tool that
 * comes along unguarded, redacts prompts, and reports token use. Put it last in `inputProcessors`.
 *
 * It is a second layer: a run can replace processors, so guard the tools themselves as well. A
 * tool that is guarded already is decided once. Tools without `execute` run on the client or at
 * the provider; they are dropped unless `clientTools` or `providerTools` names them.
 *
 * @example
 * ```ts
 * import { Agent } from "@mastra/core/agent";
 * import type { Guard } from "@portcullis/core";
 *
 * type Settings = ConstructorParameters<typeof Agent>[0];
 *
 * function createAgent(settings: Settings, guard: Guard) {
 *   return new Agent({ ...settings, inputProcessors: [guardProcessor({ guard })] });
 * }
 * ```
 */
export function guardProcessor(options: MastraOptions): GuardProcessor {
  const { guard } = options;
  // Mastra writes a member of its own into it.
  return {
    id: "portcullis",
    name: "Portcullis",
    async processInputStep(step: StepArgs) {
      const { tools = {}, toolChoice, activeTools, requestContext, state } = step;
      const context = await contextOf(options, requestContext);
      const entries: (readonly [string, object])[] = [];
      for (const [key, tool] of Object.entries(tools)) {
        if (typeof tool !== "object" || tool === null) continue;
        const shown = await toShown(key, tool, { options, context });
        if (shown !== undefined) entries.push([key, shown]);
      }
      const names = new Set(entries.map(([key]) => key));
      state[OFFERED] = names;
      const forced = readMember(toolChoice, "toolName");
      const isLost = entries.length === 0 || (typeof forced === "string" && !names.has(forced));
      return {
        tools: Object.fromEntries(entries),
        ...(toolChoice === undefined ? {} : { toolChoice: isLost ? "auto" : toolChoice }),
        ...(activeTools === undefined
          ? {}
          : { activeTools: activeTools.filter((name) => names.has(name)) }),
      };
    },
    async processLLMRequest({ prompt, requestContext }) {
      const context = await contextOf(options, requestContext);
      return { prompt: await guard.redact(prompt, context) };
    },
    async processLLMResponse({ chunks, fromCache, requestContext, state }) {
      const context = await contextOf(options, requestContext);
      await recordHidden(chunks, state[OFFERED], { options, context });
      if (context === undefined || fromCache) return;
      await guard.reportUsage(context, readUsage(chunks));
    },
  };
}

async function contextOf(
  options: MastraOptions,
  requestContext: StepArgs["requestContext"],
): Promise<ContextInput | undefined> {
  return resolveCallContext(options, { tool: "", args: {}, callId: "" }, { requestContext });
}

/**
 * Puts on record that a model called what it was not offered; Mastra answers such a call itself
 * and asks no tool.
 */
async function recordHidden(
  chunks: Parameters<GuardProcessor["processLLMResponse"]>[0]["chunks"],
  offered: unknown,
  { options, context }: Viewer,
): Promise<void> {
  for (const { type, payload } of chunks) {
    const name = textOf(readMember(payload, "toolName"));
    if (type !== "tool-call" || name === undefined) continue;
    if (offered instanceof Set && offered.has(name)) continue;
    const origin = options.server === undefined ? "local" : "mcp";
    const tool = origin === "local" ? name : policyName(options, name);
    const callId = textOf(readMember(payload, "toolCallId")) ?? crypto.randomUUID();
    const args = readMember(payload, "args") ?? {};
    await recordRefusal(options.guard, { callId, tool, args, origin }, context);
  }
}

interface Viewer {
  readonly options: MastraOptions;
  readonly context: ContextInput | undefined;
}

/** A tool as this step may have it; undefined for one that is withheld. */
async function toShown(key: string, tool: object, viewer: Viewer): Promise<object | undefined> {
  const { options, context } = viewer;
  const execute = readMember(tool, "execute");
  const known = findKnown(tool, options);
  const { name, origin } = known ?? nameOf(key, tool, options);
  const obstacle = findObstacle(tool);
  if (obstacle !== undefined || !isCallable(execute)) {
    const option = obstacle?.option ?? "clientTools";
    if (!isPermittedName(option, options[option], key)) return undefined;
  }
  const presented = [{ name: key }];
  const visible = await options.guard.visibleTools(presented, context, {
    origin,
    nameOf: () => name,
  });
  if (visible.length === 0) return undefined;
  if (!isCallable(execute) || guarded.has(tool, options.guard)) return tool;
  const run = guardExecute({
    inner: tool,
    execute,
    name,
    origin,
    options,
    schema:
      known === undefined
        ? (readMember(tool, "inputSchema") ?? readMember(tool, "parameters"))
        : readMember(known.original, "inputSchema"),
    definition: undefined,
    isOuter: true,
  });
  return copyTool(tool, { execute: run });
}

/** The guarded tool of which Mastra has built this object, by the function it kept. */
function findKnown(tool: object, { guard }: MastraOptions): KnownTool | undefined {
  const gate = readMember(tool, "needsApprovalFn") ?? readMember(tool, "requireApproval");
  const known = isCallable(gate) ? knownBy.get(gate) : undefined;
  return known?.guard === guard ? known : undefined;
}

function nameOf(key: string, tool: object, options: MastraOptions): PolicyTool {
  const id = textOf(readMember(tool, "id")) ?? key;
  return { name: policyName(options, id), origin: options.server === undefined ? "local" : "mcp" };
}
