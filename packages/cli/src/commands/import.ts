import { readFile, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import { importProgentPolicy } from "@portcullis/policy";
import type { ImportFile } from "@portcullis/policy";
import { EXIT } from "../exit-code.ts";
import { toFindings, toReportPath } from "../finding.ts";
import { FINDING_FORMATS, formatFindings } from "../format-findings.ts";
import { formatPlain } from "../format-problems.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { toPrintable } from "../printable.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis import progent <file>`: a policy of another tool as one of ours. */
export const importVerb: Verb = defineVerb({
  name: "import",
  summary: "Translate a policy of another tool",
  args: {
    from: { type: "positional", description: "progent", required: true },
    file: { type: "positional", description: "JSON file to translate", required: true },
    suite: { type: "string", description: "Which policy of a file with several, by name" },
    tools: {
      type: "string",
      description:
        "Definitions of the tools: a list of {name, inputSchema}, or tools/list's answer",
      valueHint: "path",
    },
    name: { type: "string", description: "Name of the policy; that of the suite unless given" },
    agents: {
      type: "string",
      description: "Whom the rules are about, separated by commas; every agent unless given",
    },
    format: reportFormatArg(FINDING_FORMATS),
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
The policy goes to standard output, what its reader should know to standard error:
  portcullis import progent policies.json --suite banking > policy.yaml

It decides what the other one decides; whatever has no exact counterpart refuses the whole import. With
--json, one object {"ok","text","notes","findings"}.

Exit codes: 0 written, 1 something has no counterpart, 2 used wrongly, also a file that cannot be read.`,
  async run(given, io) {
    if (given.from !== "progent") {
      throw new PortcullisConfigError("from", "There is one tool to import from: progent.");
    }
    const format = toReportFormat(given);
    const cwd = await realpath(io.cwd);
    const source = await readSource("file", given.file, cwd);
    const tools =
      given.tools === undefined ? undefined : await readSource("--tools", given.tools, cwd);
    const agents = given.agents?.split(",").map((agent) => agent.trim());
    if (agents?.includes("") === true) {
      throw new PortcullisConfigError("--agents", "--agents takes ids, separated by commas.");
    }
    const result = await importProgentPolicy(source, {
      ...(given.suite === undefined ? {} : { suite: given.suite }),
      ...(tools === undefined ? {} : { tools }),
      ...(given.name === undefined ? {} : { name: given.name }),
      ...(agents === undefined ? {} : { agents }),
    });
    if (result.ok) {
      const { text, notes } = result;
      if (format === "json") {
        await io.stdout.write(`${JSON.stringify({ ok: true, text, notes, findings: [] })}\n`);
        return EXIT.ok;
      }
      await io.stdout.write(text);
      await io.stderr.write(notes.map((note) => `note: ${toPrintable(note)}\n`).join(""));
      return EXIT.ok;
    }
    const { issues } = result;
    if (format === "pretty") {
      const texts = new Map([source, ...(tools === undefined ? [] : [tools])].map(toEntry));
      await io.stderr.write(formatPlain(issues, (file) => texts.get(file)));
    } else {
      const findings = toFindings(issues, { rule: "import-unsupported", toPath: (file) => file });
      await io.stdout.write(formatFindings(findings, format));
    }
    return EXIT.findings;
  },
});

function toEntry({ file, text }: ImportFile): readonly [string, string] {
  return [file, text];
}

async function readSource(option: string, path: string, cwd: string): Promise<ImportFile> {
  const full = resolve(cwd, path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(full));
    return { file: toReportPath(cwd, full), text };
  } catch (cause) {
    throw new PortcullisConfigError(option, "The file to import cannot be read as UTF-8.", {
      cause,
    });
  }
}
