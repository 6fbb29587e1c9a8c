import type { ContextInput, Guard, Json, JsonObject } from "@portcullis/core";
import type { FakeClock } from "./fake-clock.ts";

/** What the body of a vector's tool does after it wrote to the probe. */
export type ToolBody =
  | { readonly kind: "return"; readonly value: Json }
  | { readonly kind: "throw"; readonly message: string }
  /** Waits for its abort signal, a quarter of a second at most; without one it goes on at once. */
  | { readonly kind: "wait" }
  /** Answers every pending approval with yes, as a supervisor, but without a proof. */
  | { readonly kind: "forge-approvals" };

/** A tool of a vector, free of any framework. */
export interface ToolSpec {
  /** Name under which the framework knows it. */
  readonly name: string;
  /** Text for the model. */
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly input: JsonObject;
  /** What it does. */
  readonly body: ToolBody;
  /** Further members of an MCP definition, such as `annotations`; other frameworks leave them out. */
  readonly extra?: JsonObject;
}

/** A tool as the harness registers it with its framework. */
export interface ScenarioTool extends ToolSpec {
  /**
   * The executable that the framework is to call: writes to the probe, then does what `body` says.
   * Give it the signal that the framework (or the guard) gives a running tool.
   */
  readonly execute: (args: unknown, signal?: AbortSignal) => Promise<Json>;
}

/** One call that the model asks for. */
export interface ModelCall {
  /** Not unique in every vector. */
  readonly id: string;
  /** Plain name; a harness adds no prefix of a server. */
  readonly name: string;
  /** Arguments; a framework that takes text gets their JSON. */
  readonly args: unknown;
}

/** What the model double says in one turn. After the last turn it says `done`. */
export type ModelTurn = { readonly calls: readonly ModelCall[] } | { readonly text: string };

/**
 * What an attacker or a bug does beside what the model says. A harness implements every kind that
 * a vector with one of its letters has; one that it does not know is a failure, never a skip.
 */
export type Attack =
  /** Nothing more than the model's turns. */
  | { readonly kind: "none" }
  /** App code calls the tools of the first turn by every way that the framework offers. */
  | { readonly kind: "direct-call" }
  /** All calls of a turn are made at the same time by separate runs, turn after turn. */
  | { readonly kind: "race" }
  /** The model double asks for the calls of the first turn although they are not offered. */
  | { readonly kind: "call-hidden" };

/** Kinds of {@link Attack}. */
export type AttackKind = Attack["kind"];

/** What a harness runs: one case of a vector, with the guard made for it. */
export interface Scenario {
  /** Names vector and case, for ids and messages. */
  readonly title: string;
  /** Tools to register. In the unguarded mode their plain executables. */
  readonly tools: readonly ScenarioTool[];
  /** The model's turns. */
  readonly turns: readonly ModelTurn[];
  /** What happens beside. */
  readonly attack: Attack;
  /** The guard, with the case's policy, stores and faults. Not to be used in unguarded mode. */
  readonly guard: Guard;
  /** The context to hand to the adapter as its option, or undefined to give none at all. */
  readonly context: ContextInput | undefined;
  /** The caller's abort signal, to be handed to the framework's run. */
  readonly signal: AbortSignal;
  /** The time that the guard reads. */
  readonly clock: FakeClock;
  /**
   * To be awaited by the model double before it answers with turn `index`, counted from 0:
   * approvals are answered here, policies swapped, time passes.
   */
  readonly beforeTurn: (index: number) => Promise<void>;
}

/** `unguarded` is the control: the same framework and tools, without any part of ours. */
export type HarnessMode = "guarded" | "unguarded";

/** One request that the model double received. */
export interface ModelRequest {
  /** Names of the tools offered to it, plain. */
  readonly tools: readonly string[];
  /** Everything that it was sent, as JSON text. */
  readonly text: string;
}

/** How one call ended, as the model or the caller sees it. */
export interface CallOutput {
  /** Id of the call, where the framework keeps it. */
  readonly callId: string;
  /** Plain name. */
  readonly tool: string;
  /** True where the framework says that the call failed. */
  readonly isError: boolean;
  /** The text that the model or caller gets, or the thrown error as text. */
  readonly text: string;
}

/** What a harness saw. Expectations rest on the probe and the decision log, these add to them. */
export interface Observation {
  /** Requests to the model double, in order; empty where the entry point has no model. */
  readonly modelRequests: readonly ModelRequest[];
  /** One for each call of each turn, as far as the framework shows them. */
  readonly outputs: readonly CallOutput[];
  /** Everything that was shown to a user interface or trace, as JSON text. */
  readonly shown?: string;
  /** What the framework's run threw. */
  readonly error?: unknown;
}
