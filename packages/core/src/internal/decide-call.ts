import type { ApprovalBinding, ApprovalUse } from "../approvals/approval-ledger.ts";
import type { ContextInput } from "../call-context.ts";
import type { ApprovalTerms } from "../policy-document.ts";
import { Refusal } from "../refusal.ts";
import { admit } from "../stages/admit.ts";
import { authenticate } from "../stages/authenticate.ts";
import { decide } from "../stages/decide.ts";
import { inspect } from "../stages/inspect.ts";
import { validate } from "../stages/validate.ts";
import type { CallState } from "./call-state.ts";
import type { Deadline } from "./deadline.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { toEvaluationRequest } from "./to-evaluation-request.ts";
import { loadValues, toKeptArguments } from "./load-values.ts";

/** A call that the policy permits, with the approval it may still need. */
export interface DecidedCall {
  /** What an approval of exactly this call is bound to. */
  readonly binding: ApprovalBinding;
  /** The approval that is demanded, if any. */
  readonly approval: ApprovalUse | undefined;
}

/**
 * Stages 1 to 5. What is learnt goes into `state` stage by stage.
 *
 * @throws {Refusal} whatever the stages refuse with; in shadow mode the verdict of stage 5 is only
 * noted, but for what was never delegated: that is not the policy's to say.
 */
export async function decideCall(
  runtime: GuardRuntime,
  state: CallState,
  work: {
    readonly context: ContextInput | undefined;
    /** Whether the call enters the session's history. */
    readonly append: boolean;
    readonly deadline: Deadline;
  },
): Promise<DecidedCall> {
  const { call } = state;
  const { deadline } = work;
  deadline.check();
  const policy = await runtime.policy.current(call.tool);
  state.policy = policy;
  const { entry } = await admit(runtime, policy, call);
  state.entry = entry;
  deadline.check();
  const subject = { tool: call.tool, entry, isCall: true };
  const caller = await authenticate(runtime, policy, subject, work.context).catch((cause) => {
    if (cause instanceof Refusal && cause.caller !== undefined) state.refused = cause.caller;
    throw cause;
  });
  state.caller = caller;
  deadline.check();
  const validated = await validate(runtime, policy, call, caller.credential);
  state.validated = validated;
  deadline.check();
  const kept = work.append
    ? await toKeptArguments(runtime, policy, { caller, args: validated.args })
    : undefined;
  state.inspected = await inspect(runtime, caller, {
    tool: call.tool,
    ref: work.append ? state.decisionId : undefined,
    unknownLabels: policy.declaredLabels,
    kept,
  });
  const { snapshot } = state.inspected;
  const now = runtime.clock.now();
  const { args } = validated;
  const values = await loadValues(runtime, policy, {
    tool: call.tool,
    caller,
    snapshot,
    args,
    now,
  });
  deadline.check();
  state.asked = toEvaluationRequest(caller, {
    tool: call.tool,
    args,
    snapshot,
    now,
    ...values,
  });
  const shadow = policy.document.mode === "shadow";
  try {
    state.decided = await decide(runtime, policy, {
      tool: call.tool,
      caller,
      validated,
      snapshot,
      values,
      now,
    });
    if (work.append && !shadow && state.decided.validated !== validated) {
      const { args: changed } = state.decided.validated;
      state.kept = await toKeptArguments(runtime, policy, { caller, args: changed });
    }
    refuseDenied(state.decided);
  } catch (cause) {
    state.verdict = "deny";
    const isVerdict = cause instanceof Refusal && cause.code !== "not-delegated";
    if (!(shadow && isVerdict)) throw cause;
  }
  const binding = {
    agent: caller.principal.agent.id,
    user: caller.principal.user?.id,
    chain: caller.principal.chain.map(({ id }) => id),
    tool: call.tool,
    argsDigest: (shadow ? validated : (state.decided?.validated ?? validated)).argsDigest,
    session: caller.sessionKey,
    policyDigest: policy.policyDigest,
  };
  await refuseOtherApproval(runtime, caller.credential?.approval, binding);
  const demanded = demandedApproval(state);
  if (shadow) state.verdict ??= demanded === undefined ? "permit" : "approval-required";
  // What the caller itself asks for is no verdict of the policy.
  const asked = call.requireApproval === true ? policy.document.approval : undefined;
  const terms = shadow ? asked : demanded;
  const approval = terms === undefined ? undefined : { terms, callId: call.callId };
  return { binding, approval };
}

function refuseDenied(decided: NonNullable<CallState["decided"]>): void {
  const { evaluation } = decided;
  if (evaluation.verdict === "permit") return;
  const { code, rule } = evaluation;
  if (rule === undefined) throw new Refusal(code ?? "no-applicable-rule");
  throw new Refusal(code ?? "forbidden-by-rule", {
    rule: rule.source === undefined ? { id: rule.id } : { id: rule.id, source: rule.source },
    ...(rule.message === undefined ? {} : { message: rule.message }),
    ...(rule.hint === undefined ? {} : { hint: rule.hint }),
  });
}

/** A token that was made for one approval authorises no other call. */
async function refuseOtherApproval(
  runtime: GuardRuntime,
  approval: string | undefined,
  binding: ApprovalBinding,
): Promise<void> {
  if (approval === undefined) return;
  if (approval !== (await runtime.approvals.approvalId(binding)))
    throw new Refusal("token-invalid");
}

function demandedApproval(state: CallState): ApprovalTerms | undefined {
  const demanded = state.decided?.obligations.approval;
  if (demanded !== undefined || state.call.requireApproval !== true) return demanded;
  return state.policy?.document.approval;
}
