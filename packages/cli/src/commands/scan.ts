import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { TextVerdict } from "@portcullis/inspect";
import { scanText } from "@portcullis/inspect";
import type { CliIo } from "../cli-io.ts";
import { isColoured } from "../cli-io.ts";
import type { ExitCode } from "../exit-code.ts";
import { EXIT } from "../exit-code.ts";
import type { Finding } from "../finding.ts";
import { toReportPath } from "../finding.ts";
import type { ScannedTool } from "../format-definitions.ts";
import { formatDefinitions, toDefinitionFindings } from "../format-definitions.ts";
import { formatGithub } from "../format-github.ts";
import { formatSarif } from "../format-sarif.ts";
import { toPrintable } from "../printable.ts";
import { readDefinitions, readInput } from "../read-definitions.ts";
import { scanBatch, scanTextBatch, scanTool } from "../scan-batch.ts";
import { loadToolLock } from "../tool-lock-file.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

/** `portcullis scan`: tool definitions, by themselves or against a lock, or texts. */
export const scanVerb: Verb = defineVerb({
  name: "scan",
  summary: "Scan tool definitions or texts for what steers a model",
  args: {
    file: {
      type: "positional",
      description: "Tool definitions, or with --text a text; - for standard input",
      required: false,
    },
    lock: { type: "string", description: "Lock of approved definitions", valueHint: "path" },
    text: { type: "boolean", description: "Scan a text: injected instructions and hidden text" },
    server: {
      type: "string",
      description: "Configured key of the server whose tools/list answer the file is",
      valueHint: "key",
    },
    format: {
      type: "enum",
      options: ["pretty", "json", "jsonl", "sarif", "github"],
      description: "Form of the output; jsonl reads JSON Lines from standard input",
    },
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
Definitions:  portcullis scan tools.jsonl            (JSON Lines {"id","server","tool"})
              portcullis scan list.json --server github   (a server's answer to tools/list)
              portcullis scan --lock mcp-tools.lock.json --format jsonl < tools.jsonl
Texts:        portcullis scan --text page.html
              portcullis scan --text --format jsonl < texts.jsonl      (JSON Lines {"id","text"})

Verdicts: clean, suspicious, poisoned; against a lock also changed and unknown.
Exit codes: 0 everything is clean (JSON Lines: every line was answered), 1 something is not, 2 used
wrongly, also a lock that is not whole.`,
  async run(given, io) {
    const format = given.json === true ? "json" : (given.format ?? "pretty");
    if (given.json === true && given.format !== undefined && given.format !== "json") {
      throw new PortcullisConfigError("--json", "--json contradicts --format.");
    }
    const isText = given.text === true;
    if (isText && (given.lock !== undefined || given.server !== undefined)) {
      throw new PortcullisConfigError("--text", "--text goes with neither --lock nor --server.");
    }
    if (format === "jsonl") {
      if (given.file !== undefined || given.server !== undefined) {
        throw new PortcullisConfigError("file", "--format jsonl reads lines from standard input.");
      }
      const lock = given.lock === undefined ? undefined : await loadToolLock(given.lock, io);
      const answers = isText ? scanTextBatch(io.stdin) : scanBatch(io.stdin, { lock });
      await writeJsonLines(answers, io.stdout);
      return EXIT.ok;
    }
    if (given.file === undefined) {
      throw new PortcullisConfigError("file", "Name a file, - for standard input.");
    }
    if (isText) return await scanTextFile(given.file, { io, format });
    const lock = given.lock === undefined ? undefined : await loadToolLock(given.lock, io);
    const read = await readDefinitions(given.file, { io, server: given.server });
    const scanned: ScannedTool[] = [];
    for (const tool of read) scanned.push({ tool, compared: await scanTool(tool, { lock }) });
    await io.stdout.write(await formatScanned(scanned, { io, format, file: given.file }));
    return exitCode(scanned.map(({ compared }) => compared));
  },
});

type Format = "pretty" | "json" | "sarif" | "github";

function exitCode(verdicts: readonly { readonly verdict: string }[]): ExitCode {
  return verdicts.every(({ verdict }) => verdict === "clean") ? EXIT.ok : EXIT.findings;
}

async function formatScanned(
  scanned: readonly ScannedTool[],
  at: { readonly io: CliIo; readonly format: Format; readonly file: string },
): Promise<string> {
  if (at.format === "pretty") return formatDefinitions(scanned, { isColoured: isColoured(at.io) });
  if (at.format === "json") {
    const tools = scanned.map(({ tool: { server, definition }, compared }) => ({
      server,
      tool: definition.name,
      ...compared,
    }));
    return `${JSON.stringify({ ok: exitCode(tools) === EXIT.ok, tools })}\n`;
  }
  const findings = toDefinitionFindings(scanned, await reportPath(at.file, at.io));
  return at.format === "sarif" ? formatSarif(findings) : formatGithub(findings);
}

async function scanTextFile(
  path: string,
  { io, format }: { readonly io: CliIo; readonly format: Format },
): Promise<ExitCode> {
  const text = await readInput(path, io);
  const scanned = scanText(text);
  if (format === "json") await io.stdout.write(`${JSON.stringify(scanned)}\n`);
  else if (format === "pretty") await io.stdout.write(formatText(scanned, text));
  else {
    const findings = toTextFindings(scanned, { text, file: await reportPath(path, io) });
    await io.stdout.write(format === "sarif" ? formatSarif(findings) : formatGithub(findings));
  }
  return exitCode([scanned]);
}

function formatText({ verdict, findings }: TextVerdict, text: string): string {
  const rows = findings.map(({ rule, severity, start, message }) => {
    const { line, column } = placeOf(text, start);
    return `  ${severity.padEnd(7)} ${rule} ${line}:${column}: ${toPrintable(message)}\n`;
  });
  return `${verdict.toUpperCase()}\n${rows.join("")}`;
}

const LEVELS = { info: "note", warning: "warning", error: "error" } as const;

function toTextFindings(
  { verdict, findings }: TextVerdict,
  { text, file }: { readonly text: string; readonly file: string },
): readonly Finding[] {
  if (verdict === "clean") return [];
  return findings.map(({ rule, severity, start, message }) => ({
    rule,
    level: LEVELS[severity],
    message,
    file,
    ...placeOf(text, start),
  }));
}

function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf("\n");
  return { line: before.split("\n").length, column: offset - lastBreak };
}

/** Standard input has no name; reports need one. */
async function reportPath(path: string, { cwd }: CliIo): Promise<string> {
  if (path === "-") return "stdin";
  const base = await realpath(cwd);
  return toReportPath(base, await realpath(join(cwd, path)).catch(() => join(base, path)));
}
