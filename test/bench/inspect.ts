import type { Bench, BenchOptions, BenchResult } from "./bench-result.ts";
import { benchInspectDefinitions } from "./inspect-definitions.ts";
import { benchInspectTexts } from "./inspect-texts.ts";

/** What the bench is made of, in the order of its report. */
const PARTS: readonly Bench[] = [benchInspectDefinitions, benchInspectTexts];

/** Measures what `@portcullis/inspect` finds: every part on the data that it is about. */
export async function benchInspect(options: BenchOptions): Promise<BenchResult> {
  const parts: BenchResult[] = [];
  for (const part of PARTS) parts.push(await part(options));
  return {
    passed: parts.every(({ passed }) => passed),
    results: parts.flatMap(({ results }) => results),
    report: parts.map(({ report }) => report).join("\n\n"),
  };
}
