import type { Signal } from "../abort.ts";
import type { Run, RunControl } from "../guard.ts";
import type { DryRunReport } from "../ports/dry-runner.ts";
import type { CanonicalArgs } from "../tool-call.ts";

/** How the tool ended. */
export type Ran<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "aborted"; readonly reason: unknown };

/** One run of a tool. */
export interface RunInput<T> {
  readonly args: CanonicalArgs;
  readonly control: RunControl;
  readonly run: Run<T>;
  /** Its captured effects are committed instead of running the tool. */
  readonly dryRun: DryRunReport | undefined;
  readonly signal: Signal | undefined;
}

/**
 * Stage 7: the tool, once, with the arguments that were decided on. An abort ends the wait at once;
 * what the tool still returns after it is dropped.
 */
export async function run<T>(input: RunInput<T>): Promise<Ran<T>> {
  const { signal } = input;
  if (signal?.aborted === true) return { kind: "aborted", reason: signal.reason };
  if (signal === undefined) return runTool(input);
  return new Promise((resolve) => {
    const onAbort = (): void => resolve({ kind: "aborted", reason: signal.reason });
    signal.addEventListener("abort", onAbort);
    void runTool(input).then((ran) => {
      signal.removeEventListener("abort", onAbort);
      resolve(ran);
    });
  });
}

async function runTool<T>(input: RunInput<T>): Promise<Ran<T>> {
  const { args, control, run: tool, dryRun, signal } = input;
  try {
    if (dryRun?.commit !== undefined) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the executor returns the tool's value
      return { kind: "value", value: (await dryRun.commit()) as T };
    }
    return { kind: "value", value: await tool(args, control) };
  } catch (error) {
    // A tool that stops because the caller aborted has not failed.
    if (signal?.aborted === true) return { kind: "aborted", reason: signal.reason };
    return { kind: "threw", error };
  }
}
