import type { AbortHandle } from "../abort.ts";
import type { ApprovalLedger } from "../approvals/approval-ledger.ts";
import type { GuardOptions } from "../guard-options.ts";
import type { Clock, Digest, Random } from "../ports/runtime.ts";
import type { DecisionSink } from "../ports/decision-sink.ts";
import type { LimitStore } from "../ports/limit-store.ts";
import type { ScopePort } from "../ports/scope-port.ts";
import type { SessionStore } from "../ports/session-store.ts";
import type { PolicyObservation } from "../ports/policy-source.ts";
import type { PolicyActivator } from "./active-policy.ts";
import type { NoticedDefinitions } from "./noticed-definitions.ts";
import type { PlaceholderVault } from "./placeholder-vault.ts";
import type { SuspendedCalls } from "./suspended-calls.ts";

/** Everything the stages use, with defaults filled in. */
export interface GuardRuntime {
  readonly policy: PolicyActivator;
  /** Takes what each call says about the policies; undefined where nobody asks. */
  readonly observer: ((observation: PolicyObservation) => void) | undefined;
  readonly options: GuardOptions;
  readonly digest: Digest;
  readonly random: Random;
  readonly clock: Clock;
  readonly scope: ScopePort;
  readonly limits: LimitStore;
  readonly approvals: ApprovalLedger;
  readonly sessions: SessionStore;
  readonly sink: DecisionSink;
  readonly suspended: SuspendedCalls;
  readonly vault: PlaceholderVault;
  readonly noticed: NoticedDefinitions;
  readonly createAbort: () => AbortHandle;
  readonly timeoutMs: number;
  readonly deploymentKey: string;
}
