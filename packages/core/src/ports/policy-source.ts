import type { PolicyDocument } from "../policy-document.ts";
import type { Awaitable } from "./runtime.ts";

/** A policy as a source hands it over: unbelieved, checked by core when it is activated. */
export interface SourcedPolicy {
  readonly document: PolicyDocument;
  /** Increases with every change; the guard compiles a document once per version. */
  readonly version: number;
}

/**
 * Gives the policy that is in force now. A throw denies every call with the error's code if that
 * is a bundle's, else `bundle-unavailable`.
 */
export interface PolicySource {
  /** Reads the current policy; called for every decision, so it must be cheap. */
  current(): Awaitable<SourcedPolicy>;
}
