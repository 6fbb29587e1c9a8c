import { createHash } from "node:crypto";
import type { Finding } from "./finding.ts";
import { readVersion } from "./read-version.ts";

/** What each kind of finding is about; the keys are all there are. */
const RULES: Readonly<Record<string, string>> = {
  "import-unsupported": "What is imported has no exact counterpart, so nothing is written.",
  "policy-invalid": "The policy is not valid, so it would be refused as a whole.",
  "policy-layout": "The file is not laid out canonically; `portcullis fmt` does that.",
  "policy-test": "The policy does not decide what its test says.",
};

/**
 * Writes findings as a SARIF 2.1.0 log of one run: a driver with its rules, and of each result rule,
 * level, message, place and a fingerprint that survives moved lines.
 */
export function formatSarif(findings: readonly Finding[]): string {
  // A rule that is not in the table has one message, which says what it is about.
  const messages = new Map(findings.map(({ rule, message }) => [rule, message]));
  const used = [...messages.keys()].toSorted();
  const seen = new Map<string, number>();
  const log = {
    version: "2.1.0",
    $schema:
      "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    runs: [
      {
        tool: {
          driver: {
            name: "portcullis",
            version: readVersion(),
            rules: used.map((id) => ({
              id,
              shortDescription: { text: RULES[id] ?? messages.get(id) ?? id },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => toResult(finding, seen)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function toResult(finding: Finding, seen: Map<string, number>): object {
  const { rule, level, message, file, line, column } = finding;
  const key = JSON.stringify([rule, file, message]);
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  const hash = createHash("sha256").update(`${key}${count}`).digest("hex");
  return {
    ruleId: rule,
    level,
    message: { text: message },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/") },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
    partialFingerprints: { "portcullis/v1": hash },
  };
}
