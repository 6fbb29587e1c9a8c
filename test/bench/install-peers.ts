import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { outsideEnvironment } from "./outside-environment.ts";

const FOLDER = join(import.meta.dirname, "peers");

/**
 * Installs the peers by their lockfile where they are missing or of other versions.
 *
 * Gives undefined, or in words why they are not there, as without a network.
 */
export function installPeers(): string | undefined {
  if (areInstalled()) return undefined;
  console.error("bench: installing the peers of test/bench/peers (npm ci), about 80 MB …");
  const { status, stderr, error } = spawnSync(
    "npm",
    ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    { cwd: FOLDER, encoding: "utf8", env: outsideEnvironment() },
  );
  if (status === 0) return undefined;
  const reason = error?.message ?? stderr.split("\n").find((line) => line.includes("error")) ?? "";
  return `the peers cannot be installed: ${reason.trim()}`;
}

function areInstalled(): boolean {
  const { devDependencies } = readManifest(FOLDER);
  return Object.entries(devDependencies ?? {}).every(([name, version]) => {
    const folder = join(FOLDER, "node_modules", name);
    return existsSync(folder) && readManifest(folder).version === version;
  });
}

interface Manifest {
  readonly version?: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
