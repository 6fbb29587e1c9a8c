import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { benchAgentdojo } from "./agentdojo/bench.ts";
import type { Bench } from "./bench-result.ts";

/** Every bench by its name. */
const BENCHES: Readonly<Record<string, Bench>> = {
  agentdojo: benchAgentdojo,
};

const USAGE = `npm run bench -- [--only <name>] [--data <folder>] [--json]
Benches: ${Object.keys(BENCHES).join(", ")}`;

/** Exit code: 0 when every bar is met, 1 when one is missed, 2 when the command line is wrong. */
async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(USAGE);
    return 2;
  }
  const outcomes = [];
  for (const bench of options.benches) outcomes.push(await bench({ data: options.data }));
  if (options.json) {
    console.log(JSON.stringify({ results: outcomes.flatMap(({ results }) => results) }));
  } else {
    console.log(outcomes.map(({ report }) => report).join("\n\n"));
  }
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
}

interface Options {
  readonly benches: readonly Bench[];
  readonly data: string;
  readonly json: boolean;
}

function readOptions(): Options | undefined {
  const root = resolve(import.meta.dirname, "../..");
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        data: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const names = values.only === undefined ? Object.keys(BENCHES) : [values.only];
    if (!names.every((name) => Object.hasOwn(BENCHES, name))) return undefined;
    return {
      benches: Object.entries(BENCHES).flatMap(([name, bench]) =>
        names.includes(name) ? [bench] : [],
      ),
      data: resolve(
        values.data ?? process.env["PORTCULLIS_DATA"] ?? resolve(root, "../shared/data"),
      ),
      json: values.json,
    };
  } catch {
    return undefined;
  }
}

process.exitCode = await main();
