import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import { LineRefusal } from "../answer-lines.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import { formatArg, refuseFlags, toOutputFormat } from "../output-format.ts";
import { toPrintable } from "../printable.ts";
import { parseJsonOption, readJsonOption } from "../read-json-option.ts";
import { validateBatch, validateLine } from "../validate-batch.ts";
import type { ValidateAnswer, ValidateLine } from "../validate-batch.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

/** `portcullis validate`: arguments against a JSON Schema, once or for JSON Lines. */
export const validateVerb: Verb = defineVerb({
  name: "validate",
  summary: "Check arguments against a JSON Schema",
  args: {
    schema: { type: "string", description: "Schema file, - for standard input", valueHint: "path" },
    args: {
      type: "string",
      description: "Arguments as JSON, - for standard input",
      valueHint: "json",
    },
    format: formatArg,
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
Once:        portcullis validate --schema refund.schema.json --args '{"amount":10}'
Many times:  portcullis validate --format jsonl < lines.jsonl

Exit codes: 0 valid (many times: every line was answered), 1 not valid, 2 used wrongly or a schema
that is not supported.`,
  async run(given, io) {
    const format = toOutputFormat(given);
    if (format === "jsonl") {
      refuseFlags(
        given,
        ["schema", "args"],
        "--format jsonl, whose lines come from standard input",
      );
      await writeJsonLines(validateBatch(io.stdin), io.stdout);
      return EXIT.ok;
    }
    if (given.schema === undefined || given.args === undefined) {
      throw new PortcullisConfigError("--schema", "Give --schema and --args, or --format jsonl.");
    }
    if (given.schema === "-" && given.args === "-") {
      throw new PortcullisConfigError("--args", "Standard input is either --schema or --args.");
    }
    const answer = await answerOnce({
      id: "validate",
      schema: await readSchema(given.schema, io),
      args: await readJsonOption("--args", given.args, io),
    });
    if (format === "json") {
      await io.stdout.write(`${JSON.stringify({ valid: answer.valid, issues: answer.issues })}\n`);
    } else {
      await io.stdout.write(formatAnswer(answer));
    }
    return answer.valid ? EXIT.ok : EXIT.findings;
  },
});

async function readSchema(path: string, io: CliIo): Promise<Json> {
  if (path === "-") return await readJsonOption("--schema", path, io);
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError("--schema", "The schema file cannot be read.", { cause });
  }
  return parseJsonOption("--schema", text);
}

async function answerOnce(line: ValidateLine): Promise<ValidateAnswer> {
  try {
    return await validateLine(line);
  } catch (error) {
    if (!(error instanceof LineRefusal)) throw error;
    throw new PortcullisConfigError("--schema", error.message);
  }
}

function formatAnswer({ valid, issues }: ValidateAnswer): string {
  if (valid) return "VALID\n";
  const lines = issues.map(
    ({ path, message }) =>
      `  ${toPrintable(path === "" ? "(whole)" : path)}  ${toPrintable(message)}\n`,
  );
  return `NOT VALID\n${lines.join("")}`;
}
