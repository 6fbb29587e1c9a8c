import { PortcullisConfigError } from "@portcullis/core";
import { isColoured } from "../cli-io.ts";
import { evaluateOnce } from "../evaluate-once.ts";
import { EXIT } from "../exit-code.ts";
import { explainEvaluation } from "../explanation.ts";
import { formatExplanation } from "../format-explanation.ts";
import { oneCallArgs, readOneCall, readTime } from "../one-call.ts";
import { reportFormatArg, toReportFormat } from "../output-format.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis explain`: every rule about one call, clause by clause. */
export const explainVerb: Verb = defineVerb({
  name: "explain",
  summary: "Show every rule about one call, clause by clause",
  args: {
    ...oneCallArgs,
    "show-values": { type: "boolean", description: "Show texts of arguments and of the context" },
    format: reportFormatArg(["pretty", "json"]),
    json: { type: "boolean", description: "Same as --format json" },
  },
  details: `
portcullis explain --tool rm --args '{"path":"/"}'

Texts that conditions read are replaced by their length, unless --show-values is given.

Exit codes: 0 explained, whatever the outcome, 2 used wrongly.`,
  async run(given, io) {
    const { tool } = given;
    if (tool === undefined) throw new PortcullisConfigError("--tool", "Name a tool with --tool.");
    const now = readTime(given.now);
    const evaluation = await evaluateOnce(await readOneCall({ ...given, tool }, io), {
      policy: given.policy,
      cwd: io.cwd,
      ...(now === undefined ? {} : { now }),
    });
    const showValues = given["show-values"] === true;
    const explanation = explainEvaluation(evaluation, { showValues });
    await io.stdout.write(
      toReportFormat(given) === "json"
        ? `${JSON.stringify(explanation)}\n`
        : formatExplanation(explanation, { isColoured: isColoured(io) }),
    );
    return EXIT.ok;
  },
});
