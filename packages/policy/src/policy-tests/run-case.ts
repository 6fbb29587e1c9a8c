import { askedRequest, explainRules } from "@portcullis/core";
import type { CompiledPolicy, Decision, RuleTrace } from "@portcullis/core";
import type { CoverageRecorder } from "./coverage.ts";
import { locate } from "../source/located.ts";
import type { Located } from "../source/located.ts";
import { positionAt } from "../source/source-text.ts";
import type { Place } from "../source/source-text.ts";
import { judgeCase } from "./judge-case.ts";
import { OWN_SESSION } from "./read-steps.ts";
import type { PolicyTestFailure, PolicyTestResult } from "./report.ts";
import { runSteps } from "./run-steps.ts";
import type { TestCase } from "./test-case.ts";
import type { TestGuard } from "./test-guard.ts";
import { toCall, toContext } from "./to-call.ts";
import { toVerdict } from "./verdict.ts";

/** What every case is run with. */
export interface CaseSurroundings {
  readonly guard: TestGuard;
  readonly policy: CompiledPolicy;
  readonly coverage: CoverageRecorder;
}

/** Runs one case from empty stores: its steps, then the asserted call. */
export async function runCase(
  testCase: TestCase,
  { guard: testGuard, policy, coverage }: CaseSurroundings,
): Promise<PolicyTestResult> {
  const { guard, clock } = testGuard;
  const { document } = policy;
  const base = { name: testCase.name, ...placeOf(testCase.located) };
  testGuard.begin(testCase.now);
  const steps = await runSteps(testCase, { guard, clock, policy: document });
  try {
    if (steps.failure !== undefined) {
      const { message, located } = steps.failure;
      return { ...base, ok: false, failures: [{ message, ...placeOf(located) }] };
    }
    const by = { call: testCase.call, principal: testCase.principal, session: OWN_SESSION };
    const context = toContext(testCase, by);
    const call = toCall(testCase.call, document);
    testGuard.takeNotified();
    const { decision } = await guard.execute(call, context, () => null);
    coverage.add(explain(decision, policy));
    const verdict = toVerdict(decision, testGuard.takeNotified());
    const mismatches = judgeCase(verdict, testCase.expected);
    const failures = mismatches.map(({ member, message }): PolicyTestFailure => {
      const located = locate(testCase.located, [member]) ?? testCase.located;
      return { message, ...placeOf(located) };
    });
    return { ...base, ok: failures.length === 0, failures, verdict };
  } finally {
    await steps.finish();
  }
}

/** How each rule stood to the asserted call; nothing where no rule was asked. */
function explain(decision: Decision, policy: CompiledPolicy): readonly RuleTrace[] {
  const request = askedRequest(decision);
  const isDelegated = !(decision.outcome === "deny" && decision.denial.code === "not-delegated");
  return request === undefined || !isDelegated ? [] : explainRules(policy, request);
}

function placeOf(place: Place | Located): {
  readonly file: string;
  readonly line: number;
  readonly column: number;
} {
  return { file: place.source.file, ...positionAt(place.source, place.start) };
}
