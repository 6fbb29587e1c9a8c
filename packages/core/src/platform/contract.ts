import type { AbortHandle } from "../abort.ts";
import type { Clock, Digest, Random } from "../ports/runtime.ts";
import type { ScopePort } from "../ports/scope-port.ts";

/** The defaults that a runtime gives core. */
export interface Platform {
  readonly digest: Digest;
  readonly random: Random;
  readonly clock: Clock;
  /** A fresh abort controller. */
  createAbort(): AbortHandle;
  /** A fresh scope for one guard. */
  createScope(): ScopePort;
}

export declare const platform: Platform;
