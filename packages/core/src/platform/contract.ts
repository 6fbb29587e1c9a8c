import type { AbortHandle, Signal } from "../abort.ts";
import type { Clock, Digest, Random } from "../ports/runtime.ts";
import type { ScopePort } from "../ports/scope-port.ts";

/** The defaults that a runtime gives core. */
export interface Platform {
  readonly digest: Digest;
  readonly random: Random;
  readonly clock: Clock;
  /** A fresh abort controller. */
  createAbort(): AbortHandle;
  /** A signal that aborts with the first of these, and with its reason. */
  anySignal(signals: readonly Signal[]): Signal;
  /** A fresh scope for one guard. */
  createScope(): ScopePort;
}

export declare const platform: Platform;
