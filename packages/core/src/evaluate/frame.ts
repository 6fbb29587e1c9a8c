import type { Json, JsonObject } from "../json.ts";
import type { KeptArguments, SessionSnapshot } from "../ports/session-store.ts";
import type { Party, Principal } from "../principal.ts";
import type { ArgumentLabels } from "../argument-labels.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import type { SaidWords } from "../user-said.ts";
import { UNKNOWN } from "../evaluation-request.ts";
import type { EvaluationRequest, SealedValues } from "../evaluation-request.ts";

/** A condition's result: 0 false, 1 true, 2 error. */
export type Tri = 0 | 1 | 2;

/** A value, or `undefined` for an error; JSON has no `undefined`. */
export type Evaluated = Json | undefined;

/** A compiled boolean expression; never throws. */
export type Condition = (frame: Frame) => Tri;

/** A compiled expression; never throws. */
export type Value = (frame: Frame) => Evaluated;

/** What a catalogue entry offers to conditions. */
export interface ToolView {
  /** The root `tool`. */
  readonly attributes: JsonObject;
  /** Type of the resource, where the entry names one. */
  readonly resourceType: string | undefined;
  /** Reads the resource's id from the arguments. */
  readonly resourceId: Value | undefined;
}

/** A fact of one call: its fields, absent (optional ones only), or failed. */
export type FactOutcome =
  | { readonly state: "ok"; readonly value: Json }
  | { readonly state: "absent" }
  | { readonly state: "failed" };

/** What one decision computes at most once. */
export interface FrameMemo {
  /** Outcomes by fact, and for facts of a quantifier's variable by element. */
  readonly facts: Map<object, Map<Json, FactOutcome>>;
  /** `session.calls` as conditions see it. */
  calls: readonly JsonObject[] | undefined;
  /** What is kept of the arguments of each of them. */
  readonly kept: Map<JsonObject, KeptArguments | undefined>;
  /** Hashes of what they are compared with. */
  readonly seals: Map<Json, string | undefined>;
  /** The user's words, ready to be searched. */
  words: SaidWords | undefined;
}

/** Counts the element visits and scanned characters of one decision. */
export interface Meter {
  readonly workLimit: number;
  /** Spent so far. */
  work: number;
}

/**
 * The state of one evaluation: the request, the current actor, quantifier variables, spent work.
 *
 * The only mutable thing behind a decision; private to the call that made it.
 */
export interface Frame extends Meter {
  readonly tool: ToolView;
  /** `undefined` = not known. */
  readonly args: CanonicalArgs | undefined;
  readonly principal: Principal;
  /** The actor this pass is about, `principal.agent` of conditions. */
  agent: Party;
  /** `undefined` = not known. */
  readonly session: SessionSnapshot | undefined;
  readonly context: JsonObject;
  readonly words: readonly string[] | undefined;
  /** `undefined` = not known. */
  readonly flow: ArgumentLabels | undefined;
  /** `undefined` = not known. */
  readonly seals: SealedValues | undefined;
  readonly now: number;
  /** Variable of the outer quantifier. */
  outer: Evaluated;
  /** Variable of the inner quantifier. */
  inner: Evaluated;
  memo: FrameMemo | undefined;
}

/** Work that one decision may spend unless the request says otherwise. */
export const DEFAULT_WORK_LIMIT = 1_000_000;

const NO_FACTS: JsonObject = Object.freeze({});

/** Creates the state of one evaluation. */
export function createFrame(request: EvaluationRequest, tool: ToolView): Frame {
  const { principal, args, session } = request;
  return {
    tool,
    args: args === UNKNOWN ? undefined : args,
    principal,
    agent: principal.agent,
    session: session === UNKNOWN ? undefined : session,
    context: request.facts ?? NO_FACTS,
    words: request.request,
    flow: request.flow,
    seals: request.seals,
    now: request.now,
    workLimit: request.workLimit ?? DEFAULT_WORK_LIMIT,
    work: 0,
    outer: undefined,
    inner: undefined,
    memo: undefined,
  };
}

/** The frame's memo, made when it is first needed. */
export function memoOf(frame: Frame): FrameMemo {
  frame.memo ??= {
    facts: new Map(),
    calls: undefined,
    kept: new Map(),
    seals: new Map(),
    words: undefined,
  };
  return frame.memo;
}

/** Spends work; true once the decision has none left and should give up. */
export function spend(meter: Meter, amount: number): boolean {
  meter.work += amount;
  return meter.work > meter.workLimit;
}

/** Tells whether a JSON value is an object. */
export function isObject(value: Evaluated): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Tells whether a JSON value is a list. */
export function isList(value: Evaluated): value is readonly Json[] {
  return Array.isArray(value);
}
