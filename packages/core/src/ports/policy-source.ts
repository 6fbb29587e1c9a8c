import type { PolicyRef } from "../decision.ts";
import type { PolicyDocument } from "../policy-document.ts";
import type { Awaitable } from "./runtime.ts";

/** A policy as a source hands it over: unbelieved, checked by core when it is activated. */
export interface SourcedPolicy {
  readonly document: PolicyDocument;
  /** Increases with every change; the guard compiles a document once per version. */
  readonly version: number;
  /**
   * Name, serial and digest of the signed bundle that carries the document: what decisions and
   * records name. Default those of the document itself.
   */
  readonly ref?: PolicyRef;
}

/** What one decision says about the policies that it was made with. */
export interface PolicyObservation {
  /** Digest of the policy in force, as in decisions. */
  readonly digest: string;
  readonly outcome: "permit" | "deny" | "approval-required";
  /** True when the policy could not be evaluated, or a rule of it erred. */
  readonly erred: boolean;
  /** What the shadow of the source says to the same call; absent without one. */
  readonly shadow?: {
    readonly digest: string;
    readonly outcome: PolicyObservation["outcome"];
    readonly erred: boolean;
  };
}

/**
 * Gives the policy that is in force now. A throw denies every call with the error's code if that
 * is a bundle's, else `bundle-unavailable`.
 */
export interface PolicySource {
  /**
   * Reads the current policy; called for every decision, so it must be cheap. `tool` is the tool
   * that is about to be called; absent where no tool runs.
   */
  current(tool?: string): Awaitable<SourcedPolicy>;
  /**
   * A policy that is tried on the side: evaluated after each decision without any effect, its
   * outcome goes to `observe` alone. Default none.
   */
  shadow?(): SourcedPolicy | undefined;
  /** Takes what each decision says about the policies; what it throws is dropped. */
  observe?(observation: PolicyObservation): void;
  /**
   * Takes the guard's own activation. The source awaits it for a policy that it is about to make
   * current, so that no call waits for compilation, and keeps the old one when it rejects. The
   * returned function takes the activation back.
   */
  onCandidate?(activate: (candidate: SourcedPolicy) => Promise<void>): () => void;
}
