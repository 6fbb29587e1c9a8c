import { trace } from "@opentelemetry/api";
import { createGuard } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { withTelemetry } from "@portcullis/telemetry";
import type { BenchResult } from "./bench-result.ts";
import { createGuardedCalls } from "./call-load.ts";
import type { GuardedCall } from "./call-load.ts";
import { createDocument, createRules } from "./decision-load.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { asyncContender, contender, measure, timingOf } from "./measure.ts";

const BARE = "bare API span";
const OBSERVED = "execute, observed";
const PLAIN = "execute, not observed";
const BAR = 3;

/**
 * Times what the telemetry decorator adds to a call where no SDK is installed, against a bare span
 * of the OpenTelemetry API. The guard below it does nothing, so that only the span is left.
 */
export function benchTelemetry(): Promise<BenchResult> {
  return runGated("telemetry", measureTelemetry);
}

async function measureTelemetry(rounds: number): Promise<Measured> {
  const { guard: real, calls } = await createGuardedCalls();
  const guard = await createStub(real, calls[0]!);
  const observed = withTelemetry(guard);
  const tracer = trace.getTracer("bench");
  const timings = await measure(
    [
      contender(BARE, calls, () => tracer.startSpan("bench").end()),
      asyncContender(PLAIN, calls, executeBy(guard)),
      asyncContender(OBSERVED, calls, executeBy(observed)),
    ],
    { rounds },
  );
  const [bare, plain, both] = [BARE, PLAIN, OBSERVED].map((name) => timingOf(timings, name));
  const added = both!.medianNs - plain!.medianNs;
  return {
    results: [
      ...timings.map(({ name, ...figures }) => ({ case: name, ...figures })),
      { case: "added by the span", medianNs: added },
    ],
    gates: [
      {
        gate: "guard span without an SDK / bare API span",
        value: added / bare!.medianNs,
        bar: BAR,
      },
    ],
    lines: [
      ...timings.map(({ name, medianNs }) => line(name, formatNs(medianNs))),
      line("added by the span", formatNs(added)),
    ],
  };
}

function executeBy(guard: Guard): (one: GuardedCall) => Promise<unknown> {
  return ({ call, context }) => guard.execute(call, context, () => "done");
}

/** A guard that answers every call with one outcome of a real one. */
async function createStub(real: Guard, { call, context }: GuardedCall): Promise<Guard> {
  const idle = await createGuard({ policy: createDocument(createRules(10)) });
  const outcome = await real.execute(call, context, () => undefined as never);
  return { ...idle, execute: async () => outcome };
}
