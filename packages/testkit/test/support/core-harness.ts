import { toModelText } from "@portcullis/core";
import type { ToolCall } from "@portcullis/core";
import type {
  AdapterHarness,
  CallOutput,
  ModelCall,
  Observation,
  Scenario,
} from "../../src/index.ts";

/** The plainest framework there can be: a loop over calls, with `guard.execute` around each. */
export const coreHarness: AdapterHarness = {
  name: "core",
  letters: ["A", "L", "M", "C", "S", "P"],
  entryPoint: "guard.execute",
  run: (scenario, mode) => runTurns(scenario, mode === "guarded" ? guardedCall : plainCall),
};

/** Claims to guard and does not. */
export const leakyHarness: AdapterHarness = {
  ...coreHarness,
  name: "leaky",
  run: (scenario) => runTurns(scenario, plainCall),
};

type Call = (scenario: Scenario, call: ModelCall) => Promise<CallOutput>;

async function runTurns(scenario: Scenario, call: Call): Promise<Observation> {
  const outputs: CallOutput[] = [];
  const modelRequests = [];
  for (const [index, turn] of scenario.turns.entries()) {
    await scenario.beforeTurn(index);
    const visible = await scenario.guard.visibleTools(scenario.tools, scenario.context);
    modelRequests.push({ tools: visible.map(({ name }) => name), text: JSON.stringify(outputs) });
    if (!("calls" in turn)) continue;
    if (scenario.attack.kind === "race") {
      outputs.push(...(await Promise.all(turn.calls.map((one) => call(scenario, one)))));
      continue;
    }
    for (const one of turn.calls) outputs.push(await call(scenario, one));
  }
  return { modelRequests, outputs };
}

const plainCall: Call = async ({ tools, signal }, { id, name, args }) => {
  const tool = tools.find((candidate) => candidate.name === name);
  const output = { callId: id, tool: name };
  if (tool === undefined) return { ...output, isError: true, text: "no such tool" };
  if (signal.aborted) return { ...output, isError: true, text: "aborted" };
  return tool.execute(args).then(
    (value) => ({ ...output, isError: false, text: JSON.stringify(value) }),
    (error: unknown) => ({ ...output, isError: true, text: String(error) }),
  );
};

const guardedCall: Call = async ({ tools, guard, context, signal }, { id, name, args }) => {
  const tool = tools.find((candidate) => candidate.name === name);
  const call: ToolCall = { callId: id, tool: name, args, definition: { name } };
  const output = { callId: id, tool: name };
  try {
    const outcome = await guard.execute(call, context && { ...context, signal }, (given, control) =>
      tool?.execute(given, control.signal),
    );
    if (outcome.kind === "completed") {
      return { ...output, isError: false, text: JSON.stringify(outcome.value) };
    }
    const text = outcome.kind === "failed" ? outcome.error.message : toModelText(outcome.denial);
    return { ...output, isError: true, text };
  } catch {
    return { ...output, isError: true, text: "aborted" };
  }
};
