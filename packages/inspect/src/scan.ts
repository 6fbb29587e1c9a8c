import type { Scanner } from "@portcullis/core";
import type { FindIn } from "./internal/scan-views.ts";
import { scanViews } from "./internal/scan-views.ts";
import type { PiiScannerOptions } from "./pii.ts";
import { findPii } from "./pii/find-pii.ts";
import { findSecrets } from "./secrets/find-secrets.ts";
import type { ScanRule } from "./user-rules.ts";
import { compileScanRule } from "./user-rules.ts";

/** Options of {@link createScanner}. */
export interface ScannerOptions {
  /** Rules of your own, beside the shipped ones. Default none. */
  readonly rules?: readonly ScanRule[];
  /** Rules for personal data that are left out, such as `ip-address` or `phone`. Default none. */
  readonly omit?: PiiScannerOptions["omit"];
}

/**
 * The scanner with everything there is: {@link secretScanner}, {@link piiScanner} and rules of your
 * own in one.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` for a rule that cannot be run in linear time, or
 * when `omit` names a rule that there is not.
 *
 * @example
 * ```ts
 * import { createScanner } from "@portcullis/inspect";
 *
 * const scanner = createScanner({
 *   rules: [{ id: "staff-number", kind: "pii", keywords: ["emp-"], pattern: "EMP-\\d{6}" }],
 * });
 * scanner.scan("EMP-004711", { maxLength: 65_536 });
 * ```
 */
export function createScanner({ rules = [], omit = [] }: ScannerOptions = {}): Scanner {
  const finders: readonly FindIn[] = [findSecrets(rules.map(compileScanRule)), findPii(omit)];
  return {
    id: "portcullis",
    kinds: ["secret", "pii"],
    scan: (text, limits) =>
      scanViews(text, limits, (view, work, report) =>
        finders.every((find) => find(view, work, report)),
      ),
  };
}
