import type { Finding } from "./finding.ts";

/** Writes findings as workflow commands of GitHub Actions, which annotate the lines concerned. */
export function formatGithub(findings: readonly (Finding & { readonly title?: string })[]): string {
  return findings
    .map(({ level, file, line, column, message, title, rule }) => {
      const place = `file=${escapeProperty(file)},line=${line},col=${column}`;
      return `::${level === "note" ? "notice" : level} ${place},title=${escapeProperty(title ?? rule)}::${escapeData(message)}\n`;
    })
    .join("");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
