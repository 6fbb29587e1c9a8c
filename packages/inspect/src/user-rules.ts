import type { Finding } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import type { RE2JS } from "re2js";
import { compileLinear } from "./internal/linear-pattern.ts";
import type { KeywordRule } from "./internal/rule-set.ts";
import type { Span } from "./internal/text-view.ts";
import { entropyOf } from "./secrets/entropy.ts";

/** A rule of the user's own. */
export interface ScanRule {
  /** Name in findings and placeholders: lower case, digits and hyphens, at most 64 characters. */
  readonly id: string;
  /** Kind of its findings. Default `secret`. */
  readonly kind?: "secret" | "pii";
  /**
   * Texts of which at least one stands in, or near, everything that the rule shall find; at least
   * three characters each, found in either case. The pattern is only tried around them.
   */
  readonly keywords: readonly string[];
  /** Pattern in RE2 syntax, found anywhere around a keyword. */
  readonly pattern: string;
  /** Number of the capturing group that is the finding. Default 0, the whole match. */
  readonly group?: number;
  /** Fewest bits of entropy for each character of the finding. Default 0. */
  readonly entropy?: number;
  /** Patterns in RE2 syntax; a finding in which one of them is found is none. */
  readonly allow?: readonly string[];
  /** How sure a finding is. Default `medium`. */
  readonly confidence?: Finding["confidence"];
}

/** A vetted rule that the scanner can run. */
export interface CompiledScanRule extends KeywordRule {
  readonly id: string;
  readonly kind: "secret" | "pii";
  readonly confidence: Finding["confidence"];
}

const ID = /^[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?$/;
const MIN_KEYWORD = 3;
const MAX_KEYWORDS = 64;
const MAX_ALLOW = 64;
const MAX_SOURCE = 4096;
const BEFORE = 128;
const BEHIND = 384;
const MAX_WINDOW = 16_384;
/** A window on the linear engine takes as long as that many sticky matches. */
const WINDOW_COST = 200;

/**
 * Vets and compiles a rule.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` naming the rule: when a keyword is missing or
 * shorter than three characters, or a pattern has no linear form or is too large.
 */
export function compileScanRule(rule: ScanRule): CompiledScanRule {
  const { id, keywords, group = 0, entropy = 0, allow = [] } = rule;
  if (!ID.test(id)) {
    throw new PortcullisConfigError(
      "rules",
      "A rule's id has lower-case letters, digits, hyphens.",
    );
  }
  if (keywords.length === 0 || keywords.length > MAX_KEYWORDS) {
    throw refusal(id, `needs 1 to ${MAX_KEYWORDS} keywords`);
  }
  if (keywords.some((keyword) => keyword.length < MIN_KEYWORD)) {
    throw refusal(id, "has a keyword of fewer than 3 characters");
  }
  if (allow.length > MAX_ALLOW) throw refusal(id, `has more than ${MAX_ALLOW} exceptions`);
  const pattern = compilePattern(id, rule.pattern);
  const exceptions = allow.map((source) => compilePattern(id, source));
  if (!Number.isInteger(group) || group < 0 || group > pattern.groupCount()) {
    throw refusal(id, "names a group that its pattern has not");
  }
  const isFinding = (value: string): boolean =>
    value !== "" &&
    entropyOf(value) >= entropy &&
    !exceptions.some((exception) => exception.matcher(value).find());
  return {
    id,
    kind: rule.kind ?? "secret",
    keywords,
    confidence: rule.confidence ?? "medium",
    cost: WINDOW_COST,
    locate: (text, keyword) => findAround(text, keyword, { pattern, group, isFinding }),
  };
}

interface Search {
  readonly pattern: RE2JS;
  readonly group: number;
  readonly isFinding: (value: string) => boolean;
}

function findAround(text: string, { start, end }: Span, search: Search): readonly Span[] {
  const from = Math.max(0, start - BEFORE);
  for (let length = BEHIND; ; length *= 4) {
    const to = Math.min(text.length, end + length);
    const { spans, isCut } = findIn(text.slice(from, to), from, search);
    // A finding that reaches the edge of the window may go on behind it.
    if (!isCut || to === text.length || length >= MAX_WINDOW) return spans;
  }
}

function findIn(
  window: string,
  from: number,
  { pattern, group, isFinding }: Search,
): { readonly spans: readonly Span[]; readonly isCut: boolean } {
  const spans: Span[] = [];
  const matcher = pattern.matcher(window);
  let isCut = false;
  while (matcher.find()) {
    const start = matcher.start(group);
    const end = matcher.end(group);
    if (start < 0 || !isFinding(window.slice(start, end))) continue;
    spans.push({ start: from + start, end: from + end });
    isCut ||= matcher.end(0) === window.length;
  }
  return { spans, isCut };
}

function compilePattern(id: string, source: string): RE2JS {
  try {
    return compileLinear(source, { maxSource: MAX_SOURCE });
  } catch {
    throw refusal(id, "has a pattern that no linear engine runs, or that is too large");
  }
}

function refusal(id: string, reason: string): PortcullisConfigError {
  return new PortcullisConfigError("rules", `The rule \`${id}\` ${reason}.`);
}
