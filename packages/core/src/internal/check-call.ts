import type { ContextInput } from "../call-context.ts";
import type { Decision } from "../decision.ts";
import { Refusal } from "../refusal.ts";
import type { ToolCall } from "../tool-call.ts";
import { beginCall, readCall, readSignal } from "./call-state.ts";
import { createDeadline } from "./deadline.ts";
import type { DecidedCall } from "./decide-call.ts";
import { decideCall } from "./decide-call.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import type { Standing } from "./to-decision.ts";
import { toDecision } from "./to-decision.ts";

/** A decision with what is needed to store its approval request. */
export interface CheckedCall {
  readonly decision: Decision;
  /** Undefined when the call was refused before stage 5 ended. */
  readonly decided: DecidedCall | undefined;
}

/**
 * Stages 1 to 5, without any effect: no history, no counter, no record.
 *
 * It rejects only with the caller's abort reason.
 */
export async function checkCall(
  runtime: GuardRuntime,
  call: ToolCall,
  context: ContextInput | undefined,
): Promise<CheckedCall> {
  const state = beginCall(runtime, call);
  const deadline = createDeadline(runtime.clock, runtime.timeoutMs, readSignal(context));
  try {
    state.call = readCall(call);
    const work = { context, append: false, deadline };
    const decided = await deadline.race(decideCall(runtime, state, work));
    const standing = await deadline.race(toStanding(runtime, decided));
    if (standing.kind === "approval-required") state.verdict = standing.kind;
    return { decision: toDecision(state, standing, runtime.clock.now()), decided };
  } catch (cause) {
    if (deadline.isAbort(cause)) throw cause;
    state.verdict ??= "deny";
    const decision = toDecision(state, { kind: "deny", cause }, runtime.clock.now());
    return { decision, decided: undefined };
  } finally {
    deadline.dispose();
  }
}

async function toStanding(runtime: GuardRuntime, decided: DecidedCall): Promise<Standing> {
  const { approval, binding } = decided;
  if (approval === undefined) return { kind: "permit" };
  const view = await runtime.approvals.look(binding, approval);
  if (view.state === "granted") return { kind: "permit" };
  if (view.state === "refused") return { kind: "deny", cause: new Refusal("approval-refused") };
  const pending = view.state === "pending" ? view.record : undefined;
  return {
    kind: "approval-required",
    cause: new Refusal(view.state === "expired" ? "approval-expired" : "approval-required"),
    id: view.id,
    terms: pending?.terms ?? approval.terms,
    expiresAt: pending?.expiresAt ?? runtime.clock.now() + approval.terms.expiresSeconds * 1000,
  };
}
