import type { ExcessRights } from "@portcullis/policy";
import { findExcessRights } from "@portcullis/policy";
import { composeFacts } from "../compose-facts.ts";
import { EXIT } from "../exit-code.ts";
import { loadPolicyFile } from "../load-policy-file.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { toPrintable } from "../printable.ts";
import { readDecisionLog } from "../read-decision-log.ts";
import { readInput } from "../read-definitions.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis suggest`: what a policy grants beyond what a decision log shows. */
export const suggestVerb: Verb = defineVerb({
  name: "suggest",
  summary: "Compare a policy with a decision log, and suggest narrower rules",
  args: {
    log: {
      type: "positional",
      description: "Decision log in JSON Lines, - for standard input",
      required: true,
    },
    policy: {
      type: "string",
      description: "Policy file, or a folder that holds a policy.yaml",
      default: "./policy.yaml",
      valueHint: "path",
    },
    format: reportFormatArg(["pretty", "json"]),
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
For each agent of the log: the tools that it may use and never did, and what it asked for and was
refused; then the permit rules that could name fewer tools without refusing a call of the log.

It changes nothing. A log shows what happened, not what is needed once a year.

Exit codes: 0 done, 2 used wrongly, also a line that is no decision record.`,
  async run(given, io) {
    const { document } = await loadPolicyFile(given.policy, { cwd: io.cwd });
    const log = readDecisionLog(await readInput(given.log, io));
    const rights = findExcessRights(document, log, { facts: composeFacts() });
    const isJson = toReportFormat(given) === "json";
    await io.stdout.write(isJson ? `${JSON.stringify(rights)}\n` : toPretty(rights));
    return EXIT.ok;
  },
});

function toPretty({ records, agents, narrower }: ExcessRights): string {
  const rows = agents.flatMap(({ agent, used, unused, gone, refused }) => [
    "",
    toPrintable(agent),
    ...list(
      "did",
      used.map(({ tool, calls }) => `${tool} (${calls})`),
    ),
    ...list("may, never did", unused),
    ...list("did, may no more", gone),
    ...list(
      "was refused",
      refused.map(({ tool, codes, wasPermitted }) => {
        const counts = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
        return `${tool} (${counts.join(", ")}${wasPermitted ? "" : "; never permitted"})`;
      }),
    ),
  ]);
  const rules = narrower.map(({ rule, at, tools, drop }) => {
    const place = at === undefined ? "" : ` ${at}`;
    const what = tools.length === 0 ? "could go" : `could do without ${drop.join(", ")}`;
    return toPrintable(`  ${rule}${place}: ${what}`);
  });
  const head = `${records} decisions, ${agents.length} agents`;
  const suggested =
    rules.length === 0 ? [] : ["", "Permit rules that could be narrower:", ...rules];
  return `${[head, ...rows, ...suggested].join("\n")}\n`;
}

function list(title: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [toPrintable(`  ${title}: ${names.join(", ")}`)];
}
