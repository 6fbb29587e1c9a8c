import type { Clock, PolicyDocument } from "@portcullis/core";
import { PortcullisError } from "@portcullis/core";
import { refuseBundle } from "./bundle-refusal.ts";
import { loadBundle } from "./load-bundle.ts";
import type { PolicyParts } from "./run-decision-tests.ts";
import { runDecisionTests } from "./run-decision-tests.ts";
import { systemClock } from "./system-clock.ts";
import type { VerifiedBundle } from "./verified.ts";

/** A bundle that was loaded, compiled and tested. */
export interface PreparedBundle {
  readonly document: PolicyDocument;
  /** How many decision tests held. */
  readonly tests: number;
}

/** Makes a verified bundle ready to be enforced, or refuses it. */
export type PrepareBundle = (bundle: VerifiedBundle) => Promise<PreparedBundle>;

/** Options of {@link createBundlePreparer}. */
export interface BundlePreparerOptions extends PolicyParts {
  /** Default the system's. */
  readonly clock?: Clock;
  /** Longest time that the decision tests of a bundle may take, in milliseconds. Default 2 000. */
  readonly testTimeoutMs?: number;
}

/**
 * Makes the default preparation: core's strict loader, compilation with these parts, and every
 * decision test of the bundle.
 *
 * The parts must be those of the guard that enforces the bundle, else the tests say nothing.
 *
 * @example
 * ```ts
 * import type { VerifiedBundle } from "@portcullis/bundle";
 * import { createBundlePreparer } from "@portcullis/bundle";
 *
 * declare const bundle: VerifiedBundle;
 * const { tests } = await createBundlePreparer()(bundle);
 * ```
 */
export function createBundlePreparer({
  clock = systemClock,
  testTimeoutMs,
  ...parts
}: BundlePreparerOptions = {}): PrepareBundle {
  return async (bundle) => {
    const { name: bundleName, serial } = bundle.document;
    const about = { document: "bundle", bundle: bundleName, serial } as const;
    const { document, tests } = loadBundle(bundle);
    const options = testTimeoutMs === undefined ? {} : { timeoutMs: testTimeoutMs };
    try {
      const result = await runDecisionTests(document, tests, { parts, clock, ...options });
      if (result.ok) return { document, tests: result.count };
      const { name, member } = result;
      const problem =
        member === "time"
          ? "its decision tests take too long."
          : `its decision test ${JSON.stringify(name)} does not get the ${member} that it expects.`;
      throw refuseBundle("self-test", problem, about);
    } catch (cause) {
      if (PortcullisError.isInstance(cause) && cause.code === "ERR_POLICY_INVALID") {
        const { issues } = cause.fields;
        const found = issues === undefined ? {} : { issues };
        throw refuseBundle("policy", "this guard cannot compile it.", {
          ...about,
          ...found,
          cause,
        });
      }
      throw cause;
    }
  };
}
