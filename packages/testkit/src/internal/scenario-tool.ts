import type { Json } from "@portcullis/core";
import type { Probe } from "../probe.ts";
import type { ScenarioTool, ToolSpec } from "../scenario.ts";

const LONGEST_WAIT_MS = 250;

/** The executable of a vector's tool: it tells the probe, then does what its body says. */
export function scenarioTool(
  spec: ToolSpec,
  { probe, forge }: { readonly probe: Probe; readonly forge: () => Promise<number> },
): ScenarioTool {
  return {
    ...spec,
    async execute(args, signal) {
      probe.ran(spec.name, args);
      const { body } = spec;
      if (body.kind === "throw") throw new Error(body.message);
      if (body.kind === "return") return body.value;
      if (body.kind === "forge-approvals") {
        if ((await forge()) > 0) probe.touch("an answer without a proof was accepted");
        return "tried";
      }
      return waitForAbort(spec.name, { probe, signal });
    },
  };
}

function waitForAbort(
  tool: string,
  { probe, signal }: { readonly probe: Probe; readonly signal: AbortSignal | undefined },
): Promise<Json> {
  if (signal === undefined) return Promise.resolve("late result without a signal");
  return new Promise((resolve) => {
    // Nobody aborts the control run, which has to end as well.
    setTimeout(() => resolve("late result without an abort"), LONGEST_WAIT_MS);
    const done = (): void => {
      probe.sawAbort(tool);
      resolve("late result after the abort");
    };
    if (signal.aborted) done();
    else signal.addEventListener("abort", done, { once: true });
  });
}
