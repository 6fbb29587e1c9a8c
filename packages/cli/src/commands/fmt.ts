import { PortcullisConfigError } from "@portcullis/core";
import { formatPolicyYaml } from "@portcullis/policy";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import { toFindings } from "../finding.ts";
import type { Finding } from "../finding.ts";
import { FINDING_FORMATS, formatFindings } from "../format-findings.ts";
import { formatPlain, formatProblems } from "../format-problems.ts";
import { formatFiles } from "../format-files.ts";
import type { FormattedFile } from "../format-files.ts";
import { toPrintable } from "../printable.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { readStdinText } from "../read-json-option.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis fmt`: the canonical layout of policies. */
export const fmtVerb: Verb = defineVerb({
  name: "fmt",
  summary: "Lay out policies canonically",
  args: {
    files: {
      type: "positional",
      description:
        "YAML files, folders with a policy.yaml, or - for standard input; . unless given",
      required: false,
    },
    check: { type: "boolean", description: "Write nothing, say what would change" },
    format: reportFormatArg(FINDING_FORMATS),
    json: { type: "boolean", description: "Same as --format json" },
  },
  isVariadic: true,
  details: `
Of a folder: its policy.yaml, what that includes, and the policy tests beside it. Values, their order and
comments stay; a file that could not be laid out without changing it is left alone.

Exit codes: 0 done, 1 with --check: something would change, 2 used wrongly, also a file that is no YAML
of a policy.`,
  async run({ _: paths, check, ...given }, io) {
    const format = toReportFormat(given);
    if (paths.includes("-")) return await formatStdin(paths, { check: check === true, io });
    const files = await formatFiles(paths.length === 0 ? ["."] : paths, {
      cwd: io.cwd,
      check: check === true,
    });
    const refused = files.flatMap(({ issues }) => issues);
    const findings = [
      ...toFindings(refused, { rule: "policy-invalid", toPath: (file) => file }),
      ...(check === true ? files.filter(({ state }) => state === "changed").map(toFinding) : []),
    ];
    if (format === "json") await io.stdout.write(`${JSON.stringify({ files, findings })}\n`);
    else if (format === "pretty") await io.stdout.write(describe(files, check === true));
    else await io.stdout.write(formatFindings(findings, format));
    if (refused.length > 0) {
      await io.stderr.write(await formatProblems(refused, { cwd: io.cwd }));
      return EXIT.usage;
    }
    const isChanged = files.some(({ state }) => state === "changed");
    return isChanged && check === true ? EXIT.findings : EXIT.ok;
  },
});

function toFinding({ file }: FormattedFile): Finding {
  const message = "This file is not laid out canonically; run `portcullis fmt`.";
  return { rule: "policy-layout", level: "warning", message, file, line: 1, column: 1 };
}

function describe(files: readonly FormattedFile[], check: boolean): string {
  const changed = files.filter(({ state }) => state === "changed");
  const verb = check ? "would change" : "changed";
  return changed.map(({ file }) => `${verb} ${toPrintable(file)}\n`).join("");
}

async function formatStdin(
  paths: readonly string[],
  { check, io }: { readonly check: boolean; readonly io: CliIo },
): Promise<ExitCode> {
  if (paths.length > 1) {
    throw new PortcullisConfigError("files", "Standard input (-) stands alone.");
  }
  const text = await readStdinText("files", io);
  const result = formatPolicyYaml({ file: "-", text });
  if (!result.ok) {
    await io.stderr.write(formatPlain(result.issues, () => text));
    return EXIT.usage;
  }
  if (!check) await io.stdout.write(result.text);
  return check && result.text !== text ? EXIT.findings : EXIT.ok;
}
