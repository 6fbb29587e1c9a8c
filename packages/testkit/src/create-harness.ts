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
          return withPlainIds(await runTurns(withUniqueIds(scenario), mode));
        case "direct-call":
          return callDirectly(scenario, mode);
        case "race":
          return runRace(scenario, (alone) => runTurns(alone, mode));
        default:
          throw new Error("The harness does not know this attack.");
      }
    },
  };
}

/** Every call of a turn in a run of its own, at the same time; one turn after the other. */
async function runRace(
  scenario: Scenario,
  run: (scenario: Scenario) => Promise<Observation>,
): Promise<Observation> {
  const runs: Observation[] = [];
  for (const [index, turn] of scenario.turns.entries()) {
    await scenario.beforeTurn(index);
    const alone = ("calls" in turn ? turn.calls : []).map((call) =>
      run({ ...scenario, turns: [{ calls: [call] }], beforeTurn: async () => undefined }),
    );
    runs.push(...(await Promise.all(alone)));
  }
  return {
    modelRequests: runs.flatMap(({ modelRequests }) => modelRequests),
    outputs: runs.flatMap(({ outputs }) => outputs),
  };
}

const TURN_MARK = "@turn-";

/** Ids are made anew for each turn, as models do; some frameworks skip an id that was answered. */
function withUniqueIds(scenario: Scenario): Scenario {
  const turns = scenario.turns.map((turn, index) =>
    "calls" in turn
      ? { calls: turn.calls.map((call) => ({ ...call, id: `${call.id}${TURN_MARK}${index}` })) }
      : turn,
  );
  return { ...scenario, turns };
}

function withPlainIds(observation: Observation): Observation {
  const outputs = observation.outputs.map((output) => ({
    ...output,
    callId: output.callId.split(TURN_MARK)[0] ?? "",
  }));
  return { ...observation, outputs };
}

/** The calls of the first turn. */
export function callsOf({ turns }: Scenario): readonly ModelCall[] {
  const [first] = turns;
  return first !== undefined && "calls" in first ? first.calls : [];
}
