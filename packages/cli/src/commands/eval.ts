import type { JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import type { ParsedArgs } from "citty";
import type { CliIo } from "../cli-io.ts";
import { isColoured } from "../cli-io.ts";
import type { EvalLine } from "../eval-line.ts";
import { evaluateBatch } from "../evaluate-batch.ts";
import { evaluateOnce } from "../evaluate-once.ts";
import type { Evaluation } from "../evaluate-once.ts";
import { EXIT } from "../exit-code.ts";
import { formatEvaluation } from "../format-evaluation.ts";
import { isJsonObject } from "../is-json-object.ts";
import { formatArg, refuseFlags, toOutputFormat } from "../output-format.ts";
import { readJsonOption } from "../read-json-option.ts";
import { unsignedBanner } from "../unsigned-banner.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

const args = {
  policy: {
    type: "string",
    description: "Policy file, or a folder that holds a policy.yaml",
    default: "./policy.yaml",
    valueHint: "path",
  },
  tool: {
    type: "string",
    description: "Tool name as in the policy's catalogue",
    valueHint: "name",
  },
  args: {
    type: "string",
    description: "Arguments as JSON, - for standard input",
    valueHint: "json",
  },
  agent: { type: "string", description: "Acting agent, assistant unless given", valueHint: "id" },
  roles: { type: "string", description: "Roles of the agent", valueHint: "a,b" },
  user: { type: "string", description: "Person on whose behalf", valueHint: "id" },
  "user-roles": { type: "string", description: "Roles of the person", valueHint: "a,b" },
  prompt: { type: "string", description: "The user's own words", valueHint: "text" },
  context: { type: "string", description: "The host's facts as JSON", valueHint: "json" },
  now: { type: "string", description: "Date at which the clock stands", valueHint: "iso8601" },
  production: { type: "boolean", description: "Refuse a policy that is not signed" },
  format: formatArg,
  json: { type: "boolean", description: "Same as --format json" },
} as const;

const ONE_CALL = ["tool", "args", "agent", "roles", "user", "user-roles", "prompt", "context"];

/** `portcullis eval`: one call for people, or JSON Lines for programs. */
export const evalVerb: Verb = defineVerb({
  name: "eval",
  summary: "Decide calls against a policy, without running anything",
  args,
  details: `
One call:    portcullis eval --tool rm --args '{"path":"/"}'
Many calls:  portcullis eval --policy policy.yaml --format jsonl < calls.jsonl

Exit codes: 0 permit (many calls: every line was answered), 1 deny or approval required,
2 used wrongly.`,
  async run(given, io) {
    const now = toTime(given.now);
    const load = {
      policy: given.policy,
      cwd: io.cwd,
      production: given.production === true || io.env["NODE_ENV"] === "production",
      ...(now === undefined ? {} : { now }),
    };
    const format = toOutputFormat(given);
    if (format === "jsonl") {
      refuseFlags(given, ONE_CALL, "--format jsonl, whose calls come from standard input");
      await writeJsonLines(evaluateBatch(io.stdin, load), io.stdout);
      return EXIT.ok;
    }
    const line = await toLine(given, io);
    const evaluation = await evaluateOnce(line, load);
    if (format === "json") {
      await io.stdout.write(`${JSON.stringify(toReport(evaluation))}\n`);
    } else {
      await io.stderr.write(`${unsignedBanner(evaluation.file)}\n\n`);
      await io.stdout.write(formatEvaluation(evaluation, { isColoured: isColoured(io) }));
    }
    return evaluation.answer.outcome === "permit" ? EXIT.ok : EXIT.findings;
  },
});

/** The answer of the batch form without its id, and what a single call can say besides. */
function toReport({ answer, decision }: Evaluation): object {
  const { outcome, code, rules, risk, obligations, args: canonical } = answer;
  const report = { outcome, code, rules, risk, obligations, args: canonical };
  if (decision.outcome === "permit") return report;
  const { rule, message, hint, retryable, issues } = decision.denial;
  return { ...report, rule, message, hint, retryable, issues };
}

async function toLine(given: ParsedArgs<typeof args>, io: CliIo): Promise<EvalLine> {
  if (given.tool === undefined) {
    throw new PortcullisConfigError(
      "--tool",
      "Name a tool with --tool, or hand in calls with --format jsonl.",
    );
  }
  return {
    id: "eval",
    principal: {
      agent: given.agent ?? "assistant",
      roles: toNames(given.roles),
      user: given.user,
      userRoles: toNames(given["user-roles"]),
    },
    tool: given.tool,
    args: await readJsonOption("--args", given.args ?? "{}", io),
    prompt: given.prompt,
    context: toObject("--context", await readJsonOption("--context", given.context ?? "{}", io)),
  };
}

function toNames(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function toObject(flag: string, value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new PortcullisConfigError(flag, `${flag} takes a JSON object.`);
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function toTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = ISO_DATE.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new PortcullisConfigError("--now", "--now takes a date such as 2026-11-20T09:00:00Z.");
  }
  return time;
}
