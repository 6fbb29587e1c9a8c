import { PortcullisError } from "../errors.ts";
import type { Scanner } from "../ports/scanner.ts";
import type { Placeholders, RedactedSpan } from "../redactor.ts";

/** Longest text that is scanned in one piece, in UTF-16 code units. */
const MAX_SCAN_LENGTH = 1_048_576;
const MAX_NAME = 64;

/**
 * What has to be replaced in a text, sorted and without overlaps; `name` is that of the member
 * whose value it is.
 *
 * @throws {PortcullisError} `ERR_OBLIGATION_FAILED` when the text could not be scanned to its end.
 */
export function findSpans(
  scanner: Scanner,
  text: string,
  { name, kinds }: { readonly name: string; readonly kinds: readonly string[] },
): readonly RedactedSpan[] {
  const found = scan(scanner, text, name).filter(({ kind }) => kinds.includes(kind));
  return found.length === 0 ? found : withoutOverlaps(found);
}

/** The text with a placeholder for each span. */
export function replaceSpans(
  text: string,
  spans: readonly RedactedSpan[],
  placeholders: Placeholders,
): string {
  let redacted = "";
  let position = 0;
  for (const { type, kind, start, end } of spans) {
    const placeholder = placeholders.of(text.slice(start, end), { rule: type, kind });
    redacted += text.slice(position, start) + placeholder;
    position = end;
  }
  return redacted + text.slice(position);
}

function scan(scanner: Scanner, text: string, name: string): readonly RedactedSpan[] {
  const plain = scanWhole(scanner, text);
  if (name === "") return plain;
  // As a member of JSON the value is found by what its name says as well.
  const lead = `"${name.slice(-MAX_NAME)}": "`;
  const named = scanWhole(scanner, `${lead}${text}"`).flatMap((span) => {
    const start = Math.max(0, span.start - lead.length);
    const end = Math.min(text.length, span.end - lead.length);
    return end > start ? [{ ...span, start, end }] : [];
  });
  return [...plain, ...named];
}

function scanWhole(scanner: Scanner, text: string): readonly RedactedSpan[] {
  const { status, findings } = scanner.scan(text, { maxLength: MAX_SCAN_LENGTH });
  if (status !== "complete") {
    throw new PortcullisError(
      "ERR_OBLIGATION_FAILED",
      "The text could not be scanned to its end.",
      {
        fields: { obligation: "redact", reason: "not-scanned" },
      },
    );
  }
  return findings.map(({ rule, kind, start, end }) => ({ type: rule, kind, start, end }));
}

/** Findings that overlap become one, of the rule that begins first and, of these, is longest. */
function withoutOverlaps(findings: readonly RedactedSpan[]): readonly RedactedSpan[] {
  const spans: RedactedSpan[] = [];
  for (const span of findings.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = spans.at(-1);
    if (last === undefined || span.start >= last.end) spans.push(span);
    else if (span.end > last.end) spans[spans.length - 1] = { ...last, end: span.end };
  }
  return spans;
}
