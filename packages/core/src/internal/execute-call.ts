import type { ContextInput } from "../call-context.ts";
import type { Outcome } from "../decision.ts";
import type { Denial } from "../denial.ts";
import type { Run } from "../guard.ts";
import { releaseReservation } from "../stages/fulfil.ts";
import type { CallOutcome } from "../ports/session-store.ts";
import type { RecordInput } from "../stages/record.ts";
import { record } from "../stages/record.ts";
import type { ToolCall } from "../tool-call.ts";
import type { CallState } from "./call-state.ts";
import { beginCall, readCall, readSignal } from "./call-state.ts";
import { createDeadline } from "./deadline.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { withoutHanging } from "./in-time.ts";
import { notifyQuietly } from "./notify-quietly.ts";
import { observePolicy } from "./observe-policy.ts";
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
    abandon(runtime, state, preparing);
    state.decisionMs ??= runtime.clock.monotonic() - state.begunAt;
    if (!deadline.isAbort(cause)) {
      const refused = await refuse(runtime, state, cause);
      void observePolicy(runtime, state, refused.denial.code);
      return refused;
    }
    const ended = { phase: "outcome", action: "deny", result: "aborted" } as const;
    await end(runtime, state, "failed", ended);
    throw cause;
  } finally {
    deadline.dispose();
  }
  void observePolicy(runtime, state);
  return settleCall(runtime, state, prepared, run);
}

function withParent(runtime: GuardRuntime, call: ToolCall): ToolCall {
  const parentCallId = call.parentCallId ?? runtime.scope.current()?.callId;
  return parentCallId === undefined ? call : { ...call, parentCallId };
}

/**
 * Ends a preparation that nobody waits for any more: what it reserves is given back, or kept where
 * the call has run in part, and an entry that it still makes in the history does not stay open.
 */
function abandon(
  runtime: GuardRuntime,
  state: CallState,
  preparing: Promise<PreparedCall> | undefined,
): void {
  const drop = async ({ resumed, suspensionKey, reservation }: PreparedCall): Promise<void> => {
    if (resumed === undefined) await releaseReservation(runtime, reservation);
    else runtime.suspended.keep(suspensionKey, resumed);
  };
  const wasOpen = state.inspected !== undefined;
  void preparing?.then(drop, () => (wasOpen ? undefined : closeSession(runtime, state, "denied")));
}

async function refuse(
  runtime: GuardRuntime,
  state: CallState,
  cause: unknown,
): Promise<Extract<Outcome<never>, { readonly denial: Denial }>> {
  if (cause instanceof ApprovalNeeded) {
    const { id, expiresAt } = cause.record;
    const standing = {
      kind: "approval-required",
      cause,
      id,
      terms: cause.terms,
      expiresAt,
    } as const;
    const decision = toDecision(state, standing, runtime.clock.now());
    if (decision.outcome === "approval-required") {
      await end(runtime, state, "approval-required", {
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
  await end(runtime, state, "denied", {
    phase: "outcome",
    action: "deny",
    result: "denied",
    code: denial.code,
    ...(denial.rule === undefined ? {} : { rule: denial.rule.id }),
  });
  tellAboutRisk(runtime, state, denial.code);
  return { kind: "denied", decision, denial };
}

/** Notes the end of a call that did not run; a store that hangs does not hold up the refusal. */
function end(
  runtime: GuardRuntime,
  state: CallState,
  outcome: CallOutcome,
  ended: RecordInput,
): Promise<void> {
  const work = async (): Promise<void> => {
    await closeSession(runtime, state, outcome);
    await record(runtime, state, ended);
  };
  return withoutHanging(runtime, work());
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
