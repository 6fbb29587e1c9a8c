import type { JsonObject } from "./json.ts";
import type { SessionSnapshot } from "./ports/session-store.ts";
import type { Principal } from "./principal.ts";
import type { ArgumentLabels } from "./argument-labels.ts";
import type { CanonicalArgs } from "./tool-call.ts";

/** Stands for a root that is not known yet: every read of it is a condition error. */
export const UNKNOWN: unique symbol = Symbol("portcullis.unknown");

/** Keyed hashes of what conditions compare with arguments of earlier calls. */
export interface SealedValues {
  /** Names the secret behind the hashes; those of another one tell nothing. */
  readonly keyId: string;
  /** By canonical text (RFC 8785); a value that is not there is not known. */
  readonly byText: ReadonlyMap<string, string>;
}

/** What a policy is asked about one call; everything is there already, nothing is loaded. */
export interface EvaluationRequest {
  /** Exact tool name as the policy's catalogue has it. */
  readonly tool: string;
  /** The canonical arguments, or `UNKNOWN` when the question is about the tool as such. */
  readonly args: CanonicalArgs | typeof UNKNOWN;
  /** Who acts for whom, with all live roles. */
  readonly principal: Principal;
  /** The session before the call, or `UNKNOWN`. */
  readonly session: SessionSnapshot | typeof UNKNOWN;
  /** Host facts, the root `context`; absent = none. */
  readonly facts?: JsonObject;
  /** The user's own words; absent makes `flow.userSaid` an error. */
  readonly request?: readonly string[];
  /** Labels of the arguments' values; absent makes `flow.of` an error. */
  readonly flow?: ArgumentLabels;
  /** Absent makes comparisons with arguments of earlier calls errors. */
  readonly seals?: SealedValues;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Element visits and scanned characters that all conditions may spend; default 1 000 000. */
  readonly workLimit?: number;
}
