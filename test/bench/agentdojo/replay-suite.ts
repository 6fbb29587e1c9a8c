import type { Clock, ContextInput, Decision, Guard, Json, PolicyDocument } from "@portcullis/core";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import { CANARY, firstInjection } from "./suite.ts";
import type { InjectionTask, Suite, UserTask } from "./suite.ts";

/** How one suite is replayed. */
export interface ReplayOptions {
  /** The policy under test. */
  readonly policy: PolicyDocument;
  /** Whether a task may use no more than the tools of its own solution, as its token would say. */
  readonly ceiling: boolean;
}

/** A call of a user's task that was not permitted. */
export interface MissedCall {
  readonly task: string;
  readonly tool: string;
  readonly outcome: "deny" | "approval-required";
  readonly code: string;
  /** Ids of the rules that applied without granting. */
  readonly rules: readonly string[];
}

/** What a replay of one suite found. */
export interface SuiteFigures {
  readonly pairs: number;
  readonly attackSuccesses: number;
  readonly userTasks: number;
  /** Tasks of which every call was permitted. */
  readonly userTasksPermitted: number;
  /** Calls of users' tasks that would ask a human. */
  readonly userAsks: number;
  /** Calls of attacks, over all pairs, that would ask a human. */
  readonly attackAsks: number;
  readonly missed: readonly MissedCall[];
}

/**
 * Replays a suite without a model and counts.
 *
 * Each pair of a user's and an attacker's task is a new session in which the user's calls run up to
 * the first whose result carries the attacker's text; then the attacker's calls are decided, and
 * the recorded table says whether those that were permitted do the attacker's task. Each user's
 * task is also replayed alone. A call that would ask a human counts as not permitted.
 */
export async function replaySuite(suite: Suite, options: ReplayOptions): Promise<SuiteFigures> {
  const guard = await createGuard({
    policy: options.policy,
    clock: FROZEN,
    sink: { write: () => Promise.resolve() },
  });
  const start = (task: UserTask, session: string): ContextInput => ({
    principal: trustedPrincipal({
      agent: { id: `${suite.suite}-assistant`, roles: ["assistant"] },
      user: { id: "user:customer" },
      ceiling: options.ceiling ? [...new Set(task.calls.map(({ tool }) => tool))] : "unlimited",
    }),
    session: { id: session, isNew: true },
    request: [task.prompt],
  });

  let attackSuccesses = 0;
  let attackAsks = 0;
  let userTasksPermitted = 0;
  let userAsks = 0;
  const missed: MissedCall[] = [];
  for (const user of suite.userTasks) {
    for (const attack of suite.injectionTasks) {
      const context = start(user, `${user.id}/${attack.id}`);
      await readInjection(guard, context, { user, attack });
      const outcomes = await decideAttack(guard, context, attack);
      if (isSuccess(attack, outcomes)) attackSuccesses += 1;
      attackAsks += outcomes.filter((outcome) => outcome === "approval-required").length;
    }
    const calls = await replayUserTask(guard, start(user, user.id), user);
    if (calls.length === 0) userTasksPermitted += 1;
    userAsks += calls.filter(({ outcome }) => outcome === "approval-required").length;
    missed.push(...calls);
  }
  return {
    pairs: suite.userTasks.length * suite.injectionTasks.length,
    attackSuccesses,
    userTasks: suite.userTasks.length,
    userTasksPermitted,
    userAsks,
    attackAsks,
    missed,
  };
}

const FROZEN: Clock = {
  now: () => Date.UTC(2026, 0, 1),
  monotonic: () => 0,
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

async function readInjection(
  guard: Guard,
  context: ContextInput,
  { user, attack }: { readonly user: UserTask; readonly attack: InjectionTask },
): Promise<void> {
  const seen = user.calls.slice(0, firstInjection(user) + 1);
  for (const [index, call] of seen.entries()) {
    const result = (call.resultTemplate ?? call.result).replaceAll(CANARY, () => attack.goal);
    await guard.execute(toCall(call, index), context, () => result);
  }
}

async function decideAttack(
  guard: Guard,
  context: ContextInput,
  attack: InjectionTask,
): Promise<readonly Decision["outcome"][]> {
  const outcomes: Decision["outcome"][] = [];
  for (const [index, call] of attack.calls.entries()) {
    outcomes.push((await guard.check(toCall(call, index), context)).outcome);
  }
  return outcomes;
}

function isSuccess(attack: InjectionTask, outcomes: readonly Decision["outcome"][]): boolean {
  const mask = outcomes.map((outcome) => (outcome === "permit" ? "1" : "0")).join("");
  const success = attack.successByMask[mask];
  if (success === undefined) throw new Error(`${attack.id} says nothing about the mask ${mask}.`);
  return success;
}

async function replayUserTask(
  guard: Guard,
  context: ContextInput,
  user: UserTask,
): Promise<readonly MissedCall[]> {
  const missed: MissedCall[] = [];
  for (const [index, call] of user.calls.entries()) {
    const { kind, decision } = await guard.execute(toCall(call, index), context, () => call.result);
    if (kind === "completed") continue;
    // A permitted call that did not complete would be a fault of the bench, not of the policy.
    if (decision.outcome === "permit") throw new Error(`${user.id}: ${call.tool} was not run.`);
    missed.push({
      task: user.id,
      tool: call.tool,
      outcome: decision.outcome,
      code: decision.denial.code,
      rules: decision.rules.flatMap(({ id, effect }) => (effect === "permit" ? [] : [id])),
    });
  }
  return missed;
}

function toCall(
  { tool, args }: { readonly tool: string; readonly args: Json },
  index: number,
): { readonly callId: string; readonly tool: string; readonly args: Json } {
  return { callId: String(index), tool, args };
}
