import type { FindingName } from "./evidence.ts";
import { FINDING_LABELS, isGood } from "./format-run.ts";
import type { Ink } from "./ink.ts";
import { fit } from "./ink.ts";
import type { RunReport } from "./perform-run.ts";

const NAMES: readonly FindingName[] = ["leaked", "ran", "paid", "changed", "finished"];
const WIDTH = 14;

/** One line for each run. */
export function formatSummary(reports: readonly RunReport[], ink: Ink): string {
  const columns = [...NAMES.map((name) => FINDING_LABELS[name]), "refused"];
  const head = ["".padEnd(24), ...columns.map((text) => fit(text, WIDTH)), "guard µs, median"];
  return [
    ink("bold", `── summary ${"─".repeat(99)}`),
    ink("dim", head.join("")),
    ...reports.map((report) => formatRow(report, ink)),
    "",
  ].join("\n");
}

function formatRow(report: RunReport, ink: Ink): string {
  const { framework, guarded, steps, findings } = report;
  const cells = NAMES.map((name) => {
    const finding = findings.find((candidate) => candidate.name === name);
    if (finding === undefined) return fit("?", WIDTH);
    return ink(isGood(finding) ? "green" : "red", fit(finding.happened ? "yes" : "no", WIDTH));
  });
  const refused = steps.filter(
    ({ verdict }) => verdict === "deny" || verdict === "approval-required",
  );
  const name = `${fit(framework, 12)}${guarded ? "guarded" : "unguarded"}`;
  const counts = guarded
    ? `${fit(`${refused.length} of ${steps.length}`, WIDTH)}${median(steps.map(({ micros }) => micros ?? 0))}`
    : `${fit(`0 of ${steps.length}`, WIDTH)}–`;
  return `${fit(name, 24)}${cells.join("")}${counts}`;
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return String(sorted[Math.floor(sorted.length / 2)] ?? "–");
}
