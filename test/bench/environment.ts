import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join, relative } from "node:path";
import type { JsonObject } from "@portcullis/core";

const ROOT = join(import.meta.dirname, "../..");
/** What our own figures depend on; the peers' versions stand in their rows. */
const VERSIONS = ["typebox", "@opentelemetry/api", "ai", "@langchain/core"];

/** Where and with what the benches ran. */
export function describeEnvironment(): JsonObject {
  const [cpu] = cpus();
  const { version } = readManifest(join(ROOT, "packages/core"));
  const versions = VERSIONS.map((name) => {
    return [name, readManifest(join(ROOT, "node_modules", name)).version ?? "none"] as const;
  });
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadAverage: loadavg()
      .map((load) => load.toFixed(2))
      .join(" "),
    portcullis: version ?? "unknown",
    commit: readCommit(),
    versions: Object.fromEntries(versions),
    command: readCommand(),
  };
}

// No paths of this machine: the result is committed.
function readCommand(): string {
  const [, script = "", ...args] = process.argv;
  return ["node", ...process.execArgv, relative(ROOT, script), ...args].join(" ");
}

function readCommit(): string {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : "unknown";
}

interface Manifest {
  readonly version?: string;
}

function readManifest(folder: string): Manifest {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : {};
}
