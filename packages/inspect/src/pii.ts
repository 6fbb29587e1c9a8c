import type { Scanner } from "@portcullis/core";
import { scanViews } from "./internal/scan-views.ts";
import { findPii } from "./pii/find-pii.ts";

/** Options of {@link piiScanner}. */
export interface PiiScannerOptions {
  /** Rules that are left out, such as `ip-address` or `phone`. Default none. */
  readonly omit?: readonly string[];
}

/**
 * Finds personal data that has a checksum or a fixed form: payment cards, IBANs, national numbers,
 * e-mail addresses, telephone numbers, IP addresses. Names and postal addresses are none of these.
 *
 * A number without a form of its own, such as nine digits, counts only where the words before it
 * say what it is.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when `omit` names a rule that there is not.
 *
 * @example
 * ```ts
 * import { piiScanner } from "@portcullis/inspect/pii";
 *
 * piiScanner().scan("Write to ann@example.com.", { maxLength: 65_536 });
 * // findings: [{ kind: "pii", rule: "email", start: 9, end: 24, confidence: "high" }]
 * ```
 */
export function piiScanner({ omit = [] }: PiiScannerOptions = {}): Scanner {
  const find = findPii(omit);
  return {
    id: "portcullis-pii",
    kinds: ["pii"],
    scan: (text, limits) => scanViews(text, limits, find),
  };
}
