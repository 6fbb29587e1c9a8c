import type { Finding } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { createCoverage } from "../internal/coverage.ts";
import type { FindIn } from "../internal/scan-views.ts";
import type { Span } from "../internal/text-view.ts";
import { cardRule } from "./card.ts";
import { emailRule } from "./email-address.ts";
import { ibanRule } from "./iban.ts";
import { ipv4Rule, ipv6Rule } from "./ip-address.ts";
import { nationalRules } from "./national-numbers.ts";
import { phoneRule } from "./phone.ts";
import type { PiiRule } from "./pii-rule.ts";

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

/** The search of one text for personal data. */
export function findPii(omit: readonly string[]): FindIn {
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
