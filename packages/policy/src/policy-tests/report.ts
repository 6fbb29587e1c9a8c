import type { PolicyCoverage } from "./coverage.ts";
import type { PolicyTestVerdict } from "./verdict.ts";

/** One way in which a case failed, with its place in the test file. */
export interface PolicyTestFailure {
  /** What was expected and what came. */
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One case that ran: a single test, or one cell of a matrix. */
export interface PolicyTestResult {
  /** Name of the test, and of a cell its principal and call. */
  readonly name: string;
  readonly ok: boolean;
  /** Place of the expectation, or of the matrix where a cell has none. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Empty where it passed. */
  readonly failures: readonly PolicyTestFailure[];
  /** What the call came to; absent where a step before it did not go as it should. */
  readonly verdict?: PolicyTestVerdict;
}

/** What came of all cases. */
export interface PolicyTestReport {
  /** No case failed. */
  readonly ok: boolean;
  /** In the order of the files and of the tests in them. */
  readonly results: readonly PolicyTestResult[];
  /** Cases that were left out by name. */
  readonly skipped: number;
  /** What the asserted calls exercised. */
  readonly coverage: PolicyCoverage;
}
