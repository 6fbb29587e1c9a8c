import type { BenchResult } from "./bench-result.ts";

/** A bench that could not be measured, as without a network; that fails only in CI. */
export function notRun(bench: string, reason: string): BenchResult {
  return {
    passed: process.env["CI"] !== "true",
    results: [{ bench, notRun: reason }],
    report: `## ${bench}\n  not run: ${reason}`,
  };
}
