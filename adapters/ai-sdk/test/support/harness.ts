import { callsOf, createHarness } from "@portcullis/testkit";
import type {
  AdapterHarness,
  CallOutput,
  HarnessMode,
  Observation,
  Scenario,
} from "@portcullis/testkit";
import { jsonSchema, tool } from "ai";
import type { ToolSet } from "ai";
import { guardModel, guardTools } from "../../src/index.ts";
import type { LanguageModelV4 } from "../../src/index.ts";
import { entryPoints } from "./entry-points.ts";
import type { EntryPoint } from "./entry-points.ts";
import { modelOf } from "./model.ts";

/** Drives one entry point of the SDK through the bypass vectors. */
export function harnessOf(entryPoint: EntryPoint): AdapterHarness {
  return createHarness({
    name: "ai-sdk",
    letters: ["A"],
    entryPoint,
    runTurns: (scenario, mode) => runTurns(scenario, mode, entryPoint),
    callDirectly: (scenario, mode) => callDirectly(scenario, toolsOf(scenario, mode)),
  });
}

function toolsOf({ tools, guard, context }: Scenario, mode: HarnessMode): ToolSet {
  const plain = Object.fromEntries(
    tools.map(({ name, description, input, execute }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema(input),
        // In the control nobody aborts, and a body that waits for its signal must not hang.
        execute: (args, { abortSignal }) =>
          execute(args, mode === "guarded" ? abortSignal : undefined),
      }),
    ]),
  );
  if (mode === "unguarded") return plain;
  return guardTools(plain, { guard, ...(context === undefined ? {} : { context }) });
}

async function runTurns(
  scenario: Scenario,
  mode: HarnessMode,
  entryPoint: EntryPoint,
): Promise<Observation> {
  const { turns, signal: abortSignal, guard, context } = scenario;
  const tools = toolsOf(scenario, mode);
  const inner = modelOf(...turns);
  const double = before(inner, (index) => scenario.beforeTurn(index));
  // The tools alone have to hold; a guarded model is told of where what it is offered counts.
  const model =
    mode === "unguarded" || scenario.attack.kind !== "call-hidden"
      ? double
      : guardModel(double, { guard, tools, ...(context === undefined ? {} : { context }) });
  const outputs: CallOutput[] = [];
  let error: unknown;
  try {
    const driven = await entryPoints[entryPoint]({ model, tools, abortSignal });
    for (const { id, tool: name, output, failed } of driven.outputs) {
      const text = typeof output === "string" ? output : (JSON.stringify(output) ?? "");
      outputs.push({ callId: id, tool: name, isError: failed, text });
    }
  } catch (cause) {
    error = cause;
  }
  const requests = [...inner.doGenerateCalls, ...inner.doStreamCalls];
  return {
    modelRequests: requests.map(({ tools: offered = [], prompt }) => ({
      tools: offered.map(({ name }) => name),
      text: JSON.stringify([offered, prompt]),
    })),
    outputs,
    ...(error === undefined ? {} : { error }),
  };
}

/** Lets something happen before each answer of a model. */
function before(
  model: LanguageModelV4,
  happens: (index: number) => Promise<void>,
): LanguageModelV4 {
  let index = 0;
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: {},
    async doGenerate(params) {
      await happens(index++);
      return model.doGenerate(params);
    },
    async doStream(params) {
      await happens(index++);
      return model.doStream(params);
    },
  };
}

/** Calls the tools of the first turn as app code can: their `execute`, as it is and taken off. */
async function callDirectly(scenario: Scenario, tools: ToolSet): Promise<Observation> {
  const outputs: CallOutput[] = [];
  await scenario.beforeTurn(0);
  for (const { id, name, args } of callsOf(scenario)) {
    const output = { callId: id, tool: name };
    const found = tools[name];
    const taken = found?.execute;
    const options = { toolCallId: id, messages: [], abortSignal: scenario.signal, context: {} };
    const ways = [
      () => found?.execute?.(args as never, options as never),
      () => taken?.(args as never, options as never),
      () => taken?.(args as never, {} as never),
    ];
    for (const way of ways) {
      try {
        const value: unknown = await way();
        outputs.push({ ...output, isError: false, text: JSON.stringify(value) ?? "" });
      } catch (cause) {
        outputs.push({ ...output, isError: true, text: String(cause) });
      }
    }
  }
  return { modelRequests: [], outputs };
}
