import type { AdapterHarness } from "./adapter-harness.ts";
import type { HarnessMode, ModelCall, Observation, Scenario } from "./scenario.ts";

/** What a framework with a model loop has to provide. */
export interface HarnessParts extends Omit<AdapterHarness, "run"> {
  /** Lets the model double say the scenario's turns, and reports. */
  readonly runTurns: (scenario: Scenario, mode: HarnessMode) => Promise<Observation>;
  /** Calls the tools of the first turn by every way that app code has. */
  readonly callDirectly: (scenario: Scenario, mode: HarnessMode) => Promise<Observation>;
}

/**
 * Makes a harness that carries out the attacks by running turns and by calling tools directly.
 *
 * @example
 * ```ts
 * import type { HarnessMode, Observation, Scenario } from "@portcullis/testkit";
 *
 * type Run = (scenario: Scenario, mode: HarnessMode) => Promise<Observation>;
 * declare const runTurns: Run;
 * declare const callDirectly: Run;
 *
 * const letters = ["A"] as const;
 * createHarness({ name: "mine", letters, entryPoint: "run", runTurns, callDirectly });
 * ```
 */
export function createHarness(parts: HarnessParts): AdapterHarness {
  const { runTurns, callDirectly, ...harness } = parts;
  return {
    ...harness,
    async run(scenario, mode) {
      switch (scenario.attack.kind) {
        case "none":
        case "call-hidden":
          return runTurns(scenario, mode);
        case "direct-call":
          return callDirectly(scenario, mode);
        case "race": {
          const alone = callsOf(scenario).map((call) =>
            runTurns({ ...scenario, turns: [{ calls: [call] }] }, mode),
          );
          const runs = await Promise.all(alone);
          return {
            modelRequests: runs.flatMap(({ modelRequests }) => modelRequests),
            outputs: runs.flatMap(({ outputs }) => outputs),
          };
        }
        default:
          throw new Error("The harness does not know this attack.");
      }
    },
  };
}

/** The calls of the first turn. */
export function callsOf({ turns }: Scenario): readonly ModelCall[] {
  const [first] = turns;
  return first !== undefined && "calls" in first ? first.calls : [];
}
