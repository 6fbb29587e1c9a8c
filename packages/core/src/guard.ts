import type { Signal } from "./abort.ts";
import type { ContextInput } from "./call-context.ts";
import type { Decision, Outcome, PolicyRef } from "./decision.ts";
import type { ApprovalRecord } from "./ports/approval-store.ts";
import type { Scope } from "./ports/scope-port.ts";
import type { Usage } from "./ports/session-store.ts";
import type { CanonicalArgs, ToolCall, ToolOrigin } from "./tool-call.ts";

/** What the guard gives a running tool. */
export interface RunControl {
  /** Aborted when the caller aborts. */
  readonly signal: Signal;
  /** Hands in one streamed chunk; resolves to what may be released now, in order. */
  push<C>(chunk: C): Promise<readonly C[]>;
  /** Ends the stream; resolves to what was still held back. */
  end<C>(): Promise<readonly C[]>;
  /** Lowers the cost that limits reserved; for the host's own tools. */
  cost(amount: number): void;
}

/** Runs the tool with exactly the arguments that were decided on. */
export type Run<T> = (args: CanonicalArgs, control: RunControl) => T | PromiseLike<T>;

/** A proven answer to an approval request. */
export interface ApprovalAnswer {
  readonly id: string;
  /** Version of the request that the approver saw. */
  readonly version: number;
  readonly answer: "grant" | "refuse";
  /** What the `ApprovalVerifier` checks; an id alone grants nothing. */
  readonly proof: string;
}

/** A tool definition in any framework's shape: only its name is needed to decide. */
export interface DefinitionLike {
  readonly name: string;
}

/** How `visibleTools` maps a framework's definitions to the policy's names. */
export interface VisibleToolsOptions {
  /** Policy name of a definition; default its own `name`. */
  readonly nameOf?: (name: string) => string;
  /** Default `local`. */
  readonly origin?: ToolOrigin;
}

/**
 * The enforcement point: decides, fulfils obligations, runs, inspects, records.
 *
 * No method throws for a refused call: refusals are values. `execute` rejects only with the abort
 * reason of the signal or with the framework's own suspension.
 */
export interface Guard {
  /** Stages 1 to 5: decides, without any effect. */
  check(call: ToolCall, context: ContextInput | undefined): Promise<Decision>;
  /**
   * All nine stages: decides anew and, on a permit, runs the tool once with the canonical
   * arguments. A decision handed in from outside is never trusted.
   */
  execute<T>(call: ToolCall, context: ContextInput | undefined, run: Run<T>): Promise<Outcome<T>>;
  /**
   * The definitions that the principal may use at all, by the same compiled policy that enforces.
   * Hiding is comfort, not enforcement. Empty when there is no verified identity.
   */
  visibleTools<D extends DefinitionLike>(
    definitions: readonly D[],
    context: ContextInput | undefined,
    options?: VisibleToolsOptions,
  ): Promise<readonly D[]>;
  /**
   * A copy of messages or prompts without the definitions of tools that the principal may not
   * use, and without what the configured scanner finds. Bytes, URLs and files pass unchanged.
   */
  redact<M>(messages: M, context: ContextInput | undefined): Promise<M>;
  /** Stores the pending approval of a decision that this guard made; idempotent. */
  requestApproval(decision: Decision): Promise<ApprovalRecord>;
  /**
   * Records a proven answer.
   *
   * @throws {PortcullisError} `ERR_APPROVAL_INVALID` when the request is unknown, closed, late,
   * of another version, or the proof does not hold.
   */
  answerApproval(answer: ApprovalAnswer): Promise<ApprovalRecord>;
  /** Pending approvals, oldest first. */
  listApprovals(): Promise<readonly ApprovalRecord[]>;
  /**
   * Adds the token use of one model request, before the calls that it proposed; `undefined` where
   * the provider does not tell it, which token budgets deny from then on until the next report.
   * While it rejects, nothing may be taken for counted.
   */
  reportUsage(context: ContextInput, usage: Usage | undefined): Promise<void>;
  /** The policy in force now. */
  policy(): Promise<PolicyRef>;
  /** The scope of the call during which this runs, for nested tools. */
  currentScope(): Scope | undefined;
}
