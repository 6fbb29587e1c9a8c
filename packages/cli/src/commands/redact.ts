import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Scanner } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { createScanner, importGitleaks } from "@portcullis/inspect";
import { LineRefusal } from "../answer-lines.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import { formatArg, refuseFlags, toOutputFormat } from "../output-format.ts";
import { readStdinText } from "../read-json-option.ts";
import type { RedactAnswer, RedactOptions } from "../redact-batch.ts";
import { redactBatch, redactLine } from "../redact-batch.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

/** `portcullis redact`: a text without credentials and personal data, once or for JSON Lines. */
export const redactVerb: Verb = defineVerb({
  name: "redact",
  summary: "Replace credentials and personal data in texts",
  args: {
    file: { type: "positional", description: "Text file, - for standard input", required: false },
    kinds: {
      type: "string",
      description: "What is replaced: secret, pii, or both with a comma",
      valueHint: "kinds",
    },
    gitleaks: {
      type: "string",
      description: "More rules: a configuration file of gitleaks",
      valueHint: "path",
    },
    format: formatArg,
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
Once:        portcullis redact notes.txt
             git diff | portcullis redact
Many times:  portcullis redact --format jsonl < lines.jsonl

What is found becomes [REDACTED:<rule>]; other values of the same rule are numbered from 2, and a
value that comes again gets the placeholder it had.

Exit codes: 0 redacted (many times: every line was answered), 2 used wrongly, or a text that could
not be scanned to its end.`,
  async run(given, io) {
    const format = toOutputFormat(given);
    const options = await toOptions(given, io);
    if (format === "jsonl") {
      refuseFlags(given, ["file"], "--format jsonl, whose lines come from standard input");
      await writeJsonLines(redactBatch(io.stdin, options), io.stdout);
      return EXIT.ok;
    }
    const { text, findings } = redactOnce(await readText(given.file ?? "-", io), options);
    await io.stdout.write(format === "json" ? `${JSON.stringify({ text, findings })}\n` : text);
    return EXIT.ok;
  },
});

async function toOptions(
  given: { readonly kinds?: string | undefined; readonly gitleaks?: string | undefined },
  io: CliIo,
): Promise<RedactOptions> {
  const scanner = createScanner(
    given.gitleaks === undefined ? {} : { rules: await readRules(given.gitleaks, io) },
  );
  return given.kinds === undefined
    ? { scanner }
    : { scanner, kinds: toKinds(scanner, given.kinds.split(",")) };
}

async function readRules(
  path: string,
  { cwd }: CliIo,
): Promise<ReturnType<typeof importGitleaks>["rules"]> {
  let toml: string;
  try {
    toml = await readFile(resolve(cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError("--gitleaks", "The file of rules cannot be read.", { cause });
  }
  return importGitleaks(toml).rules;
}

function toKinds(scanner: Scanner, kinds: readonly string[]): readonly string[] {
  const known: readonly string[] = scanner.kinds;
  if (kinds.every((kind) => known.includes(kind))) return kinds;
  throw new PortcullisConfigError("--kinds", `--kinds may be ${known.join(",")}, or one of them.`);
}

async function readText(path: string, io: CliIo): Promise<string> {
  if (path === "-") return await readStdinText("text", io);
  try {
    const bytes = await readFile(resolve(io.cwd, path));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PortcullisConfigError("file", "The file cannot be read as UTF-8 text.", { cause });
  }
}

function redactOnce(text: string, options: RedactOptions): RedactAnswer {
  try {
    return redactLine({ id: "redact", text }, options);
  } catch (error) {
    if (!(error instanceof LineRefusal)) throw error;
    throw new PortcullisConfigError("text", error.message);
  }
}
