import type { Finding, Scanner } from "../ports/scanner.ts";
import { Refusal } from "../refusal.ts";

/** Longest text that is scanned in one piece, in UTF-16 code units. */
const MAX_SCAN_LENGTH = 1_048_576;

/**
 * Replaces the findings of some kinds by `[REDACTED:<rule>]`; overlapping findings become one.
 *
 * @throws {Refusal} `obligation-failed` when there is no scanner or the text could not be scanned
 * to its end.
 */
export function redactText(
  scanner: Scanner | undefined,
  kinds: readonly string[],
  text: string,
): string {
  if (scanner === undefined) throw new Refusal("obligation-failed");
  const { status, findings } = scanner.scan(text, { maxLength: MAX_SCAN_LENGTH });
  if (status !== "complete") throw new Refusal("obligation-failed");
  const wanted = findings.filter(({ kind }) => kinds.includes(kind));
  if (wanted.length === 0) return text;
  return replace(
    text,
    wanted.toSorted((a, b) => a.start - b.start || b.end - a.end),
  );
}

function replace(text: string, findings: readonly Finding[]): string {
  let result = "";
  let position = 0;
  for (const { start, end, rule } of findings) {
    if (start >= position) result += `${text.slice(position, start)}[REDACTED:${rule}]`;
    position = Math.max(position, end);
  }
  return result + text.slice(position);
}
