import type { Finding } from "./finding.ts";
import { formatGithub } from "./format-github.ts";
import { formatSarif } from "./format-sarif.ts";

/** Forms of findings for programs. */
export type FindingFormat = "json" | "sarif" | "github";

/** Forms of findings, the one for people first. */
export const FINDING_FORMATS: readonly ["pretty", "json", "sarif", "github"] = [
  "pretty",
  "json",
  "sarif",
  "github",
];

/**
 * Writes findings for programs: one JSON object `{"ok","findings"}`, a SARIF 2.1.0 log, or
 * annotations of GitHub Actions.
 */
export function formatFindings(
  findings: readonly (Finding & { readonly title?: string })[],
  format: FindingFormat,
): string {
  if (format === "sarif") return formatSarif(findings);
  if (format === "github") return formatGithub(findings);
  return `${JSON.stringify({ ok: findings.length === 0, findings })}\n`;
}
