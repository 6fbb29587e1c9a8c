import type { HarnessMode, Observation, Scenario } from "./scenario.ts";
import type { AdapterLetter, VectorId } from "./vector.ts";

/** Drives one entry point of one adapter. */
export interface AdapterHarness {
  /** Name of the adapter, such as `ai-sdk`. */
  readonly name: string;
  /** Which vectors apply. */
  readonly letters: readonly AdapterLetter[];
  /** What the framework's user calls, such as `streamText`. */
  readonly entryPoint: string;
  /** Configured key of the MCP server under which the policy knows the tools; default none. */
  readonly server?: string;
  /**
   * Runs one scenario: registers its tools, lets the model double say its turns, carries out the
   * attack, and reports. It throws only where the harness itself is broken.
   */
  run(scenario: Scenario, mode: HarnessMode): Promise<Observation>;
  /**
   * Vectors left out, with the reason: at least 20 characters, and what a user must do instead.
   * An opt-out whose vector would pass is a failure.
   */
  readonly optOut?: Readonly<Partial<Record<VectorId, string>>>;
}
