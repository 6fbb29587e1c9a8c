import { PortcullisConfigError } from "@portcullis/core";
import type { CliIo } from "../cli-io.ts";
import { readDocument } from "../bundle/document-files.ts";
import { joinLists, splitList } from "../bundle/list-option.ts";
import { isColoured } from "../cli-io.ts";
import { evaluateBatch } from "../evaluate-batch.ts";
import type { EvaluateBatchOptions } from "../evaluate-batch.ts";
import { evaluateOnce } from "../evaluate-once.ts";
import type { Evaluation } from "../evaluate-once.ts";
import { EXIT } from "../exit-code.ts";
import { formatEvaluation } from "../format-evaluation.ts";
import { oneCallArgs, readOneCall, readTime } from "../one-call.ts";
import { formatArg, refuseFlags, toOutputFormat } from "../output-format.ts";
import { toIssuerKeys } from "../token/issuer-keys.ts";
import { readTokenJson } from "../token/read-token-file.ts";
import { unsignedBanner } from "../unsigned-banner.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";
import { writeJsonLines } from "../write-json-lines.ts";

const args = {
  ...oneCallArgs,
  production: { type: "boolean", description: "Refuse a policy that is not signed" },
  jwks: {
    type: "string",
    description: "Keys that task tokens of lines are verified with",
    valueHint: "path",
  },
  audience: { type: "string", description: "Audience of those tokens", valueHint: "urn" },
  root: {
    type: "string",
    description: "Root that you trust, for a signed bundle, and its successors",
    valueHint: "paths",
  },
  format: formatArg,
  json: { type: "boolean", description: "Same as --format json" },
} as const;

const ONE_CALL = ["tool", "args", "agent", "roles", "user", "user-roles", "prompt", "context"];

const verb = defineVerb({
  name: "eval",
  summary: "Decide calls against a policy, without running anything",
  args,
  details: `
One call:    portcullis eval --tool rm --args '{"path":"/"}'
Many calls:  portcullis eval --policy policy.yaml --format jsonl < calls.jsonl
Signed:      portcullis eval --policy payments.42.json --root root.1.json --format jsonl < calls.jsonl

Exit codes: 0 permit (many calls: every line was answered), 1 deny or approval required,
2 used wrongly.`,
  async run(given, io) {
    const now = readTime(given.now);
    const load = {
      policy: given.policy,
      cwd: io.cwd,
      production: given.production === true || io.env["NODE_ENV"] === "production",
      ...(now === undefined ? {} : { now }),
      roots: await Promise.all(splitList(given.root).map((path) => readDocument(path, io))),
    };
    const format = toOutputFormat(given);
    if (format === "jsonl") {
      refuseFlags(given, ONE_CALL, "--format jsonl, whose calls come from standard input");
      const tokens = await readTokenOptions(given, io);
      await writeJsonLines(evaluateBatch(io.stdin, { ...load, ...tokens }), io.stdout);
      return EXIT.ok;
    }
    refuseFlags(given, ["jwks", "audience"], "one call; lines of --format jsonl may have tokens");
    if (given.tool === undefined) {
      throw new PortcullisConfigError(
        "--tool",
        "Name a tool with --tool, or hand in calls with --format jsonl.",
      );
    }
    const line = await readOneCall({ ...given, tool: given.tool }, io);
    const evaluation = await evaluateOnce(line, load);
    if (format === "json") {
      await io.stdout.write(`${JSON.stringify(toReport(evaluation))}\n`);
    } else {
      if (!evaluation.isSigned) await io.stderr.write(`${unsignedBanner(evaluation.file)}\n\n`);
      await io.stdout.write(formatEvaluation(evaluation, { isColoured: isColoured(io) }));
    }
    return evaluation.answer.outcome === "permit" ? EXIT.ok : EXIT.findings;
  },
});

async function readTokenOptions(
  {
    jwks,
    audience,
  }: { readonly jwks?: string | undefined; readonly audience?: string | undefined },
  io: CliIo,
): Promise<Pick<EvaluateBatchOptions, "tokens">> {
  if (jwks === undefined && audience === undefined) return {};
  if (jwks === undefined || audience === undefined || jwks === "-") {
    throw new PortcullisConfigError("--jwks", "Task tokens need a file --jwks and an --audience.");
  }
  const keys = await toIssuerKeys(await readTokenJson("--jwks", jwks, io));
  return { tokens: { keys, audience } };
}

/** `portcullis eval`: one call for people, or JSON Lines for programs. */
export const evalVerb: Verb = {
  ...verb,
  run: (rawArgs, io) => verb.run(joinLists(rawArgs, ["--root"]), io),
};

/** The answer of the batch form without its id, and what a single call can say besides. */
function toReport({ answer, decision }: Evaluation): object {
  const { outcome, code, rules, risk, obligations, args: canonical } = answer;
  const report = { outcome, code, rules, risk, obligations, args: canonical };
  if (decision.outcome === "permit") return report;
  const { rule, message, hint, retryable, issues } = decision.denial;
  return { ...report, rule, message, hint, retryable, issues };
}
