import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { JsonObject } from "@portcullis/core";
import type { BenchResult } from "./bench-result.ts";
import { line, runGated } from "./gated.ts";
import type { Gate, Measured } from "./gated.ts";
import { notRun } from "./not-run.ts";
import { outsideEnvironment } from "./outside-environment.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Both exclusive: what core and one adapter may bring in besides the framework. */
const MAX_PACKAGES = 12;
const MAX_BYTES = 5_000_000;

const ADAPTERS = [
  { name: "@portcullis/ai-sdk", dir: "adapters/ai-sdk", frameworks: ["ai", "zod"] },
  {
    name: "@portcullis/langgraph",
    dir: "adapters/langgraph",
    frameworks: ["@langchain/langgraph", "@langchain/core", "zod"],
  },
] as const;

/**
 * Measures what core and one adapter add to a project that has the framework, as packed tarballs in
 * an empty folder, and the memory of a compiled policy of 10 000 rules.
 */
export async function benchFootprint(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "portcullis-bench-"));
  try {
    const prepared = await prepare(folder);
    if (typeof prepared === "string") return notRun("footprint", prepared);
    return await runGated("footprint", () => toMeasured(prepared));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Footprint {
  readonly adapter: string;
  readonly packages: number;
  readonly bytes: number;
}

/** Installs everything once; gives the figures, or why they cannot be had, as without a network. */
async function prepare(folder: string): Promise<readonly Footprint[] | string> {
  const dirs = ["packages/core", ...ADAPTERS.map(({ dir }) => dir)];
  const built = run(join(ROOT, "node_modules/.bin/tsc"), ["-b", ...dirs], ROOT);
  if (built !== undefined) return `the packages cannot be built: ${built}`;
  const tarballs = join(folder, "tarballs");
  await mkdir(tarballs);
  const workspaces = dirs.flatMap((dir) => ["--workspace", dir]);
  const packing = ["pack", "--ignore-scripts", "--pack-destination", tarballs, ...workspaces];
  const packed = run("npm", packing, ROOT);
  if (packed !== undefined) return `the packages cannot be packed: ${packed}`;
  const footprints: Footprint[] = [];
  for (const adapter of ADAPTERS) {
    const footprint = await measureAdapter(folder, tarballs, adapter);
    if (typeof footprint === "string") return footprint;
    footprints.push(footprint);
  }
  return footprints;
}

async function measureAdapter(
  folder: string,
  tarballs: string,
  { name, frameworks }: (typeof ADAPTERS)[number],
): Promise<Footprint | string> {
  const project = join(folder, basename(name));
  await mkdir(project);
  await writeFile(join(project, "package.json"), JSON.stringify({ private: true }));
  const versions = await Promise.all(frameworks.map(readVersion));
  const wanted = frameworks.map((framework, index) => `${framework}@${versions[index]}`);
  const failure = install(project, wanted);
  if (failure !== undefined) return `the framework of ${name} cannot be installed: ${failure}`;
  const before = await listInstalled(project);
  const ours = (await readdir(tarballs))
    .filter((file) => file.includes("-core-") || file.includes(`-${basename(name)}-`))
    .map((file) => join(tarballs, file));
  const refused = install(project, ours);
  if (refused !== undefined) return `${name} cannot be installed: ${refused}`;
  const added = [...(await listInstalled(project))].filter(([path]) => !before.has(path));
  if (!added.some(([path]) => path === name)) throw new Error(`${name} was not installed.`);
  return {
    adapter: name,
    packages: added.length,
    bytes: added.reduce((sum, [, bytes]) => sum + bytes, 0),
  };
}

async function toMeasured(footprints: readonly Footprint[]): Promise<Measured> {
  const memory = await measureMemory();
  const gates = footprints.flatMap(({ adapter, packages, bytes }): Gate[] => [
    { gate: `${adapter}: packages`, value: packages, bar: MAX_PACKAGES, isStrict: true },
    { gate: `${adapter}: bytes`, value: bytes, bar: MAX_BYTES, isStrict: true },
  ]);
  const figures = Object.entries(memory).map(([what, bytes]) => {
    return line(`memory, 10000 rules: ${what}`, `${(Number(bytes) / 1e6).toFixed(1)} MB`);
  });
  return {
    results: [
      ...footprints.map((row) => ({ ...row })),
      { rules: 10_000, case: "memory", ...memory },
    ],
    gates,
    lines: figures,
  };
}

/** Memory by a process of its own that may collect its garbage. */
async function measureMemory(): Promise<JsonObject> {
  const script = join(import.meta.dirname, "policy-memory.ts");
  const args = ["--expose-gc", "--conditions=portcullis-source", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as JsonObject;
}

async function readVersion(name: string): Promise<string> {
  const text = await readFile(join(ROOT, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}

function install(project: string, packages: readonly string[]): string | undefined {
  const options = ["--save-exact", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
  return run("npm", ["install", "--no-audit", "--no-fund", ...options, ...packages], project);
}

/** Runs a program; gives the first line of what went wrong. */
function run(command: string, args: readonly string[], cwd: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: outsideEnvironment(),
  });
  if (status === 0) return undefined;
  return error?.message ?? `${stdout}${stderr}`.trim().split("\n")[0] ?? "";
}

/** Path under `node_modules` → bytes of its own files, for every package installed. */
async function listInstalled(folder: string, prefix = ""): Promise<ReadonlyMap<string, number>> {
  const modules = join(folder, prefix, "node_modules");
  const found = new Map<string, number>();
  if (!existsSync(modules)) return found;
  for (const name of await listPackages(modules)) {
    const path = prefix === "" ? name : join(prefix, "node_modules", name);
    found.set(path, await bytesOf(join(modules, name)));
    for (const [inner, bytes] of await listInstalled(folder, join(prefix, "node_modules", name))) {
      found.set(inner, bytes);
    }
  }
  return found;
}

async function listPackages(modules: string): Promise<readonly string[]> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith("."));
  const nested = names.map(async (name) => {
    if (!name.startsWith("@")) return [name];
    return (await readdir(join(modules, name))).map((inner) => `${name}/${inner}`);
  });
  return (await Promise.all(nested)).flat();
}

async function bytesOf(path: string): Promise<number> {
  const entry = await lstat(path);
  if (!entry.isDirectory()) return entry.size;
  const names = (await readdir(path)).filter((name) => name !== "node_modules");
  const sizes = await Promise.all(names.map((name) => bytesOf(join(path, name))));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
