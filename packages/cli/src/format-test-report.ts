import { styleText } from "node:util";
import type { CoverageCount, PolicyTestResult, RuleCoverage } from "@portcullis/policy";
import { groupBy } from "./group-by.ts";
import { toPrintable } from "./printable.ts";
import type { TestedPolicy } from "./run-test-files.ts";

/** How {@link formatTestReport} writes. */
export interface FormatTestReportOptions {
  /** Uses colours. */
  readonly isColoured: boolean;
  /** Lists rules and clauses that were not seen both ways. */
  readonly withCoverage: boolean;
}

/** Writes what came of policy tests for people: what failed and where, counts, coverage. */
export function formatTestReport(
  tested: readonly TestedPolicy[],
  { isColoured, withCoverage }: FormatTestReportOptions,
): string {
  const paint = (colour: "green" | "red" | "yellow", text: string): string =>
    isColoured ? styleText(colour, text, { validateStream: false }) : text;
  const results = tested.flatMap(({ report }) => report.results);
  const lines = [...groupBy(results, ({ file }) => file)].flatMap(([file, cases]) => {
    const failed = cases.filter(({ ok }) => !ok);
    const state = failed.length === 0 ? paint("green", "ok  ") : paint("red", "FAIL");
    return [
      toPrintable(`${file}  ${count(cases.length, "case")}`).replace(/^/, `${state}  `),
      ...failed.flatMap(describeFailures),
    ];
  });
  const failed = results.filter(({ ok }) => !ok).length;
  const skipped = tested.reduce((sum, { report }) => sum + report.skipped, 0);
  const passed = results.length - failed;
  const total = [
    `${passed} passed`,
    ...(failed === 0 ? [] : [paint("red", `${failed} failed`)]),
    ...(skipped === 0 ? [] : [paint("yellow", `${skipped} left out`)]),
  ];
  const coverage = withCoverage ? tested.flatMap(describeCoverage) : [];
  return `${[...lines, ...coverage, "", total.join(", ")].join("\n")}\n`;
}

/** A share in words, such as `11 of 12 (91.6 %)`; rounded down, so that only all is 100. */
function formatCount({ covered, total }: CoverageCount): string {
  const percent = total === 0 ? 100 : Math.floor((covered * 1000) / total) / 10;
  return `${covered} of ${total} (${percent} %)`;
}

function describeFailures({ name, failures }: PolicyTestResult): readonly string[] {
  return [
    toPrintable(`        ${name}`),
    ...failures.map(({ file, line, column, message }) =>
      toPrintable(`          ${file}:${line}:${column}  ${message}`),
    ),
  ];
}

function describeCoverage({ policy, report }: TestedPolicy): readonly string[] {
  const { rules, clauses, details } = report.coverage;
  return [
    "",
    toPrintable(
      `coverage of ${policy}: rules ${formatCount(rules)}, clauses ${formatCount(clauses)}`,
    ),
    ...details.flatMap(describeGaps).map(toPrintable),
  ];
}

function describeGaps(rule: RuleCoverage): readonly string[] {
  const clauses = rule.clauses.filter(({ seenTrue, seenFalse }) => !seenTrue || !seenFalse);
  if (rule.covered && clauses.length === 0) return [];
  const place = rule.source === undefined ? "" : `  ${rule.source}`;
  return [
    `  ${rule.id}${place}  ${rule.covered ? "" : gapOf(rule)}`.trimEnd(),
    ...clauses.map((clause) => {
      const { text, seenTrue, seenFalse, seenError } = clause;
      const never = [...(seenTrue ? [] : ["true"]), ...(seenFalse ? [] : ["false"])];
      return `    ${text}  never ${never.join(" or ")}${seenError ? ", but it erred" : ""}`;
    }),
  ];
}

function gapOf({ seenApplying, seenNotApplying, isUnconditional }: RuleCoverage): string {
  if (!seenApplying && !seenNotApplying) return "never asked";
  if (!seenApplying) return "never applied";
  return isUnconditional ? "" : "always applied";
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
