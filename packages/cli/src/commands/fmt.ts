import { PortcullisConfigError } from "@portcullis/core";
import { formatIssues, formatPolicyYaml } from "@portcullis/policy";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { ExitCode } from "../exit-code.ts";
import { formatFiles } from "../format-files.ts";
import type { FormattedFile } from "../format-files.ts";
import { toPrintable } from "../printable.ts";
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
    json: { type: "boolean", description: "Print what was done as JSON" },
  },
  isVariadic: true,
  details: `
Of a folder: its policy.yaml, what that includes, and the policy tests beside it. Values, their order and
comments stay; a file that could not be laid out without changing it is left alone.

Exit codes: 0 done, 1 with --check: something would change, 2 used wrongly, also a file that is no YAML
of a policy.`,
  async run({ _: paths, check, json }, io) {
    if (paths.includes("-")) return await formatStdin(paths, { check: check === true, io });
    const files = await formatFiles(paths.length === 0 ? ["."] : paths, {
      cwd: io.cwd,
      check: check === true,
    });
    if (json === true) await io.stdout.write(`${JSON.stringify({ files })}\n`);
    else await io.stdout.write(describe(files, check === true));
    const refused = files.flatMap(({ issues }) => issues);
    if (refused.length > 0) {
      await io.stderr.write(`${formatIssues(refused).split("\n").map(toPrintable).join("\n")}\n`);
      return EXIT.usage;
    }
    const isChanged = files.some(({ state }) => state === "changed");
    return isChanged && check === true ? EXIT.findings : EXIT.ok;
  },
});

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
    await io.stderr.write(
      `${formatIssues(result.issues).split("\n").map(toPrintable).join("\n")}\n`,
    );
    return EXIT.usage;
  }
  if (!check) await io.stdout.write(result.text);
  return check && result.text !== text ? EXIT.findings : EXIT.ok;
}
