import type { AdapterHarness } from "./adapter-harness.ts";
import { prepareCase } from "./internal/prepare-case.ts";
import type { HarnessMode } from "./scenario.ts";
import type { CaseResult, Vector, VectorCase, VectorId } from "./vector.ts";

/** How one vector went on one harness. */
export interface VectorReport {
  readonly id: VectorId;
  readonly adapter: string;
  readonly entry: string;
  readonly status: "pass" | "fail" | "skip";
  /** Why it failed or was left out. */
  readonly reason?: string;
}

const MIN_REASON = 20;

/** Tells whether a vector applies to a harness at all. */
export function isApplicable({ adapters }: Vector, { letters }: AdapterHarness): boolean {
  return adapters.some((letter) => letters.includes(letter));
}

/**
 * Runs one vector on one harness: each case first as a control without any guard, which must show
 * the effect, then guarded.
 *
 * An opt-out is run as well: it is a failure where its reason is short or the vector would pass.
 *
 * @example
 * ```ts
 * declare const harness: AdapterHarness;
 * const reports = [];
 * for (const vector of VECTORS) reports.push(await runVector(vector, harness));
 * ```
 */
export async function runVector(vector: Vector, harness: AdapterHarness): Promise<VectorReport> {
  const report = { id: vector.id, adapter: harness.name, entry: harness.entryPoint };
  const optOut =
    harness.optOut !== undefined && Object.hasOwn(harness.optOut, vector.id)
      ? harness.optOut[vector.id]
      : undefined;
  if (optOut !== undefined && optOut.trim().length < MIN_REASON) {
    const reason = `The opt-out needs a reason of at least ${MIN_REASON} characters.`;
    return { ...report, status: "fail", reason };
  }
  const failure = await findFailure(vector, harness);
  if (optOut === undefined) {
    return failure === undefined
      ? { ...report, status: "pass" }
      : { ...report, status: "fail", reason: failure };
  }
  if (failure === undefined) {
    const reason = `It passes although it is left out: ${optOut}`;
    return { ...report, status: "fail", reason };
  }
  return { ...report, status: "skip", reason: optOut };
}

async function findFailure(vector: Vector, harness: AdapterHarness): Promise<string | undefined> {
  for (const entry of vector.cases) {
    try {
      checkControl(entry, await runCase(entry, { vector, harness, mode: "unguarded" }));
      entry.expect(await runCase(entry, { vector, harness, mode: "guarded" }));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return `${entry.name}: ${text}`;
    }
  }
  return undefined;
}

async function runCase(
  entry: VectorCase,
  run: {
    readonly vector: Vector;
    readonly harness: AdapterHarness;
    readonly mode: HarnessMode;
  },
): Promise<CaseResult> {
  const { vector, harness, mode } = run;
  const title = `${vector.id} ${entry.name}`;
  const { scenario, result } = await prepareCase(entry, { harness, title });
  return result(await harness.run(scenario, mode));
}

function checkControl({ control, vacuous }: VectorCase, { probe }: CaseResult): void {
  const wanted = Object.entries(control);
  if (wanted.length === 0 && vacuous === undefined) {
    throw new Error("a control without an effect needs a word on why");
  }
  for (const [tool, count] of wanted) {
    const ran = probe.count(tool);
    if (ran < count) {
      throw new Error(`vacuous: unguarded, ${tool} ran ${ran} times instead of ${count}`);
    }
  }
}
