import type { ApprovalBinding, ApprovalUse } from "../approvals/approval-ledger.ts";
import type { ContextInput } from "../call-context.ts";
import { evaluateCost } from "../evaluate-cost.ts";
import { limitDemands } from "../limits/limit-demands.ts";
import { mergeObligations, NO_OBLIGATIONS } from "../merge-obligations.ts";
import type { ApprovalTerms } from "../policy-document.ts";
import type { ApprovalRecord } from "../ports/approval-store.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import { Refusal } from "../refusal.ts";
import type { Fulfilled, Grant } from "../stages/fulfil.ts";
import { fulfil, SoftLimitCrossed } from "../stages/fulfil.ts";
import { toRecord } from "../stages/record.ts";
import type { CallState } from "./call-state.ts";
import type { Deadline } from "./deadline.ts";
import { decideCall } from "./decide-call.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import { notifyQuietly } from "./notify-quietly.ts";
import { toEvaluationRequest } from "./to-evaluation-request.ts";

/** A call that may run now. */
export interface PreparedCall extends Fulfilled {
  /** Identifies the call among suspended ones. */
  readonly suspensionKey: string;
  /** How often it was suspended before. */
  readonly suspensions: number;
  /** The grant that was consumed for it. */
  readonly grant: Grant | undefined;
}

/** A call that waits for a person; its request is stored. */
export class ApprovalNeeded extends Refusal {
  readonly record: ApprovalRecord;
  readonly terms: ApprovalTerms;

  constructor(refusal: Refusal, record: ApprovalRecord, terms: ApprovalTerms) {
    super(refusal.code, refusal.detail);
    this.record = record;
    this.terms = terms;
  }
}

/**
 * Stages 1 to 6 of a call that is to run.
 *
 * @throws {Refusal} when it may not; {@link ApprovalNeeded} when a person must answer first.
 */
export async function prepareCall(
  runtime: GuardRuntime,
  state: CallState,
  work: { readonly context: ContextInput | undefined; readonly deadline: Deadline },
): Promise<PreparedCall> {
  const decided = await decideCall(runtime, state, { ...work, append: true });
  state.decisionMs = runtime.clock.monotonic() - state.begunAt;
  const { policy, entry, caller, validated } = state;
  if (policy === undefined || entry === undefined || caller === undefined) {
    throw new Refusal("evaluation-failed");
  }
  const shadow = policy.document.mode === "shadow";
  const args = shadow ? validated : state.decided?.validated;
  if (args === undefined) throw new Refusal("evaluation-failed");
  if (decided.approval !== undefined) {
    const cause = new Refusal("approval-required");
    await refuseWithoutGrant(runtime, state, decided.binding, { use: decided.approval, cause });
  }
  work.deadline.check();
  const suspensionKey = JSON.stringify([caller.sessionKey, state.call.callId, args.argsDigest]);
  const suspended = runtime.suspended.take(suspensionKey);
  const demands = shadow ? [] : listDemands(runtime, state, args.args);
  const intent = await toRecord(runtime, state, { phase: "intent", action: "permit" });
  const attempt = (grant: Grant | undefined): Promise<Fulfilled> =>
    fulfil(
      runtime,
      {
        tool: state.call.tool,
        decisionId: state.decisionId,
        args: args.args,
        demands,
        reservation: suspended?.reservation,
        obligations: shadow ? undefined : state.decided?.obligations,
        grant,
        credential: caller.credential,
        intent,
      },
      work.deadline,
    );
  const { binding, approval } = decided;
  let grant: Grant | undefined =
    approval === undefined ? undefined : { binding, use: approval, coversSoftLimits: false };
  let fulfilled: Fulfilled;
  try {
    fulfilled = await attempt(grant);
  } catch (cause) {
    if (cause instanceof SoftLimitCrossed) {
      const terms = uniteTerms(approval?.terms, policy.document.approval);
      const use = { terms, callId: state.call.callId };
      await refuseWithoutGrant(runtime, state, binding, { use, cause });
      grant = { binding, use, coversSoftLimits: true };
      fulfilled = await attempt(grant);
    } else {
      // Another call was faster to use up the grant: this one has to be asked for anew.
      if (grant !== undefined && isUsedUp(cause)) {
        await refuseWithoutGrant(runtime, state, binding, { use: grant.use, cause });
      }
      throw cause;
    }
  }
  delete state.decisionMs;
  const suspensions = suspended?.times ?? 0;
  return { ...fulfilled, suspensionKey, suspensions, grant };
}

function uniteTerms(demanded: ApprovalTerms | undefined, soft: ApprovalTerms): ApprovalTerms {
  if (demanded === undefined) return soft;
  const parts = [demanded, soft].map((approval) => ({ ...NO_OBLIGATIONS, approval }));
  const merged = mergeObligations(parts);
  if (merged === "conflict") throw new Refusal("obligation-conflict");
  return merged.approval ?? soft;
}

function isUsedUp(cause: unknown): cause is Refusal {
  if (!(cause instanceof Refusal)) return false;
  return cause.code === "approval-required" || cause.code === "approval-expired";
}

/** Asks for the approval unless a usable grant is there. */
async function refuseWithoutGrant(
  runtime: GuardRuntime,
  state: CallState,
  binding: ApprovalBinding,
  demand: { readonly use: ApprovalUse; readonly cause: Refusal },
): Promise<void> {
  const { use, cause } = demand;
  const { terms } = use;
  const standing = await runtime.approvals.look(binding, use);
  if (standing.state === "granted") return;
  if (standing.state === "refused") throw new Refusal("approval-refused");
  const code = standing.state === "expired" ? "approval-expired" : cause.code;
  state.verdict = "approval-required";
  const record = await runtime.approvals.request(binding, use);
  if (standing.state !== "pending") {
    notifyQuietly(runtime, {
      channel: terms.queue,
      priority: terms.priority,
      event: "approval-requested",
      decisionId: state.decisionId,
      tool: state.call.tool,
      approvalId: record.id,
      text: "An agent asks for approval of a call.",
    });
  }
  throw new ApprovalNeeded(new Refusal(code, cause.detail), record, terms);
}

function listDemands(
  runtime: GuardRuntime,
  state: CallState,
  args: CanonicalArgs,
): readonly LimitDemand[] {
  const { policy, caller, inspected, call } = state;
  if (policy === undefined || caller === undefined || inspected === undefined) {
    throw new Refusal("evaluation-failed");
  }
  if (policy.document.limits.length === 0) return [];
  const request = toEvaluationRequest(caller, {
    tool: call.tool,
    args,
    snapshot: inspected.snapshot,
    now: runtime.clock.now(),
  });
  return limitDemands(policy.document, {
    tool: call.tool,
    principal: caller.principal,
    facts: caller.facts,
    sessionKey: caller.sessionKey,
    costOf: (limit) => evaluateCost(policy.compiled, limit, request),
  });
}
