import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { callsOf, createHarness } from "@portcullis/testkit";
import type {
  AdapterHarness,
  CallOutput,
  HarnessMode,
  ModelCall,
  Observation,
  Scenario,
} from "@portcullis/testkit";
import { z } from "zod";
import { guardMastraTools, guardProcessor } from "../../src/index.ts";
import { agentOf, requestContextOf } from "./agent.ts";

type EntryPoint = "generate" | "stream" | "workflow";
type Tools = Record<string, ReturnType<typeof createTool>>;

/** Drives one entry point through the bypass vectors. */
export function harnessOf(entryPoint: EntryPoint): AdapterHarness {
  return createHarness({
    name: "mastra",
    letters: ["M"],
    entryPoint,
    runTurns: (scenario, mode) =>
      entryPoint === "workflow"
        ? runWorkflows(scenario, mode)
        : runAgent(scenario, mode, entryPoint),
    callDirectly,
  });
}

/** The agent's tools, by name; Mastra takes JSON Schemas as they are. */
function toolsOf({ title, tools, guard, context }: Scenario, mode: HarnessMode): Tools {
  // Mastra's own check gives up on some of the exotic arguments.
  const isUnchecked = title.startsWith("V60 ");
  const plain = Object.fromEntries(
    tools.map(({ name, description, input, execute }) => {
      const bare = {
        id: name,
        description,
        // In the control nobody aborts, and a body that waits for its signal must not hang.
        execute: async (args: unknown, frame?: { readonly abortSignal?: AbortSignal }) =>
          execute(args, mode === "guarded" ? frame?.abortSignal : undefined),
      };
      const inputSchema = structuredClone(input) as never;
      const checked = createTool({ ...bare, inputSchema, outputSchema: z.any() });
      return [name, isUnchecked ? bare : checked];
    }),
  ) as Tools;
  if (mode === "unguarded") return plain;
  // Pauses have tests of their own; here a call that needs an approval is answered at once.
  const given = context === undefined ? {} : { context };
  return guardMastraTools(plain, { guard, approvals: "deny", ...given });
}

async function runAgent(
  scenario: Scenario,
  mode: HarnessMode,
  entryPoint: EntryPoint,
): Promise<Observation> {
  const { guard, context, signal: abortSignal } = scenario;
  const options = { guard, ...(context === undefined ? {} : { context }) };
  // The tools alone have to hold; the processor is there where what is offered counts.
  const isHiding = mode === "guarded" && scenario.attack.kind === "call-hidden";
  const settings = isHiding ? { inputProcessors: [guardProcessor(options)] } : {};
  const { agent, model } = agentOf({
    tools: toolsOf(scenario, mode),
    turns: scenario.turns,
    settings,
    before: (index) => scenario.beforeTurn(index),
  });
  const settled: object = { abortSignal, maxSteps: 5, requestContext: requestContextOf(undefined) };
  let error: unknown;
  try {
    await (entryPoint === "generate"
      ? agent.generate("go", settled)
      : agent.stream("go", settled).then((output) => output.consumeStream()));
  } catch (cause) {
    error = cause;
  }
  const requests = [...model.doGenerateCalls, ...model.doStreamCalls];
  const told = requests.at(-1)?.prompt ?? [];
  return {
    modelRequests: requests.map(({ tools = [], prompt }) => ({
      tools: tools.map(({ name }) => name),
      text: JSON.stringify([tools, prompt]),
    })),
    outputs: told.flatMap((message) =>
      message.role === "tool" ? message.content.flatMap((part) => toOutput(part)) : [],
    ),
    ...(error === undefined ? {} : { error }),
  };
}

function toOutput(part: { readonly type: string }): readonly CallOutput[] {
  if (!("toolCallId" in part && "toolName" in part && "output" in part)) return [];
  const { type, value } = part.output as { readonly type: string; readonly value?: unknown };
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return [
    {
      callId: String(part.toolCallId),
      tool: String(part.toolName),
      isError: type.startsWith("error") || text.includes('"error"'),
      text,
    },
  ];
}

/** Every call of the first turn as the only step of a workflow of its own. */
async function runWorkflows(scenario: Scenario, mode: HarnessMode): Promise<Observation> {
  const tools = toolsOf(scenario, mode);
  const outputs: CallOutput[] = [];
  for (const [index, turn] of scenario.turns.entries()) {
    await scenario.beforeTurn(index);
    const calls = "calls" in turn ? turn.calls : [];
    outputs.push(...(await Promise.all(calls.map((call) => runStep(call, { tools, scenario })))));
  }
  return { modelRequests: [], outputs };
}

async function runStep(
  { id, name, args }: ModelCall,
  { tools, scenario }: { readonly tools: Tools; readonly scenario: Scenario },
): Promise<CallOutput> {
  const output = { callId: id, tool: name };
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool === undefined) return { ...output, isError: true, text: "no such tool" };
  const step = createStep(tool as never) as never;
  const workflow = createWorkflow({ id: "w", inputSchema: z.any(), outputSchema: z.any() })
    .then(step)
    .commit();
  const run = await workflow.createRun();
  const stop = () => void run.cancel();
  scenario.signal.addEventListener("abort", stop, { once: true });
  if (scenario.signal.aborted) return { ...output, isError: true, text: "aborted" };
  const result: { readonly status: string; readonly result?: unknown; readonly error?: unknown } =
    await run.start({ inputData: args, requestContext: requestContextOf(undefined) });
  scenario.signal.removeEventListener("abort", stop);
  const isError = result.status !== "success";
  return {
    ...output,
    isError,
    text: JSON.stringify(isError ? result.error : result.result) ?? "",
  };
}

/** Calls the tools of the first turn as app code can. */
async function callDirectly(scenario: Scenario, mode: HarnessMode): Promise<Observation> {
  const tools = toolsOf(scenario, mode);
  const outputs: CallOutput[] = [];
  await scenario.beforeTurn(0);
  for (const { id, name, args } of callsOf(scenario)) {
    const execute = tools[name]?.execute as
      | ((...all: readonly unknown[]) => Promise<unknown>)
      | undefined;
    const output = { callId: id, tool: name };
    const frames = [{ abortSignal: scenario.signal, agent: { toolCallId: id } }, {}, undefined];
    for (const frame of frames) {
      try {
        const value = await execute?.(args, frame);
        outputs.push({ ...output, isError: false, text: JSON.stringify(value) ?? "" });
      } catch (cause) {
        outputs.push({ ...output, isError: true, text: String(cause) });
      }
    }
  }
  return { modelRequests: [], outputs };
}
