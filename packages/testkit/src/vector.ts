import type { DecisionRecord, GuardOptions, Rule, ToolEntry } from "@portcullis/core";
import type { FakeClock } from "./fake-clock.ts";
import type { Probe } from "./probe.ts";
import type { Attack, ModelTurn, Observation, ToolSpec } from "./scenario.ts";

/** A = AI SDK, L = LangGraph and LangChain, M = Mastra, C, S and P = MCP client, server and proxy. */
export type AdapterLetter = "A" | "L" | "M" | "C" | "S" | "P";

/** Permanent id of a vector, such as `V24`. */
export type VectorId = `V${number}`;

/** The policy of a case, by plain tool names; the runner maps them to the harness's own names. */
export interface PolicySpec {
  /** Default `host`. */
  readonly identity?: "host" | "token";
  /** Catalogue; the input schema is the tool's own where it is left out. */
  readonly tools: Readonly<Record<string, Partial<ToolEntry>>>;
  readonly rules: readonly Rule[];
}

/** Parts of a case that its set-up may use. */
export interface CaseParts {
  readonly clock: FakeClock;
  readonly probe: Probe;
  /** Aborts the caller's signal. */
  readonly abort: () => void;
  /** Puts another policy in force. */
  readonly swap: (policy: PolicySpec) => void;
}

/** How the identity of a call is given. */
export type ContextSpec =
  /** The host's own word. */
  | "trusted"
  /** None at all. */
  | "none"
  /** JSON that equals the host's own word. */
  | "forged-json"
  /** A task token, which the case's verifier judges. */
  | "token";

/** What happens before a turn of the model. */
export interface TurnStep {
  /** Index of the turn, from 0. */
  readonly before: number;
  readonly does: (actions: TurnActions) => Promise<void> | void;
}

/** What a {@link TurnStep} may do. */
export interface TurnActions {
  readonly clock: FakeClock;
  readonly probe: Probe;
  /** Answers all pending approvals as a proven supervisor. */
  readonly answer: (answer: "grant" | "refuse") => Promise<void>;
  /**
   * Answers all pending approvals as this person, with or without a valid proof; gives how many
   * answers were accepted.
   */
  readonly answerAs: (person: string, proven: boolean) => Promise<number>;
  /** Puts another policy in force. */
  readonly swap: (policy: PolicySpec) => void;
}

/** What a case is judged by. */
export interface CaseResult {
  readonly observation: Observation;
  readonly probe: Probe;
  /** The decision log with plain tool names, oldest first. */
  readonly log: readonly DecisionRecord[];
  /** How many approval requests were made known to people. */
  readonly prompts: number;
}

/** One situation of a vector. */
export interface VectorCase {
  readonly name: string;
  readonly tools: readonly ToolSpec[];
  readonly policy: PolicySpec;
  /** The model's turns, or a function where arguments are made anew for each run. */
  readonly turns: readonly ModelTurn[] | ((parts: CaseParts) => readonly ModelTurn[]);
  readonly attack?: Attack;
  /** Default `trusted`. */
  readonly context?: ContextSpec;
  /** Parts of the guard that fail, hang or differ. */
  readonly configure?: (parts: CaseParts) => Partial<GuardOptions>;
  /** Runs before the harness does, in both modes. */
  readonly prepare?: (parts: CaseParts) => void;
  readonly steps?: readonly TurnStep[];
  /**
   * Tools that must run in the control run, with how often; without the effect the case would
   * prove nothing and fails. Empty where there is nothing to show, and then `vacuous` says why.
   */
  readonly control: Readonly<Record<string, number>>;
  /** Why the control run shows no effect. */
  readonly vacuous?: string;
  /** Throws when the guarded run is not as it must be. */
  readonly expect: (result: CaseResult) => void;
}

/** One way around a guard, as data. */
export interface Vector {
  readonly id: VectorId;
  readonly title: string;
  readonly adapters: readonly AdapterLetter[];
  readonly cases: readonly VectorCase[];
}
