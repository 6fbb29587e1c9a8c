import { platform } from "#platform";
import type { Signal } from "./abort.ts";
import type { ContextInput } from "./call-context.ts";
import type { Outcome } from "./decision.ts";
import { createDenial } from "./denial.ts";
import { PortcullisDeniedError, PortcullisToolError } from "./denied-error.ts";
import type { Guard, Run } from "./guard.ts";
import type { ToolCall } from "./tool-call.ts";

/** What {@link executeSafely} needs besides the call. */
export interface SafeExecution<T> {
  readonly guard: Guard;
  readonly context: ContextInput | undefined;
  readonly run: Run<T>;
  /** Signals of the framework and the adapter, merged with the context's own. */
  readonly signals: readonly (Signal | undefined)[];
}

/**
 * Calls `guard.execute` under the merged signals.
 *
 * It rejects with the abort reason alone; a guard that throws anything else, which the contract
 * rules out, is a denial whose text tells nothing of the error. The framework's own suspension
 * passes untouched.
 *
 * @throws {PortcullisDeniedError} `ERR_POLICY_DENIED` when the guard itself throws.
 */
export async function executeSafely<T>(
  call: ToolCall,
  { guard, context, run, signals }: SafeExecution<T>,
): Promise<Outcome<T>> {
  const all = [...signals, context?.signal].filter((signal) => signal !== undefined);
  const signal = platform.anySignal(all);
  signal.throwIfAborted();
  try {
    return await guard.execute(call, context && { ...context, signal }, run);
  } catch (cause) {
    if (isSuspension(call, cause)) throw cause;
    const denial = createDenial("evaluation-failed", { decisionId: "d_unrecorded" });
    throw new PortcullisDeniedError(denial);
  } finally {
    // Whatever came of an aborted call is dropped.
    signal.throwIfAborted();
  }
}

/**
 * Gives the value of a completed call and throws for every other outcome.
 *
 * @throws {PortcullisDeniedError} `ERR_POLICY_DENIED` when the call was denied.
 * @throws {PortcullisDeniedError} `ERR_APPROVAL_REQUIRED` when a person must answer first.
 * @throws {PortcullisToolError} `ERR_TOOL_FAILED` when the tool itself threw.
 */
export function toValue<T>(outcome: Outcome<T>): T {
  if (outcome.kind === "denied") throw new PortcullisDeniedError(outcome.denial);
  if (outcome.kind === "approval-required") throw new PortcullisDeniedError(outcome.denial);
  if (outcome.kind === "failed") throw new PortcullisToolError(outcome.error);
  return outcome.value;
}

function isSuspension(call: ToolCall, cause: unknown): boolean {
  try {
    return call.isSuspension?.(cause) === true;
  } catch {
    return false;
  }
}
