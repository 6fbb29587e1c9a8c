import type { Guard, Outcome, PolicyDocument } from "@portcullis/core";
import type { Located } from "../source/located.ts";
import { quoted } from "../text/suggest.ts";
import { describeVerdict } from "./judge-case.ts";
import type { Step, TestCase } from "./test-case.ts";
import type { TestGuard } from "./test-guard.ts";
import { toCall, toContext } from "./to-call.ts";
import { toVerdict } from "./verdict.ts";

/** How the steps before the asserted call went. */
export interface StepsRun {
  /** The step that did not go as it should, if any; those after it were not taken. */
  readonly failure?: { readonly located: Located; readonly message: string };
  /** Ends the calls that still run. */
  finish(): Promise<void>;
}

/**
 * Takes the steps of a case in order. Each call must come to the outcome that the step states, else
 * a test of an edge could pass without ever coming near it.
 */
export async function runSteps(
  testCase: TestCase,
  {
    guard,
    clock,
    policy,
  }: Pick<TestGuard, "guard" | "clock"> & { readonly policy: PolicyDocument },
): Promise<StepsRun> {
  const running: Running[] = [];
  const finish = async (): Promise<void> => {
    for (const call of running) call.end();
    await Promise.all(running.map(({ outcome }) => outcome));
  };
  for (const step of testCase.given) {
    if (step.kind === "wait") {
      clock.advance(step.milliseconds);
      continue;
    }
    if (step.kind === "usage") {
      const call = { tool: "" };
      await guard.reportUsage(toContext(testCase, { ...step, call }), step.usage);
      continue;
    }
    for (let count = 1; count <= step.times; count += 1) {
      const message = await runCall(step, { testCase, guard, policy, running });
      if (message !== undefined) {
        const which = step.times === 1 ? "The call" : `Call ${count} of ${step.times}`;
        return { failure: { located: step.located, message: `${which} ${message}` }, finish };
      }
      clock.advance(step.everyMilliseconds);
    }
  }
  return { finish };
}

interface Running {
  readonly outcome: Promise<Outcome<unknown>>;
  end(): void;
}

type CallStep = Extract<Step, { kind: "call" }>;

/** Makes one call of a step; what is wrong with how it went, if anything. */
async function runCall(
  step: CallStep,
  {
    testCase,
    guard,
    policy,
    running,
  }: {
    readonly testCase: TestCase;
    readonly guard: Guard;
    readonly policy: PolicyDocument;
    readonly running: Running[];
  },
): Promise<string | undefined> {
  const context = toContext(testCase, step);
  const call = toCall(step.call, policy);
  if (step.end.kind === "running") {
    const begun = beginCall((run) => guard.execute(call, context, run));
    // Whichever comes first: the tool begins, or the guard refuses.
    const refused = await Promise.race([begun.started, begun.outcome]);
    if (refused === undefined) running.push(begun);
    else return judgeOutcome(step, refused);
    return undefined;
  }
  const { end } = step;
  const outcome = await guard.execute(call, context, () => {
    if (end.kind === "fails") throw new Error("The step says that the tool fails.");
    return end.value;
  });
  return judgeOutcome(step, outcome);
}

function beginCall(
  execute: (run: () => Promise<null>) => Promise<Outcome<unknown>>,
): Running & { readonly started: Promise<undefined> } {
  let end: (() => void) | undefined;
  let start: (() => void) | undefined;
  const ended = new Promise<null>((resolve) => {
    end = () => resolve(null);
  });
  const started = new Promise<undefined>((resolve) => {
    start = () => resolve(undefined);
  });
  const outcome = execute(() => {
    start?.();
    return ended;
  });
  return { started, outcome, end: () => end?.() };
}

function judgeOutcome({ outcome }: CallStep, actual: Outcome<unknown>): string | undefined {
  const verdict = toVerdict(actual.decision);
  if (verdict.outcome !== outcome) {
    return `is ${describeVerdict(verdict)}, not ${quoted(outcome)}; write \`outcome\` if that is meant.`;
  }
  return undefined;
}
