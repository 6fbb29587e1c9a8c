import type { ContextInput } from "../call-context.ts";
import { checkUsage } from "../limits/check-usage.ts";
import { tokenSpends } from "../limits/limit-demands.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import type { Usage } from "../ports/session-store.ts";
import { PortcullisError } from "../errors.ts";
import { authenticate } from "../stages/authenticate.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/**
 * Counts the token use of one model request: in every budget of tokens first, in the session last,
 * so that a session never shows a use that its budgets have not seen.
 *
 * @throws {TypeError} when the use is negative or not finite.
 * @throws {Refusal} when nobody is known to have used them.
 * @throws {PortcullisError} `ERR_STORE_UNAVAILABLE` when a store cannot count them.
 */
export async function reportUsage(
  runtime: GuardRuntime,
  context: ContextInput,
  usage: Usage | undefined,
): Promise<void> {
  const counted = usage === undefined ? undefined : checkUsage(usage);
  const policy = await runtime.policy.current();
  const subject = { tool: "", entry: undefined, isCall: false };
  const caller = await authenticate(runtime, policy, subject, context);
  const { principal, facts, sessionKey } = caller;
  if (counted !== undefined) {
    const tokens = counted.inputTokens + counted.outputTokens;
    await spend(runtime, tokenSpends(policy.document, { principal, facts, sessionKey, tokens }));
  }
  await runtime.sessions.addUsage(sessionKey, counted);
}

async function spend(runtime: GuardRuntime, demands: readonly LimitDemand[]): Promise<void> {
  if (demands.length === 0) return;
  const answer = await runtime.limits.reserve(demands);
  if (!answer.ok) {
    throw new PortcullisError("ERR_STORE_UNAVAILABLE", "The token use could not be counted.", {
      fields: { reason: "full" },
    });
  }
  try {
    await runtime.limits.settle(answer.id);
  } catch {
    // The counters keep what was reserved.
  }
}
