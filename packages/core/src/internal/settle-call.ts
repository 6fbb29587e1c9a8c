import { numberPlaceholders } from "../redactor.ts";
import type { Decision, Outcome } from "../decision.ts";
import { readPath } from "../evaluate/read-path.ts";
import type { Run } from "../guard.ts";
import type { CallOutcome } from "../ports/session-store.ts";
import type { RecordInput } from "../stages/record.ts";
import { record } from "../stages/record.ts";
import type { Release, ReleaseInput } from "../stages/release.ts";
import { release, WithheldResult } from "../stages/release.ts";
import type { Ran } from "../stages/run.ts";
import { run as runStage } from "../stages/run.ts";
import type { CallState } from "./call-state.ts";
import { inTime, withoutHanging } from "./in-time.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import type { PreparedCall } from "./prepare-call.ts";
import { toDecision } from "./to-decision.ts";

/** Default of a tool's `result.maxBytes`. */
const DEFAULT_MAX_BYTES = 1_048_576;

/**
 * Stages 7 to 9 of a call that may run.
 *
 * It rejects only with the caller's abort reason or the framework's own suspension.
 */
export async function settleCall<T>(
  runtime: GuardRuntime,
  state: CallState,
  prepared: PreparedCall,
  run: Run<T>,
): Promise<Outcome<T>> {
  const decision = toDecision(state, { kind: "permit" }, runtime.clock.now());
  if (decision.outcome !== "permit" || state.caller === undefined) {
    throw new TypeError("A call was prepared that is not permitted.");
  }
  const releaser = release(runtime, {
    sessionKey: state.caller.sessionKey,
    labels: state.entry?.result.labels ?? [],
    values: keptValues(state),
    // A tool that was given a value in confidence may write it in another way.
    redact:
      prepared.restored === undefined
        ? kindsToRedact(state)
        : (runtime.options.scanner?.kinds ?? []),
    maxBytes: state.entry?.result.maxBytes ?? DEFAULT_MAX_BYTES,
    placeholders: keepsValues(state)
      ? runtime.vault.session(state.caller.sessionKey)
      : numberPlaceholders(),
    restored: prepared.restored?.values ?? new Map(),
  });
  let cost: number | undefined;
  const { signal } = state.caller.context;
  const begun = runtime.clock.monotonic();
  const ran = await runtime.scope.run(
    { context: state.caller.context, callId: state.call.callId },
    () =>
      runStage({
        args: prepared.restored?.args ?? decision.args,
        dryRun: prepared.dryRun,
        run,
        signal,
        control: {
          signal: signal ?? runtime.createAbort().signal,
          push: (chunk) => releaser.push(chunk),
          end: () => releaser.end(),
          cost: (amount) => {
            cost = lowerCost(cost, amount);
          },
        },
      }),
  );
  const runMs = runtime.clock.monotonic() - begun;
  const end: End = { cost, runMs, findings: () => releaser.findings() };
  if (ran.kind === "aborted") {
    await finish(runtime, state, { ...prepared, ...end }, { result: "aborted", outcome: "failed" });
    throw ran.reason;
  }
  if (ran.kind === "threw" && state.call.isSuspension?.(ran.error) === true) {
    if (await suspend(runtime, state, { prepared, releaser, end })) throw ran.error;
    return fail(runtime, state, { prepared, end, decision }, withheld());
  }
  return give(runtime, state, { prepared, releaser, end, decision }, ran);
}

function keptValues({ policy, call }: CallState): ReleaseInput["values"] {
  if (policy?.compiled.parts.readsLabels !== true) return undefined;
  return { sources: policy.compiled.tools.get(call.tool)?.sources ?? [] };
}

/**
 * What is redacted of the result. A call that runs in shadow mode only, although the policy denies
 * it, has no obligations of its own: then it is whatever some rule would have redacted.
 */
function kindsToRedact({ policy, call, verdict, decided }: CallState): readonly string[] {
  if (verdict !== "deny") return decided?.obligations.redactResult ?? [];
  const rules = policy?.document.rules ?? [];
  const kinds = rules
    .filter(({ mode, tools }) => mode !== "shadow" && tools?.includes(call.tool) !== false)
    .flatMap(({ obligations = [] }) => obligations)
    .flatMap((each) => (each.type === "redact" && each.target === "result" ? each.kinds : []));
  return [...new Set(kinds)];
}

/** Whether some tool of the policy may get back what a placeholder stands for. */
function keepsValues({ policy }: CallState): boolean {
  return Object.values(policy?.document.tools ?? {}).some(({ restore }) => restore !== undefined);
}

interface End {
  /** What the tool says the call cost, at most what was reserved. */
  readonly cost: number | undefined;
  readonly runMs: number;
  /** What was found in what the tool produced. */
  findings(): ReturnType<Release["findings"]>;
}

interface Given {
  readonly prepared: PreparedCall;
  readonly end: End;
  readonly decision: Decision;
}

async function give<T>(
  runtime: GuardRuntime,
  state: CallState,
  given: Given & { readonly releaser: Release },
  ran: Exclude<Ran<T>, { readonly kind: "aborted" }>,
): Promise<Outcome<T>> {
  try {
    if (ran.kind === "threw") {
      if (ran.error instanceof WithheldResult) throw ran.error;
      const failure = await inTime(runtime, given.releaser.failure(ran.error));
      return await fail(runtime, state, given, failure);
    }
    const value = await inTime(runtime, given.releaser.value(ran.value));
    const { prepared, end, decision } = given;
    await finish(
      runtime,
      state,
      { ...prepared, ...end },
      { result: "completed", outcome: "completed" },
    );
    return { kind: "completed", value, decision };
  } catch (cause) {
    return fail(runtime, state, given, withheld(cause));
  }
}

async function fail(
  runtime: GuardRuntime,
  state: CallState,
  { prepared, end, decision }: Given,
  error: { readonly name: string; readonly message: string },
): Promise<Outcome<never>> {
  await finish(runtime, state, { ...prepared, ...end }, { result: "failed", outcome: "failed" });
  return { kind: "failed", decision, error };
}

function withheld(cause?: unknown): { readonly name: string; readonly message: string } {
  const message =
    cause instanceof WithheldResult
      ? cause.message
      : "The result could not be inspected and is withheld.";
  return { name: "WithheldResult", message };
}

/** Keeps grant and reservation for the resume; false when nothing may be given out. */
async function suspend(
  runtime: GuardRuntime,
  state: CallState,
  { prepared, releaser, end }: { prepared: PreparedCall; releaser: Release; end: End },
): Promise<boolean> {
  try {
    await inTime(runtime, releaser.labelled());
  } catch {
    return false;
  }
  const kept = runtime.suspended.keep(prepared.suspensionKey, {
    reservation: prepared.reservation,
    overSoftLimit: prepared.grant?.coversSoftLimits === true,
    times: (prepared.resumed?.times ?? 0) + 1,
  });
  if (kept) await rearm(runtime, prepared);
  await finish(
    runtime,
    state,
    { ...end, reservation: kept ? undefined : prepared.reservation },
    { result: "suspended", outcome: "failed" },
  );
  return true;
}

async function rearm(runtime: GuardRuntime, prepared: PreparedCall): Promise<void> {
  if (prepared.grant === undefined) return;
  try {
    await runtime.approvals.rearm(prepared.grant.binding, prepared.grant.use);
  } catch {
    // The resume asks for a new approval.
  }
}

async function finish(
  runtime: GuardRuntime,
  state: CallState,
  end: End & { readonly reservation: string | undefined },
  how: { readonly result: NonNullable<RecordInput["result"]>; readonly outcome: CallOutcome },
): Promise<void> {
  const work = async (): Promise<void> => {
    if (end.reservation !== undefined) await settle(runtime, end.reservation, end.cost);
    await closeSession(runtime, state, how.outcome);
    await record(runtime, state, {
      phase: "outcome",
      action: "permit",
      result: how.result,
      runMs: end.runMs,
      findings: end.findings(),
    });
  };
  await withoutHanging(runtime, work());
}

async function settle(
  runtime: GuardRuntime,
  reservation: string,
  cost: number | undefined,
): Promise<void> {
  try {
    await runtime.limits.settle(reservation, cost);
  } catch {
    // The counters keep what was reserved.
  }
}

/** Notes in the session how the call ended. */
export async function closeSession(
  runtime: GuardRuntime,
  state: CallState,
  outcome: CallOutcome,
): Promise<void> {
  const { caller, inspected } = state;
  if (caller === undefined || inspected?.ref === undefined) return;
  try {
    const numbers = outcome === "completed" ? samplesOf(state) : undefined;
    const { kept: args } = state;
    await runtime.sessions.close(caller.sessionKey, inspected.ref, outcome, {
      ...(args === undefined ? {} : { args }),
      ...(numbers === undefined ? {} : { numbers }),
    });
  } catch {
    // The entry stays `running`, which conditions count as well.
  }
}

/** The numbers of the arguments that ran, as far as conditions take them as samples. */
function samplesOf(state: CallState): Readonly<Record<string, number>> | undefined {
  const sampled = state.policy?.compiled.sampled ?? [];
  const isShadow = state.policy?.document.mode === "shadow";
  const validated = isShadow ? state.validated : state.decided?.validated;
  if (sampled.length === 0 || validated === undefined) return undefined;
  const found = sampled.flatMap(({ pointer, path }): readonly [string, number][] => {
    const value = readPath(validated.args, path);
    return typeof value === "number" ? [[pointer, value]] : [];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function lowerCost(before: number | undefined, amount: number): number {
  if (!Number.isFinite(amount) || amount < 0) {
    throw new TypeError("A cost is a finite number that is not negative.");
  }
  return before === undefined ? amount : Math.min(before, amount);
}
