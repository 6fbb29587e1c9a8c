import { isColoured } from "../cli-io.ts";
import { EXIT } from "../exit-code.ts";
import type { Verb } from "../verb.ts";
import { defineVerb } from "../verb.ts";

/** `portcullis demo`: a poisoned ticket against a support agent, without and with the guard. */
export const demoVerb: Verb = defineVerb({
  name: "demo",
  summary: "Show what a poisoned document does to an agent, without and with the guard",
  args: {
    policy: {
      type: "string",
      description: "Policy file, the demo's own unless given",
      valueHint: "path",
    },
    log: {
      type: "string",
      description: "Decision log to append to, a new .portcullis/demo.jsonl unless given",
      valueHint: "path",
    },
    json: { type: "boolean", description: "Print what happened as one JSON object" },
  },
  details: `
It needs no key and no network: the model is scripted, the servers listen on this machine, and what
it writes to lies in a temporary folder that is removed at the end.

Exit codes: 0 harm without the guard and none with it, 1 anything else, 2 used wrongly.`,
  async run({ policy, log, json }, io) {
    // Loads node:sqlite, which no other verb needs.
    const { plainAgent, runDemo } = await import("../demo.ts");
    const asJson = json === true;
    const result = await runDemo({
      agents: [plainAgent],
      output: {
        isColoured: isColoured(io),
        write: (text) => (asJson ? undefined : io.stdout.write(text)),
      },
      cwd: io.cwd,
      ...(policy === undefined ? {} : { policy }),
      ...(log === undefined ? {} : { log }),
    });
    if (asJson) {
      const runs = result.reports.map(({ framework, guarded, asClaimed, findings, steps }) => ({
        framework,
        guarded,
        asClaimed,
        findings,
        steps,
      }));
      const { isGreen: green, scenes } = result;
      await io.stdout.write(`${JSON.stringify({ green, log: result.log, runs, scenes })}\n`);
    }
    return result.isGreen ? EXIT.ok : EXIT.findings;
  },
});
