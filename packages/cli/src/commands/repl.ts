import { isColoured } from "../cli-io.ts";
import type { CliIo } from "../cli-io.ts";
import { readyFacts } from "../compose-facts.ts";
import { createEvaluator } from "../evaluator.ts";
import { EXIT } from "../exit-code.ts";
import { explainEvaluation } from "../explanation.ts";
import { formatEvaluation } from "../format-evaluation.ts";
import { describeClause, formatExplanation } from "../format-explanation.ts";
import { loadPolicyFile } from "../load-policy-file.ts";
import { oneCallArgs, readOneCall, readTime } from "../one-call.ts";
import { toPrintable } from "../printable.ts";
import { readLines } from "../read-lines.ts";
import { createReplSession, REPL_HELP } from "../repl-session.ts";
import type { ReplAnswer, ReplSession } from "../repl-session.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

const { tool: _tool, args: _args, ...surroundings } = oneCallArgs;

/** `portcullis repl`: calls and conditions, one a line, against one policy. */
export const replVerb: Verb = defineVerb({
  name: "repl",
  summary: "Try calls and conditions against a policy, line by line",
  args: {
    ...surroundings,
    "show-values": { type: "boolean", description: "Show texts of arguments and of the context" },
    json: { type: "boolean", description: "Answer each line with one JSON object" },
  },
  details: `
${REPL_HELP}
Lines come from standard input, with or without a terminal. Calls of one run share limits and history.

Exit codes: 0 every line was answered, 2 used wrongly.`,
  async run(given, io) {
    const now = readTime(given.now) ?? Date.now();
    const policy = await loadPolicyFile(given.policy, { cwd: io.cwd });
    const session = createReplSession({
      policy,
      evaluator: await createEvaluator(policy.document, { now }),
      start: await readOneCall({ ...given, tool: "none", args: "{}" }, io),
      showValues: given["show-values"] === true,
      facts: await readyFacts(policy.document),
    });
    const prompt = io.stdout.isTerminal && given.json !== true ? "> " : "";
    if (prompt !== "") await io.stderr.write(REPL_HELP);
    await io.stdout.write(prompt);
    for await (const line of readLines(io.stdin)) {
      const answer: ReplAnswer = line.ok
        ? await session.answer(line.text)
        : { kind: "error", message: "The line is not UTF-8, or longer than 4 MiB." };
      if (answer.kind === "quit") break;
      const text = given.json === true ? toJson(answer, session) : toText(answer, session, io);
      await io.stdout.write(text + prompt);
    }
    return EXIT.ok;
  },
});

function toText(answer: ReplAnswer, { mask }: ReplSession, io: CliIo): string {
  const colours = { isColoured: isColoured(io) };
  if (answer.kind === "call") return formatEvaluation(answer.evaluation, colours);
  if (answer.kind === "explain") {
    return formatExplanation(explainEvaluation(answer.evaluation, mask), colours);
  }
  if (answer.kind === "condition") {
    return `${describeClause(answer.condition, "").map(toPrintable).join("\n")}\n`;
  }
  if (answer.kind === "error") {
    return `error: ${answer.message.split("\n").map(toPrintable).join("\n")}\n`;
  }
  return answer.kind === "text" ? answer.text.split("\n").map(toPrintable).join("\n") : "";
}

function toJson(answer: ReplAnswer, { mask }: ReplSession): string {
  if (answer.kind === "call") {
    const { id: _id, ...rest } = answer.evaluation.answer;
    return `${JSON.stringify(rest)}\n`;
  }
  if (answer.kind === "explain") {
    return `${JSON.stringify(explainEvaluation(answer.evaluation, mask))}\n`;
  }
  if (answer.kind === "condition") return `${JSON.stringify({ condition: answer.condition })}\n`;
  if (answer.kind === "error") return `${JSON.stringify({ error: answer.message })}\n`;
  return answer.kind === "text" ? `${JSON.stringify({ text: answer.text })}\n` : "";
}
