import type { Finding, Scanner } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { createCoverage } from "./internal/coverage.ts";
import type { FindIn } from "./internal/scan-views.ts";
import { scanViews } from "./internal/scan-views.ts";
import type { Span } from "./internal/text-view.ts";
import { cardRule } from "./pii/card.ts";
import { emailRule } from "./pii/email-address.ts";
import { ibanRule } from "./pii/iban.ts";
import { ipv4Rule, ipv6Rule } from "./pii/ip-address.ts";
import { nationalRules } from "./pii/national-numbers.ts";
import { phoneRule } from "./pii/phone.ts";
import type { PiiRule } from "./pii/pii-rule.ts";

/** Options of {@link piiScanner}. */
export interface PiiScannerOptions {
  /** Rules that are left out, such as `ip-address` or `phone`. Default none. */
  readonly omit?: readonly string[];
}

/** In order of precedence: what an earlier rule found is no candidate for a later one. */
const RULES: readonly PiiRule[] = [
  emailRule,
  ibanRule,
  cardRule,
  ...nationalRules,
  ipv4Rule,
  ipv6Rule,
  phoneRule,
];

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
export function piiScanner(options: PiiScannerOptions = {}): Scanner {
  const find = findPii(options);
  return {
    id: "portcullis-pii",
    kinds: ["pii"],
    scan: (text, limits) => scanViews(text, limits, find),
  };
}

/** The search of one text for personal data. */
export function findPii({ omit = [] }: PiiScannerOptions): FindIn {
  for (const id of omit) {
    if (RULES.every((rule) => rule.id !== id)) {
      throw new PortcullisConfigError("omit", `There is no rule \`${id}\` for personal data.`);
    }
  }
  const rules = RULES.filter(({ id }) => !omit.includes(id));
  return (text, work, report) => {
    if (!/[\d@]/.test(text)) return true;
    const taken = createCoverage(text.length);
    for (const rule of rules) {
      for (const match of text.matchAll(rule.pattern)) {
        work.left -= rule.cost ?? 1;
        if (work.left < 0) return false;
        for (const span of rule.find(text, match)) {
          if (taken.touches(span)) continue;
          taken.add(span);
          report(toFinding(rule, span));
        }
      }
    }
    return true;
  };
}

function toFinding({ id, confidence }: PiiRule, { start, end }: Span): Finding {
  return { kind: "pii", rule: id, start, end, confidence };
}
