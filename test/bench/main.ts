import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BenchResult } from "./bench-result.ts";
import { describeEnvironment } from "./environment.ts";
import { BENCHES } from "./registry.ts";
import { runApart } from "./run-apart.ts";

const USAGE = `npm run bench -- [--only <name>] [--data <folder>] [--json] [--write]
Benches: ${Object.keys(BENCHES).join(", ")}
--write keeps the result of all benches in test/bench/results.json`;
const RESULTS = join(import.meta.dirname, "results.json");

/** Exit code: 0 when every bar is met, 1 when one is missed, 2 when the command line is wrong. */
async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  const environment = describeEnvironment();
  const outcomes: BenchResult[] = [];
  for (const name of options.names) {
    const outcome = await runApart(name, { data: options.data });
    outcomes.push(outcome);
    if (!options.json) console.log(`${outcome.report}\n`);
  }
  const results = outcomes.flatMap((outcome) => outcome.results);
  const passed = outcomes.every((outcome) => outcome.passed);
  if (options.json) console.log(JSON.stringify({ results, environment }));
  else console.log(passed ? "All bars are met." : "A bar is missed.");
  if (options.write) {
    const date = new Date().toISOString();
    const whole = { date, passed, environment, results };
    await writeFile(RESULTS, `${JSON.stringify(whole, undefined, 2)}\n`);
  }
  return passed ? 0 : 1;
}

interface Options {
  readonly names: readonly string[];
  readonly data: string;
  readonly json: boolean;
  readonly write: boolean;
}

function readOptions(): Options | undefined {
  const root = resolve(import.meta.dirname, "../..");
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        data: { type: "string" },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
      },
    });
    const { only, json, write } = values;
    const names = Object.keys(BENCHES).filter((name) => only === undefined || name === only);
    // A part of the benches would overwrite the whole.
    if (names.length === 0 || (write && only !== undefined)) return undefined;
    const data = values.data ?? process.env["PORTCULLIS_DATA"] ?? resolve(root, "../shared/data");
    return { names, data: resolve(data), json, write };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
