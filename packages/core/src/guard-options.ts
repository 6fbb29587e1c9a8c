import type { PolicyDocument } from "./policy-document.ts";
import type { ApprovalStore, ApprovalVerifier } from "./ports/approval-store.ts";
import type { CredentialVerifier, RoleResolver } from "./ports/credential-verifier.ts";
import type { DecisionSink } from "./ports/decision-sink.ts";
import type { DefinitionInspector } from "./ports/definition-inspector.ts";
import type { DryRunner } from "./ports/dry-runner.ts";
import type { FactProvider } from "./ports/fact-provider.ts";
import type { LimitStore } from "./ports/limit-store.ts";
import type { Notifier } from "./ports/notifier.ts";
import type { PatternMatcher } from "./ports/pattern-matcher.ts";
import type { PolicySource } from "./ports/policy-source.ts";
import type { Clock, Digest, Random } from "./ports/runtime.ts";
import type { Scanner } from "./ports/scanner.ts";
import type { ScopePort } from "./ports/scope-port.ts";
import type { SessionStore } from "./ports/session-store.ts";
import type { StandardSchema } from "./standard-schema.ts";

/**
 * The parts of a guard. Only `policy` is required: every store has an in-memory default, and what
 * has no default (a token verifier, a scanner, a dry runner) denies the calls that need it.
 */
export interface GuardOptions {
  /** A policy document, or a source that may swap it. */
  readonly policy: PolicyDocument | PolicySource;
  /**
   * The tool author's own schemas by policy name, run as they are and before the catalogue's
   * `input`; what they transform is the object decided on. Leave a tool out where the framework
   * has run the same transforming schema already.
   */
  readonly schemas?: Readonly<Record<string, StandardSchema>>;
  /** Verifies task tokens; without it a token is denied. */
  readonly credentials?: CredentialVerifier;
  /** Live roles beside those of the policy and the principal. */
  readonly roles?: RoleResolver;
  /** Typed facts that conditions may use. */
  readonly facts?: readonly FactProvider[];
  /** Runs patterns that are not of the native class. */
  readonly matcher?: PatternMatcher;
  /** Finds what `redact` obligations remove; a policy with such obligations needs it. */
  readonly scanner?: Scanner;
  /**
   * Finds signs of injected instructions and hidden text in results. A finding of whatever kind puts
   * the label `suspicious` on the result and its session, for rules to read; it withholds nothing.
   */
  readonly signals?: Scanner;
  /** Inspects tool definitions. */
  readonly definitions?: DefinitionInspector;
  /** Fulfils `dryRun` obligations. */
  readonly dryRunner?: DryRunner;
  /** Default in memory. */
  readonly limits?: LimitStore;
  /** Default in memory. */
  readonly approvals?: ApprovalStore;
  /** Checks approvers' proofs; without it no answer is accepted. */
  readonly approvalVerifier?: ApprovalVerifier;
  /** Default in memory. */
  readonly sessions?: SessionStore;
  /** Default in memory, the last 10 000 records. */
  readonly sink?: DecisionSink;
  /** Default none: notifications are dropped, required ones deny. */
  readonly notifier?: Notifier;
  /** Default the platform's. */
  readonly digest?: Digest;
  /** Default the platform's. */
  readonly random?: Random;
  /** Default the platform's. */
  readonly clock?: Clock;
  /** Default the platform's: `AsyncLocalStorage` on Node. */
  readonly scope?: ScopePort;
  /** Longest time from admission to the run, in milliseconds. Default 5 000. */
  readonly timeoutMs?: number;
  /**
   * Secret of this deployment, at least 32 characters: keys the HMACs in logs and approval
   * records. Default random, so logs of two processes cannot be correlated and approvals do not
   * survive a restart.
   */
  readonly deploymentKey?: string;
}
