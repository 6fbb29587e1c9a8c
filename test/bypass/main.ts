// Runs every bypass vector on every adapter and entry point, and prints the matrix.
//
// node test/bypass/main.ts           a table, one row per vector, and each failure's reason
// node test/bypass/main.ts --json    one object {"vectors":[{"id","adapter","entry","status","reason"}]}
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import type { TestCase } from "vitest/node";
import { formatMatrix } from "./format-matrix.ts";
import type { MatrixRow } from "./format-matrix.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const root = join(import.meta.dirname, "../..");

const vitest = await startVitest("test", ["bypass.test.ts", "adapters/mcp/test/vectors.test.ts"], {
  config: join(root, "test/vitest.config.ts"),
  watch: false,
  reporters: [{}],
});
const rows = vitest.state
  .getTestModules()
  .flatMap((module) => [...module.children.allTests()])
  .flatMap(toRow)
  .toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));
const broken = vitest.state.getTestModules().flatMap((module) => module.errors());
await vitest.close();

process.stdout.write(values.json ? `${JSON.stringify({ vectors: rows })}\n` : formatMatrix(rows));
for (const { message } of broken) process.stderr.write(`${message}\n`);
const isGreen = rows.length > 0 && broken.length === 0;
process.exitCode = isGreen && rows.every(({ status }) => status !== "fail") ? 0 : 1;

function toRow(test: TestCase): readonly MatrixRow[] {
  const line = test.meta().portcullis;
  if (line === undefined) return [];
  const { state, errors = [] } = test.result();
  const { id, adapter, entry } = line;
  const status = state === "passed" ? "pass" : state === "skipped" ? "skip" : "fail";
  const reason = line.reason ?? errors[0]?.message;
  return [{ id, adapter, entry, status, ...(reason === undefined ? {} : { reason }) }];
}
