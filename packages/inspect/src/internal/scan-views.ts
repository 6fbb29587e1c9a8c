import type { Finding, ScanLimits, ScanResult } from "@portcullis/core";
import { createCoverage } from "./coverage.ts";
import { decodeText } from "./decode-text.ts";
import { normaliseText } from "./normalise-text.ts";
import type { Work } from "./rule-set.ts";
import type { TextView } from "./text-view.ts";
import { plainView } from "./text-view.ts";

/** Finds what it knows in one text; false when it could not look at all of it. */
export type FindIn = (text: string, work: Work, report: (finding: Finding) => void) => boolean;

/** Matches that one scan may try: a fraction of a second of work whatever the text. */
const MAX_WORK = 150_000;
/** Longest text that is scanned in one piece whatever the caller allows. */
const MAX_SCAN_LENGTH = 1_048_576;

const TRUNCATED: ScanResult = Object.freeze({ status: "truncated", findings: Object.freeze([]) });

/**
 * Scans a text, the text without what is invisible, and what it says in other notations; findings
 * are mapped back to the text and what lies within another finding of its kind is left out.
 *
 * A text that is too long, decodes to too much or asks for too much work is `truncated`, with
 * whatever was found: nobody may rely on it.
 */
export function scanViews(text: string, { maxLength }: ScanLimits, find: FindIn): ScanResult {
  if (text.length > Math.min(maxLength, MAX_SCAN_LENGTH)) return TRUNCATED;
  const work: Work = { left: MAX_WORK };
  const findings: Finding[] = [];
  const found = { secret: createCoverage(text.length), pii: createCoverage(text.length) };
  const seen = new Set<string>();
  const scan = (view: TextView, isPlain: boolean): boolean =>
    find(view.text, work, (finding) => {
      const span = view.span(finding.start, finding.end);
      const key = `${finding.kind} ${span.start} ${span.end}`;
      // What a token of base64 hides may be many findings, all of which are the token.
      if (!isPlain && seen.has(key)) return;
      seen.add(key);
      const coverage = finding.kind === "pii" ? found.pii : found.secret;
      if (!isPlain && coverage.covers(span)) return;
      coverage.add(span);
      findings.push({ ...finding, start: span.start, end: span.end });
    });
  let complete = scan(plainView(text), true);
  const normalised = normaliseText(text);
  if (complete && normalised !== undefined) complete = scan(normalised, false);
  const decoded = decodeText(text);
  for (const view of decoded.views) complete &&= scan(view, false);
  return {
    status: complete && decoded.complete ? "complete" : "truncated",
    findings: findings.toSorted((a, b) => a.start - b.start || b.end - a.end),
  };
}
