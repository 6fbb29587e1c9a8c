import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Issue } from "@portcullis/core";
import { formatIssues, validatePolicyYaml } from "@portcullis/policy";
import { composeFacts } from "../compose-facts.ts";
import { EXIT } from "../exit-code.ts";
import { toFindings, toReportPath } from "../finding.ts";
import { FINDING_FORMATS, formatFindings } from "../format-findings.ts";
import { openPolicyFile } from "../load-policy-file.ts";
import type { OpenedPolicy } from "../load-policy-file.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { toPrintable } from "../printable.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis lint`: every problem of a policy at once, with its place. */
export const lintVerb: Verb = defineVerb({
  name: "lint",
  summary: "Find every problem of a policy",
  args: {
    policy: {
      type: "positional",
      description: "Policy file, or a folder that holds a policy.yaml",
      required: false,
      default: "./policy.yaml",
    },
    format: reportFormatArg(FINDING_FORMATS),
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
Form, names, types and conditions of the policy and of the files that it includes: whatever would keep
it from being loaded.

Exit codes: 0 nothing found, 1 problems, 2 used wrongly, also a policy that cannot be read.`,
  async run(given, io) {
    const opened = await openPolicyFile(given.policy, { cwd: io.cwd });
    const { source, folder } = opened;
    const result = await validatePolicyYaml(source, { facts: composeFacts() });
    const issues = result.ok ? [] : result.issues;
    const cwd = await realpath(io.cwd);
    const toPath = (file: string): string => toReportPath(cwd, join(folder, file));
    const findings = toFindings(issues, { rule: "policy-invalid", toPath });
    const format = toReportFormat(given);
    if (format === "pretty") await io.stdout.write(toPretty(issues, { toPath, opened }));
    else await io.stdout.write(formatFindings(findings, format));
    return findings.length === 0 ? EXIT.ok : EXIT.findings;
  },
});

function toPretty(
  issues: readonly Issue[],
  { toPath, opened }: { readonly toPath: (file: string) => string; readonly opened: OpenedPolicy },
): string {
  if (issues.length === 0) return "No problems.\n";
  const names = new Map(issues.map(({ file = "" }) => [toPath(file), file]));
  const placed = issues.map((issue) => ({ ...issue, file: toPath(issue.file ?? "") }));
  const text = formatIssues(placed, { textOf: (path) => opened.textOf(names.get(path) ?? path) });
  const count = issues.length === 1 ? "1 problem" : `${issues.length} problems`;
  return `${text.split("\n").map(toPrintable).join("\n")}\n\n${count}\n`;
}
