import type { ApprovalBinding, ApprovalUse } from "../approvals/approval-ledger.ts";
import type { ContextInput } from "../call-context.ts";
import { evaluateCost } from "../evaluate-cost.ts";
import { evaluatePolicy } from "../evaluate-policy.ts";
import { limitDemands } from "../limits/limit-demands.ts";
import { mergeObligations, NO_OBLIGATIONS } from "../merge-obligations.ts";
import type { ApprovalTerms } from "../policy-document.ts";
import type { ApprovalRecord } from "../ports/approval-store.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import { withinCeiling } from "../within-ceiling.ts";
import { Refusal } from "../refusal.ts";
import type { Fulfilled, Grant } from "../stages/fulfil.ts";
import { fulfil, SoftLimitCrossed } from "../stages/fulfil.ts";
import { toRecord } from "../stages/record.ts";
import type { CallState } from "./call-state.ts";
import type { Deadline } from "./deadline.ts";
import type { DecidedCall } from "./decide-call.ts";
import { decideCall } from "./decide-call.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import type { RestoredArgs } from "./restore-args.ts";
import { restoreArgs } from "./restore-args.ts";
import { loadValues } from "./load-values.ts";
import { notifyQuietly } from "./notify-quietly.ts";
import type { SuspendedCall } from "./suspended-calls.ts";
import { toEvaluationRequest } from "./to-evaluation-request.ts";

/** A call that may run now. */
export interface PreparedCall extends Fulfilled {
  /** Identifies the call among suspended ones. */
  readonly suspensionKey: string;
  /** What its suspension had kept, where this is a resume. */
  readonly resumed: SuspendedCall | undefined;
  /** The grant that was consumed for it. */
  readonly grant: Grant | undefined;
  /** What the tool gets where placeholders were put back. */
  readonly restored: RestoredArgs | undefined;
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
  const restored = await restoreCall(runtime, state, args.args);
  // All that an approval is bound to: a call that differs in any of it never gets the reservation.
  const bound = JSON.stringify([decided.binding, state.call.callId]);
  const suspensionKey = await runtime.digest.sha256(bound);
  work.deadline.check();
  const resumed = runtime.suspended.take(suspensionKey);
  try {
    const ready = await fulfilCall(runtime, state, {
      ...work,
      decided,
      args: args.args,
      runArgs: restored?.args ?? args.args,
      resumed,
    });
    delete state.decisionMs;
    return { ...ready, suspensionKey, resumed, restored };
  } catch (cause) {
    // It has run in part already, so its reservation is never given back.
    if (resumed !== undefined) runtime.suspended.keep(suspensionKey, resumed);
    throw cause;
  }
}

/**
 * The arguments of the run where the catalogue lets placeholders be put back. They must fit the
 * schema, the ceiling and the policy as well: the value may be of an attacker's making, and what the
 * rules have read was its placeholder. Whatever else looks at the call sees the placeholders.
 */
async function restoreCall(
  runtime: GuardRuntime,
  state: CallState,
  args: CanonicalArgs,
): Promise<RestoredArgs | undefined> {
  const { policy, entry, caller, call } = state;
  if (policy === undefined || caller === undefined || entry?.restore === undefined)
    return undefined;
  const restored = restoreArgs(args, entry.restore, runtime.vault.session(caller.sessionKey));
  if (restored.values.size === 0) return undefined;
  const checked = policy.validators.get(call.tool)?.validate(restored.args);
  if (checked?.ok !== true) throw new Refusal("arguments-invalid");
  if (!withinCeiling(caller.principal.ceiling, call.tool, restored.args)) {
    throw new Refusal("not-delegated");
  }
  if (policy.document.mode !== "shadow") await decideRestored(runtime, state, restored.args);
  return restored;
}

/** Refuses what the rules forbid, or ask more for, once the values stand in their places. */
async function decideRestored(
  runtime: GuardRuntime,
  { policy, caller, call, decided, inspected }: CallState,
  args: CanonicalArgs,
): Promise<void> {
  if (policy === undefined || caller === undefined) throw new Refusal("evaluation-failed");
  if (decided === undefined || inspected === undefined) throw new Refusal("evaluation-failed");
  const { snapshot } = inspected;
  const at = { tool: call.tool, caller, snapshot, args, now: runtime.clock.now() };
  const values = await loadValues(runtime, policy, at);
  const again = evaluatePolicy(policy.compiled, toEvaluationRequest(caller, { ...at, ...values }));
  if (again.verdict !== "permit") throw new Refusal("obligation-failed");
  // What more they ask for has been neither fulfilled nor approved.
  const fulfilled = JSON.stringify(decided.evaluation.obligations);
  if (JSON.stringify(again.obligations) !== fulfilled) throw new Refusal("obligation-failed");
}

/** Stage 6, with the approval that a crossed soft limit asks for. */
async function fulfilCall(
  runtime: GuardRuntime,
  state: CallState,
  work: {
    readonly decided: DecidedCall;
    readonly args: CanonicalArgs;
    /** The same for whoever runs the tool, dry too. */
    readonly runArgs: CanonicalArgs;
    readonly resumed: SuspendedCall | undefined;
    readonly deadline: Deadline;
  },
): Promise<Fulfilled & Pick<PreparedCall, "grant">> {
  const { policy, caller } = state;
  if (policy === undefined || caller === undefined) throw new Refusal("evaluation-failed");
  const { args, resumed } = work;
  const { binding, approval } = work.decided;
  const shadow = policy.document.mode === "shadow";
  const demands = shadow ? [] : listDemands(runtime, state, args);
  const intent = await toRecord(runtime, state, { phase: "intent", action: "permit" });
  const attempt = async (
    grant: Grant | undefined,
  ): Promise<Fulfilled & Pick<PreparedCall, "grant">> => {
    const input = {
      tool: state.call.tool,
      decisionId: state.decisionId,
      args: work.runArgs,
      demands,
      reservation: resumed?.reservation,
      obligations: shadow ? undefined : state.decided?.obligations,
      grant,
      credential: caller.credential,
      intent,
    };
    return { ...(await fulfil(runtime, input, work.deadline)), grant };
  };
  const attemptOverSoftLimit = async (cause: Refusal): ReturnType<typeof attempt> => {
    const terms = uniteTerms(approval?.terms, policy.document.approval);
    const use = { terms, callId: state.call.callId };
    await refuseWithoutGrant(runtime, state, binding, { use, cause });
    return attempt({ binding, use, coversSoftLimits: true });
  };

  if (resumed?.overSoftLimit === true) return attemptOverSoftLimit(new SoftLimitCrossed([]));
  const grant =
    approval === undefined ? undefined : { binding, use: approval, coversSoftLimits: false };
  try {
    return await attempt(grant);
  } catch (cause) {
    if (cause instanceof SoftLimitCrossed) return attemptOverSoftLimit(cause);
    // Another call was faster to use up the grant: this one has to be asked for anew.
    if (grant !== undefined && isUsedUp(cause)) {
      await refuseWithoutGrant(runtime, state, binding, { use: grant.use, cause });
    }
    throw cause;
  }
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
    ...state.decided?.values,
  });
  const { lastUsage } = inspected.snapshot;
  return limitDemands(policy.document, {
    tool: call.tool,
    principal: caller.principal,
    facts: caller.facts,
    sessionKey: caller.sessionKey,
    costOf: (limit) => evaluateCost(policy.compiled, limit, request),
    ...(lastUsage === undefined ? {} : { usage: lastUsage }),
  });
}
