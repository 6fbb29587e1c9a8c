import type { DenialCode } from "../denial.ts";
import type { PolicyObservation } from "../ports/policy-source.ts";
import { Refusal } from "../refusal.ts";
import { admit } from "../stages/admit.ts";
import { decide } from "../stages/decide.ts";
import { validate } from "../stages/validate.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { CallState } from "./call-state.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { loadValues } from "./load-values.ts";

/**
 * Tells the source of the policy how it fared with one call, and how its shadow would have. It
 * happens after the decision, changes nothing and never rejects.
 */
export async function observePolicy(
  runtime: GuardRuntime,
  state: CallState,
  code?: DenialCode,
): Promise<void> {
  const { observer } = runtime;
  const { policy } = state;
  if (observer === undefined || policy === undefined) return;
  try {
    const outcome = state.verdict ?? "permit";
    const erred = (code !== undefined && ERRORS.has(code)) || hasErredRule(state);
    const own = { digest: policy.ref.digest, outcome, erred };
    const shadow = await tryShadow(runtime, state);
    observer(shadow === undefined ? own : { ...own, shadow });
  } catch {
    // Nothing rests on an observation.
  }
}

/** Denials that say that the policy could not be evaluated or fulfilled. */
const ERRORS: ReadonlySet<DenialCode> = new Set([
  "evaluation-failed",
  "work-exceeded",
  "obligation-failed",
  "obligation-conflict",
  "timed-out",
]);

async function tryShadow(
  runtime: GuardRuntime,
  state: CallState,
): Promise<PolicyObservation["shadow"]> {
  const shadow = await runtime.policy.shadow();
  if (shadow === undefined) return undefined;
  const { digest } = shadow.ref;
  try {
    const { outcome, erred } = await decideShadow(runtime, state, shadow);
    return { digest, outcome, erred };
  } catch (cause) {
    return { digest, outcome: "deny", erred: !(cause instanceof Refusal) };
  }
}

async function decideShadow(
  runtime: GuardRuntime,
  { call, caller, inspected, validated: own }: CallState,
  shadow: ActivePolicy,
): Promise<Pick<PolicyObservation, "outcome" | "erred">> {
  if (caller === undefined || inspected === undefined) throw new Refusal("no-applicable-rule");
  await admit(runtime, shadow, call);
  // The tool author's schema has run; the credential is bound to what runs, and a shadow never does.
  const { schemas: _schemas, ...options } = runtime.options;
  const args = own?.args ?? call.args;
  const target = { tool: call.tool, args };
  const validated = await validate({ ...runtime, options }, shadow, target, undefined);
  const { snapshot } = inspected;
  const now = runtime.clock.now();
  const asked = { tool: call.tool, caller, snapshot, args: validated.args, now };
  const values = await loadValues(runtime, shadow, asked);
  const { evaluation, obligations } = await decide(runtime, shadow, {
    tool: call.tool,
    caller: { ...caller, credential: undefined },
    validated,
    snapshot,
    values,
    now,
  });
  const erred = evaluation.rules.some((rule) => rule.erred);
  if (evaluation.verdict === "deny") return { outcome: "deny", erred };
  const needsApproval = obligations.approval !== undefined || call.requireApproval === true;
  return { outcome: needsApproval ? "approval-required" : "permit", erred };
}

function hasErredRule({ decided }: CallState): boolean {
  return decided?.evaluation.rules.some((rule) => rule.erred) === true;
}
