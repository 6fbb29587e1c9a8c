// `npm run check`: every gate in order, the cheap ones first; stops at the first failure.
// `npm run check -- --from <gate>` starts there, `-- --only <gate>` runs that one.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./lib/workspaces.mjs";

const script = (file) => ["node", join(root, "test/checks", file)];
const gates = [
  { name: "workspaces", command: script("workspaces.mjs") },
  { name: "build", command: ["tsc", "-b"] },
  { name: "types", command: ["tsc", "-p", "test/tsconfig.json"] },
  { name: "lint", command: ["oxlint", "--deny-warnings"] },
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "tests", command: ["vitest", "run", "--config", "test/vitest.config.ts", "--coverage"] },
  { name: "unused", command: ["knip", "--no-progress", "--no-config-hints"] },
  { name: "package-shape", command: script("package-shape.mjs") },
  { name: "api-report", command: script("api-report.mjs") },
  { name: "changeset-status", command: ["changeset", "status"] },
  { name: "changesets", command: script("changesets.mjs") },
  { name: "consumer", command: script("consumer.mjs") },
  { name: "examples", command: script("examples.mjs") },
];

const { values } = parseArgs({ options: { from: { type: "string" }, only: { type: "string" } } });
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);
const start = performance.now();

for (const { name, command } of selected()) {
  console.log(`\n── ${name}`);
  const began = performance.now();
  const [program, ...args] = command;
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error(
      `\n✗ gate "${name}" failed after ${seconds(began)} s${error ? `: ${error.message}` : ""}`,
    );
    process.exit(1);
  }
  console.log(`✓ ${name} ${seconds(began)} s`);
}
console.log(`\nall gates passed in ${seconds(start)} s`);

function selected() {
  const wanted = values.only ?? values.from;
  if (wanted === undefined) return gates;
  const index = gates.findIndex(({ name }) => name === wanted);
  if (index === -1) {
    console.error(`no gate "${wanted}"; there are ${gates.map(({ name }) => name).join(", ")}`);
    process.exit(2);
  }
  return values.only === undefined ? gates.slice(index) : [gates[index]];
}
