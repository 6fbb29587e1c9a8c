import { dirname, resolve } from "node:path";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { isCovered } from "@portcullis/policy";
import type { ParsedArgs } from "citty";
import { isColoured } from "../cli-io.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import { findTestFiles } from "../find-test-files.ts";
import { toFindings } from "../finding.ts";
import type { Finding } from "../finding.ts";
import { formatFindings } from "../format-findings.ts";
import { formatJunit } from "../format-junit.ts";
import { formatProblems } from "../format-problems.ts";
import { formatTestReport } from "../format-test-report.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { toPrintable } from "../printable.ts";
import { runTestFiles } from "../run-test-files.ts";
import type { TestedPolicy } from "../run-test-files.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";
import { watchFolders } from "../watch-folders.ts";

const args = {
  files: {
    type: "positional",
    description: "Files called *_test.yaml, or folders with such; the current folder unless given",
    required: false,
  },
  policy: {
    type: "string",
    description: "Policy of all tests; the one beside each file unless given",
    valueHint: "path",
  },
  run: { type: "string", description: "Only cases whose name matches", valueHint: "regex" },
  coverage: { type: "boolean", description: "List rules and clauses that were not seen both ways" },
  "min-coverage": {
    type: "string",
    description: "Fail where fewer rules or clauses were seen both ways",
    valueHint: "percent",
  },
  watch: { type: "boolean", description: "Run again after each change, until interrupted" },
  format: reportFormatArg(["pretty", "json", "junit", "sarif", "github"]),
  json: { type: "boolean", description: "Same as --format json" },
} as const;

/** `portcullis test`: policy tests, with coverage. */
export const testVerb: Verb = defineVerb({
  name: "test",
  summary: "Run policy tests",
  args,
  isVariadic: true,
  details: `
refunds_test.yaml tests refunds.yaml beside it, or if there is none policy.yaml. No tool runs, the
clock stands still, nothing is kept.

Exit codes: 0 all passed, 1 a test failed or the coverage is too low, 2 used wrongly, also a policy or
a test file that is not valid.`,
  async run(given, io) {
    const plan = toPlan(given);
    if (given.watch !== true) return await runOnce(plan, io);
    const files = await findTestFiles(plan.paths, { cwd: io.cwd });
    const policies = plan.policy === undefined ? [] : [resolve(io.cwd, plan.policy)];
    const folders = new Set([...files.map(({ policy }) => policy), ...policies].map(dirname));
    let code: ExitCode = EXIT.ok;
    await watchFolders([...folders], {
      act: async () => {
        code = await runWatched(plan, io);
        await io.stderr.write("Waiting for changes; interrupt to end.\n");
      },
      onInterrupt: (stop) => io.onInterrupt?.(stop) ?? (() => undefined),
    });
    return code;
  },
});

interface Plan {
  readonly paths: readonly string[];
  readonly policy: string | undefined;
  readonly only: RegExp | undefined;
  readonly withCoverage: boolean;
  /** Percent; undefined where none is asked for. */
  readonly minCoverage: number | undefined;
  readonly format: "pretty" | "json" | "junit" | "sarif" | "github";
}

function toPlan(given: ParsedArgs<typeof args>): Plan {
  const minCoverage = toPercent(given["min-coverage"]);
  const only = toPattern(given.run);
  if (only !== undefined && minCoverage !== undefined) {
    throw new PortcullisConfigError("--run", "--run does not belong to --min-coverage.");
  }

  return {
    paths: given._,
    policy: given.policy,
    only,
    withCoverage: given.coverage === true || minCoverage !== undefined,
    minCoverage,
    format: toReportFormat(given),
  };
}

/** A run among others: what is not valid is said and may be mended, it does not end the watch. */
async function runWatched(plan: Plan, io: CliIo): Promise<ExitCode> {
  try {
    return await runOnce(plan, io);
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    await io.stderr.write(`portcullis: ${toPrintable(error.message)} (${error.code})\n`);
    return EXIT.usage;
  }
}

async function runOnce(plan: Plan, io: CliIo): Promise<ExitCode> {
  const { paths, policy, only, minCoverage } = plan;
  let tested: readonly TestedPolicy[];
  try {
    tested = await runTestFiles(paths, {
      cwd: io.cwd,
      ...(policy === undefined ? {} : { policy }),
      ...(only === undefined ? {} : { only }),
    });
  } catch (error) {
    return await reportInvalid(error, plan, io);
  }
  const uncovered = minCoverage === undefined ? [] : tested.filter(isBelow(minCoverage));
  await io.stdout.write(format(tested, plan, io));
  for (const { policy: path } of uncovered) {
    await io.stderr.write(
      `portcullis: the coverage of ${toPrintable(path)} is below ${minCoverage} %\n`,
    );
  }
  const isOk = uncovered.length === 0 && tested.every(({ report }) => report.ok);
  return isOk ? EXIT.ok : EXIT.findings;
}

function isBelow(percent: number): (tested: TestedPolicy) => boolean {
  return ({ report: { coverage } }) =>
    !isCovered(coverage.rules, percent) || !isCovered(coverage.clauses, percent);
}

async function reportInvalid(error: unknown, plan: Plan, io: CliIo): Promise<ExitCode> {
  if (!PortcullisError.isInstance(error) || error.code !== "ERR_POLICY_INVALID") throw error;
  const issues = error.fields.issues ?? [];
  if (plan.format !== "pretty" && plan.format !== "junit") {
    const findings = toFindings(issues, { rule: "policy-invalid", toPath: (file) => file });
    await io.stdout.write(formatFindings(findings, plan.format));
  }
  const [head] = error.message.split(":");
  const problems = await formatProblems(issues, { cwd: io.cwd });
  await io.stderr.write(`portcullis: ${toPrintable(head ?? "")}.\n${problems}`);
  return EXIT.usage;
}

function format(tested: readonly TestedPolicy[], plan: Plan, io: CliIo): string {
  if (plan.format === "junit") return formatJunit(tested);
  if (plan.format === "json") return `${JSON.stringify(toJson(tested, plan))}\n`;
  if (plan.format === "sarif" || plan.format === "github") {
    return formatFindings(toFailures(tested), plan.format);
  }
  return formatTestReport(tested, { isColoured: isColoured(io), withCoverage: plan.withCoverage });
}

function toFailures(
  tested: readonly TestedPolicy[],
): readonly (Finding & { readonly title: string })[] {
  const results = tested.flatMap(({ report }) => report.results);
  return results.flatMap(({ name, failures }) =>
    failures.map((failure) => ({
      ...failure,
      rule: "policy-test",
      level: "error" as const,
      title: name,
    })),
  );
}

function toJson(tested: readonly TestedPolicy[], { withCoverage }: Plan): object {
  const results = tested.flatMap(({ report }) => report.results);
  const passed = results.filter(({ ok }) => ok).length;
  return {
    ok: tested.every(({ report }) => report.ok),
    passed,
    failed: results.length - passed,
    skipped: tested.reduce((sum, { report }) => sum + report.skipped, 0),
    policies: tested.map(({ policy, report }) => ({
      policy,
      results: report.results,
      ...(withCoverage ? { coverage: report.coverage } : {}),
    })),
  };
}

function toPercent(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(percent <= 100)) {
    throw new PortcullisConfigError("--min-coverage", "--min-coverage takes 0 to 100.");
  }
  return percent;
}

function toPattern(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "u");
  } catch {
    throw new PortcullisConfigError("--run", "--run takes a regular expression.");
  }
}
