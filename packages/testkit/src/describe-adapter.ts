import { describe, expect, test } from "vitest";
import type { AdapterHarness } from "./adapter-harness.ts";
import { isApplicable, runVector } from "./run-vector.ts";
import { VECTORS } from "./vectors/index.ts";

declare module "vitest" {
  interface TaskMeta {
    /** The line of the bypass matrix that a vector's test stands for. */
    portcullis?: {
      readonly id: string;
      readonly adapter: string;
      readonly entry: string;
      readonly reason?: string;
    };
  }
}

/**
 * Registers one vitest test for each vector that applies to the harness; a vector that is left out
 * with a reason is reported as skipped.
 *
 * @example
 * ```ts
 * declare const harness: AdapterHarness;
 * describeAdapter(harness);
 * ```
 */
export function describeAdapter(harness: AdapterHarness): void {
  describe(`bypass vectors: ${harness.name}, ${harness.entryPoint}`, () => {
    for (const vector of VECTORS) {
      if (!isApplicable(vector, harness)) continue;
      test(`${vector.id} ${vector.title}`, async ({ task, skip }) => {
        task.meta.portcullis = {
          id: vector.id,
          adapter: harness.name,
          entry: harness.entryPoint,
        };
        const report = await runVector(vector, harness);
        if (report.status === "skip") {
          task.meta.portcullis = { ...task.meta.portcullis, reason: report.reason ?? "" };
          skip(report.reason);
        }
        expect(report.reason ?? "").toBe("");
        expect(report.status).toBe("pass");
      });
    }
  });
}
