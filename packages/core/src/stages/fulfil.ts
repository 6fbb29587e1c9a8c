import type { ApprovalBinding, ApprovalUse } from "../approvals/approval-ledger.ts";
import type { Deadline } from "../internal/deadline.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { MergedObligations } from "../merge-obligations.ts";
import type { DecisionRecord } from "../ports/decision-sink.ts";
import type { DryRunReport } from "../ports/dry-runner.ts";
import type { LimitDemand } from "../ports/limit-store.ts";
import type { Notification } from "../ports/notifier.ts";
import type { VerifiedCredential } from "../ports/credential-verifier.ts";
import { Refusal } from "../refusal.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import { toTokenRefusal } from "./authenticate.ts";

/** A grant that a person gave, to be used up. */
export interface Grant {
  readonly binding: ApprovalBinding;
  readonly use: ApprovalUse;
  /** Whether its terms hold for a crossed soft limit as well. */
  readonly coversSoftLimits: boolean;
}

/** A soft limit was crossed and no grant covers that. */
export class SoftLimitCrossed extends Refusal {
  constructor(limits: readonly string[]) {
    super(
      "approval-required",
      limits.length === 0 ? {} : { rule: { id: `limit:${limits.join(",")}` } },
    );
  }
}

/** What must be done before the tool may run. */
export interface FulfilInput {
  readonly tool: string;
  readonly decisionId: string;
  readonly args: CanonicalArgs;
  /** Counters to reserve; none in shadow mode. */
  readonly demands: readonly LimitDemand[];
  /** A reservation that a suspended call left open. */
  readonly reservation: string | undefined;
  /** Obligations to fulfil; none in shadow mode. */
  readonly obligations: MergedObligations | undefined;
  /** The grant to consume, where an approval is demanded. */
  readonly grant: Grant | undefined;
  readonly credential: VerifiedCredential | undefined;
  readonly intent: DecisionRecord;
}

/** A call that may run now. */
export interface Fulfilled {
  readonly reservation: string | undefined;
  /** The dry run whose effects are committed instead of running the tool. */
  readonly dryRun: DryRunReport | undefined;
}

/**
 * Stage 6, in this order: reserve limits, dry run, notify, intent record, consume the grant, consume
 * the token. What fails after the reservation gives it back, unless a suspended call had left it open.
 *
 * @throws {Refusal} `limit-exceeded`, `limit-unavailable`, `approval-required`,
 * `dry-run-unavailable`, `dry-run-refused`, `obligation-failed`, `record-unavailable`, or a code of
 * the grant or token.
 */
export async function fulfil(
  runtime: GuardRuntime,
  input: FulfilInput,
  deadline: Deadline,
): Promise<Fulfilled> {
  const reserved = input.reservation ?? (await reserve(runtime, input));
  try {
    deadline.check();
    const dryRun = await runDry(runtime, input);
    deadline.check();
    await notify(runtime, input);
    deadline.check();
    await writeIntent(runtime, input.intent);
    deadline.check();
    if (input.grant !== undefined) {
      await runtime.approvals.consume(input.grant.binding, input.grant.use);
    }
    if (input.credential !== undefined) await consumeToken(input.credential);
    deadline.check();
    return { reservation: reserved, dryRun };
  } catch (cause) {
    // What a suspended call reserved stays spent: it has run in part.
    if (input.reservation === undefined) await releaseReservation(runtime, reserved);
    throw cause;
  }
}

/** Gives a reservation back; a store that fails to do so keeps the stricter count. */
export async function releaseReservation(
  runtime: GuardRuntime,
  reservation: string | undefined,
): Promise<void> {
  if (reservation === undefined) return;
  try {
    await runtime.limits.release(reservation);
  } catch {
    // The counters stay too high, never too low.
  }
}

async function reserve(runtime: GuardRuntime, input: FulfilInput): Promise<string | undefined> {
  if (input.demands.length === 0) return undefined;
  let answer;
  try {
    answer = await runtime.limits.reserve(input.demands);
  } catch {
    throw new Refusal("limit-unavailable");
  }
  if (!answer.ok) {
    const retryAfterSeconds = Math.max(1, Math.ceil(answer.retryAfterSeconds));
    throw new Refusal("limit-exceeded", {
      retryAfterSeconds,
      rule: { id: `limit:${answer.limit}` },
    });
  }
  if (answer.soft.length > 0 && input.grant?.coversSoftLimits !== true) {
    await releaseReservation(runtime, answer.id);
    throw new SoftLimitCrossed(answer.soft);
  }
  return answer.id;
}

async function runDry(
  runtime: GuardRuntime,
  input: FulfilInput,
): Promise<DryRunReport | undefined> {
  const demands = input.obligations?.dryRuns ?? [];
  if (demands.length === 0) return undefined;
  const { dryRunner } = runtime.options;
  if (dryRunner === undefined || demands.length > 1) throw new Refusal("dry-run-unavailable");
  const [demand] = demands;
  if (demand === undefined) return undefined;
  let report: DryRunReport;
  try {
    const { signal } = runtime.createAbort();
    report = await dryRunner.dryRun({ tool: input.tool, args: input.args, demand, signal });
  } catch {
    throw new Refusal("dry-run-unavailable");
  }
  if (!report.ok) throw new Refusal("dry-run-refused");
  return report;
}

async function notify(runtime: GuardRuntime, input: FulfilInput): Promise<void> {
  for (const { channel, priority, required } of input.obligations?.notify ?? []) {
    const notification: Notification = {
      channel,
      priority,
      event: "obligation",
      decisionId: input.decisionId,
      tool: input.tool,
      text: "An agent makes a call that you asked to be told about.",
    };
    try {
      if (runtime.options.notifier === undefined) throw new Refusal("obligation-failed");
      await runtime.options.notifier.notify(notification);
    } catch {
      if (required) throw new Refusal("obligation-failed");
    }
  }
}

async function writeIntent(runtime: GuardRuntime, intent: DecisionRecord): Promise<void> {
  try {
    await runtime.sink.write(intent);
  } catch {
    throw new Refusal("record-unavailable");
  }
}

async function consumeToken(credential: VerifiedCredential): Promise<void> {
  try {
    await credential.consume();
  } catch (cause) {
    throw toTokenRefusal(cause, "token-unavailable");
  }
}
