import type { CallContext } from "../call-context.ts";

/** The call during which code runs. */
export interface Scope {
  readonly context: CallContext;
  readonly callId: string;
}

/** Carries the request context into nested tools. It carries context, never permission. */
export interface ScopePort {
  /** The innermost scope, if any. */
  current(): Scope | undefined;
  /** Runs `work` within a scope. */
  run<T>(scope: Scope, work: () => T): T;
}
