import type { Signal } from "./abort.ts";
import type { JsonObject } from "./json.ts";
import type { TrustedPrincipal } from "./principal.ts";

/** Refers to one agent task: its limits, history and flow labels. */
export interface SessionRef {
  /** The host's id for the task, at most 256 characters. */
  readonly id: string;
  /**
   * True only where the host knows that nothing happened in it yet. A session that the store does
   * not know and that is not new starts with every declared label. Default false.
   */
  readonly isNew?: boolean;
}

/** A signed task-token chain, verified by the `CredentialVerifier` that the host composed. */
export interface TaskToken {
  /** Wire form of the chain, with the call token where one is needed. */
  readonly token: string;
}

declare const permit: unique symbol;

/** An unforgeable, single-use, in-process authorisation of one call, minted by a verifier. */
export interface InProcessPermit {
  readonly [permit]: true;
}

/** What proves the identity behind a call. */
export type Credential = TaskToken | InProcessPermit | TrustedPrincipal;

/** Everything about a call that the host knows and the model does not write. */
export interface CallContext {
  /** What proves who acts. */
  readonly credential: Credential;
  /** The task; default: one session for each guard and principal. */
  readonly session?: SessionRef;
  /** The user's own words of this task, set by the host, never taken from history. */
  readonly request?: readonly string[];
  /** What the host knows: tenant, ticket, data classification; read as `context.…`. */
  readonly facts?: JsonObject;
  /** Aborts the call; an abort is not a denial. */
  readonly signal?: Signal;
}

/**
 * A context as people write it: a {@link CallContext}, or one with `principal` or `token` in
 * place of `credential`.
 */
export type ContextInput =
  | CallContext
  | (Omit<CallContext, "credential"> & { readonly principal: TrustedPrincipal })
  | (Omit<CallContext, "credential"> & { readonly token: string });
