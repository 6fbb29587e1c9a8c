import { readLength } from "./read-times.ts";
import type { Resolver } from "./resolver.ts";
import type { Step, StepEnd } from "./test-case.ts";
import type { PrincipalSource, StepSource, TestFileSource, TestSource } from "./test-shape.ts";

/** Session of a test where a step names no other. */
export const OWN_SESSION = "test";

/** Resolves the steps before the asserted call; what is wrong is reported. */
export function readSteps(
  { given = [] }: TestSource,
  around: {
    readonly source: TestFileSource;
    readonly resolver: Resolver;
    /** Path of the test. */
    readonly path: readonly PropertyKey[];
    /** Who makes the asserted call. */
    readonly principal: PrincipalSource;
  },
): readonly Step[] {
  const { resolver, path } = around;
  return given.flatMap((step, index): readonly Step[] => {
    const at = [...path, "given", index];
    if (step.wait !== undefined) {
      return [{ kind: "wait", milliseconds: lengthOf(step.wait, resolver, [...at, "wait"]) }];
    }
    const principal =
      step.principal === undefined
        ? around.principal
        : resolver.principal(step.principal, [...at, "principal"]);
    if (principal === undefined) return [];
    const session = step.session ?? OWN_SESSION;
    if (step.usage !== undefined) {
      return [{ kind: "usage", usage: step.usage, principal, session }];
    }
    const call = step.call === undefined ? undefined : resolver.call(step.call, [...at, "call"]);
    if (call === undefined) return [];
    return [
      {
        kind: "call",
        call,
        principal,
        session,
        times: step.times ?? 1,
        everyMilliseconds:
          step.every === undefined ? 0 : lengthOf(step.every, resolver, [...at, "every"]),
        outcome: step.outcome ?? "permit",
        end: endOf(step),
        located: resolver.at(at),
      },
    ];
  });
}

function endOf({ fails, running, result }: StepSource): StepEnd {
  if (fails === true) return { kind: "fails" };
  return running === true ? { kind: "running" } : { kind: "result", value: result ?? null };
}

function lengthOf(text: string, resolver: Resolver, path: readonly PropertyKey[]): number {
  const length = readLength(text);
  if (length.ok) return length.milliseconds;
  resolver.report(path, length.message);
  return 0;
}
