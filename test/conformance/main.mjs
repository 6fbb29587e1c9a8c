// `npm run conformance`: the public MCP conformance suite against a server alone and behind the
// proxy under a policy that permits everything. Fails where only the server alone passes.
import { fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policy } from "./policy.mjs";

const here = import.meta.dirname;
const suite = join(here, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
if (!existsSync(suite)) {
  const installed = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: here,
    stdio: "inherit",
  });
  if (installed.status !== 0) process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "portcullis-conformance-"));
const server = fork(join(here, "server.mjs"), ["0"]);
const [alone] = await once(server, "message");
writeFileSync(join(folder, "policy.yaml"), policy);
const proxy = spawn(
  process.execPath,
  [
    "--conditions=portcullis-source",
    join(here, "../../packages/cli/src/bin.ts"),
    "proxy",
    ...flags({ policy: join(folder, "policy.yaml"), agent: "suite", session: "s" }),
    ...flags({ server: "server", url: alone, listen: "0" }),
  ],
  { stdio: ["ignore", "ignore", "pipe"] },
);
let said = "";
const guarded = await new Promise((resolve, reject) => {
  proxy.stderr.on("data", (chunk) => {
    said += chunk;
    const url = /listening on (\S+)/.exec(said)?.[1];
    if (url !== undefined) resolve(url);
  });
  proxy.on("exit", () => reject(new Error(said)));
});

try {
  const [before, after] = [verdicts("alone", alone), verdicts("proxy", guarded)];
  const lost = [...before].filter(([name, passed]) => passed && after.get(name) !== true);
  for (const [name, passed] of before) {
    console.log(`${name.padEnd(36)} server ${mark(passed)}  proxy ${mark(after.get(name))}`);
  }
  const counts = [before, after].map((all) => [...all.values()].filter(Boolean).length);
  console.log(`\nserver alone ${counts[0]}, behind the proxy ${counts[1]} of ${before.size}`);
  if (lost.length > 0)
    console.log(`lost behind the proxy: ${lost.map(([name]) => name).join(", ")}`);
  process.exitCode = lost.length === 0 && before.size > 0 ? 0 : 1;
} finally {
  server.kill();
  proxy.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true });
}

/** Which scenarios pass: those without a failed check. */
function verdicts(name, url) {
  const output = join(folder, name);
  const args = [suite, "server", "--url", url, "--suite", "all", "--output-dir", output];
  spawnSync(process.execPath, args, { stdio: "ignore", timeout: 300_000 });
  const found = new Map();
  for (const entry of readdirSync(output).toSorted()) {
    const file = join(output, entry, "checks.json");
    if (!existsSync(file)) continue;
    const checks = JSON.parse(readFileSync(file, "utf8"));
    const scenario = entry.replace(/^server-(?=.)/, "").replace(/-\d{4}-\d\d-\d\dT.*$/, "");
    found.set(scenario, checks.length > 0 && checks.every(({ status }) => status !== "FAILURE"));
  }
  return found;
}

function mark(passed) {
  return passed === undefined ? "none" : passed ? "pass" : "fail";
}

function flags(values) {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
}
