import type { JsonObject } from "@portcullis/core";

/** What every bench is told. */
export interface BenchOptions {
  /** Folder of the development data; for benches that need any. */
  readonly data: string;
}

/** What every bench answers. */
export interface BenchResult {
  /** False where a bar was missed; then the command fails. */
  readonly passed: boolean;
  /** The figures, one flat object for each row; printed by `--json`. */
  readonly results: readonly JsonObject[];
  /** The same for people, and what was missed. */
  readonly report: string;
}

/** Runs one bench. */
export type Bench = (options: BenchOptions) => Promise<BenchResult>;
