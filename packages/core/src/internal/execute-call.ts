import type { ContextInput } from "../call-context.ts";
import type { Outcome } from "../decision.ts";
import type { Run } from "../guard.ts";
import { releaseReservation } from "../stages/fulfil.ts";
import { record } from "../stages/record.ts";
import type { ToolCall } from "../tool-call.ts";
import type { CallState } from "./call-state.ts";
import { beginCall, readCall, readSignal } from "./call-state.ts";
import { createDeadline } from "./deadline.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { notifyQuietly } from "./notify-quietly.ts";
import type { PreparedCall } from "./prepare-call.ts";
import { ApprovalNeeded, prepareCall } from "./prepare-call.ts";
import { closeSession, settleCall } from "./settle-call.ts";
import { toDecision } from "./to-decision.ts";

/**
 * All nine stages of one call.
 *
 * It rejects only with the caller's abort reason or the framework's own suspension.
 */
export async function executeCall<T>(
  runtime: GuardRuntime,
  call: { readonly call: ToolCall; readonly context: ContextInput | undefined },
  run: Run<T>,
): Promise<Outcome<T>> {
  const state = beginCall(runtime, call.call);
  const deadline = createDeadline(runtime.clock, runtime.timeoutMs, readSignal(call.context));
  let preparing: Promise<PreparedCall> | undefined;
  let prepared: PreparedCall;
  try {
    deadline.check();
    state.call = withParent(runtime, readCall(call.call));
    preparing = prepareCall(runtime, state, { context: call.context, deadline });
    prepared = await deadline.race(preparing);
  } catch (cause) {
    abandon(runtime, preparing);
    if (!deadline.isAbort(cause)) return await refuse(runtime, state, cause);
    await closeSession(runtime, state, "failed");
    await record(runtime, state, { phase: "outcome", action: "deny", result: "aborted" });
    throw cause;
  } finally {
    deadline.dispose();
  }
  return settleCall(runtime, state, prepared, run);
}

function withParent(runtime: GuardRuntime, call: ToolCall): ToolCall {
  const parentCallId = call.parentCallId ?? runtime.scope.current()?.callId;
  return parentCallId === undefined ? call : { ...call, parentCallId };
}

/** Gives back what a preparation reserves that nobody waits for any more. */
function abandon(runtime: GuardRuntime, preparing: Promise<PreparedCall> | undefined): void {
  void preparing?.then(
    ({ reservation }) => releaseReservation(runtime, reservation),
    () => undefined,
  );
}

async function refuse(
  runtime: GuardRuntime,
  state: CallState,
  cause: unknown,
): Promise<Outcome<never>> {
  if (cause instanceof ApprovalNeeded) {
    const { id, expiresAt } = cause.record;
    const standing = { kind: "approval-required", cause, id, terms: cause.terms, expiresAt } as const;
    const decision = toDecision(state, standing, runtime.clock.now());
    if (decision.outcome === "approval-required") {
      await closeSession(runtime, state, "approval-required");
      await record(runtime, state, {
        phase: "outcome",
        action: "approval-required",
        result: "approval-required",
        code: decision.denial.code,
        approvalId: id,
      });
      return { kind: "approval-required", decision, denial: decision.denial };
    }
  }
  state.verdict ??= "deny";
  const decision = toDecision(state, { kind: "deny", cause }, runtime.clock.now());
  if (decision.outcome !== "deny") throw new TypeError("A refusal was turned into a permit.");
  const { denial } = decision;
  await closeSession(runtime, state, "denied");
  await record(runtime, state, {
    phase: "outcome",
    action: "deny",
    result: "denied",
    code: denial.code,
  });
  tellAboutRisk(runtime, state, denial.code);
  return { kind: "denied", decision, denial };
}

function tellAboutRisk(runtime: GuardRuntime, state: CallState, code: string): void {
  const told = state.policy?.document.risk.deny?.notify;
  if (code !== "risk-too-high" || told === undefined) return;
  notifyQuietly(runtime, {
    channel: told.channel,
    priority: "critical",
    event: "call-refused",
    decisionId: state.decisionId,
    tool: state.call.tool,
    text: "A call was refused because its risk is too high.",
  });
}
