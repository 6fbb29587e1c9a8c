import { realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FactProvider, PolicyDocument } from "@portcullis/core";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import type { PolicyFile } from "@portcullis/policy";
import { loadBundleFile } from "./bundle/load-bundle-file.ts";
import { composeFacts } from "./compose-facts.ts";
import { openPolicyFolder } from "./policy-folder.ts";
import type { PolicyFolder } from "./policy-folder.ts";

const texts: WeakMap<PortcullisError, (file: string) => string | undefined> = new WeakMap();

/** The texts behind the problems of a policy that {@link loadPolicyFile} refused. */
export function textsBehind(
  error: PortcullisError,
): ((file: string) => string | undefined) | undefined {
  return texts.get(error);
}

/** Options of {@link loadPolicyFile}. */
export interface LoadPolicyFileOptions {
  /** Refuses a policy that is not signed. Default false. */
  readonly production?: boolean;
  /** Folder that a relative path starts from. Default the process's own. */
  readonly cwd?: string;
  /** Typed facts that conditions may use besides ours, or instead of ours of the same type. */
  readonly facts?: readonly FactProvider[];
  /** For a signed bundle: the root that is trusted, and those after it. */
  readonly roots?: readonly Uint8Array[];
}

/** A policy that was read and compiled. */
export interface LoadedPolicy {
  readonly document: PolicyDocument;
  /** Name of its main file, with which places in it begin. */
  readonly file: string;
  /** True for a bundle that was verified. */
  readonly isSigned: boolean;
  /** Text of a file that it was made from, by the name with which places in it begin. */
  textOf(file: string): string | undefined;
}

/** A policy that was read, before it is compiled. */
export interface OpenedPolicy {
  /** What the compiler takes. */
  readonly source: PolicyFile;
  /** Real path of its folder. */
  readonly folder: string;
  /** Text of a file that was read for it, by the name with which places in it begin. */
  textOf(file: string): string | undefined;
  /** Names of the files that were read for it so far. */
  files(): readonly string[];
}

/**
 * Reads and compiles a policy in YAML, which nothing signs, so production refuses it; or verifies a
 * signed bundle, a `.json` file or a folder with a `manifest.json`.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_…` when a bundle is refused.
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` (field `option` = `policy`) when it is not signed
 * in production, is a bundle, or cannot be read.
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue and its place.
 */
export async function loadPolicyFile(
  policy: string | URL,
  { facts, roots, ...options }: LoadPolicyFileOptions = {},
): Promise<LoadedPolicy> {
  const bundle = await findBundle(policy, options.cwd ?? process.cwd());
  if (bundle !== undefined) return loadBundleFile(bundle.path, { ...bundle, roots, facts });
  const opened = await openPolicyFile(policy, options);
  const { source } = opened;
  let document: PolicyDocument;
  try {
    document = await compilePolicyYaml(source, { facts: composeFacts(facts) });
  } catch (error) {
    if (PortcullisError.isInstance(error)) texts.set(error, (name) => opened.textOf(name));
    throw error;
  }
  return {
    document,
    file: source.file,
    isSigned: false,
    textOf: (name) => opened.textOf(name),
  };
}

/** Where a bundle is: a `.json` file, or a folder in the directory form. */
async function findBundle(
  policy: string | URL,
  cwd: string,
): Promise<{ readonly path: string; readonly isFolder: boolean } | undefined> {
  const path = toPath(policy, cwd);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const manifest = await stat(join(path, "manifest.json")).catch(() => undefined);
    return manifest === undefined ? undefined : { path, isFolder: true };
  }
  return found !== undefined && extname(path) === ".json" ? { path, isFolder: false } : undefined;
}

/**
 * Reads a policy in YAML without compiling it.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` as {@link loadPolicyFile}.
 */
export async function openPolicyFile(
  policy: string | URL,
  {
    production = false,
    cwd = process.cwd(),
  }: Pick<LoadPolicyFileOptions, "production" | "cwd"> = {},
): Promise<OpenedPolicy> {
  const path = await toMainFile(toPath(policy, cwd));
  const file = basename(path);
  if (extname(file) !== ".yaml" && extname(file) !== ".yml") {
    throw refusal("The policy must be a .yaml file, or a signed bundle in a .json file.");
  }
  if (production) {
    throw refusal(
      "In production a policy must be signed, and this one is not; an unsigned policy is for development only.",
    );
  }
  const { folder, text } = await readMainFile(path);
  return {
    source: { file, text, read: (name) => folder.read(name), list: (name) => folder.list(name) },
    folder: dirname(path),
    textOf: (name) => folder.textOf(name),
    files: () => folder.files(),
  };
}

function toPath(policy: unknown, cwd: string): string {
  if (policy instanceof URL) {
    if (policy.protocol === "file:") return fileURLToPath(policy);
    throw refusal(
      "The policy must be a path or a file: URL; give a bundle on a server as `bundle`.",
    );
  }
  if (typeof policy !== "string" || policy === "") {
    throw refusal("`policy` must be the path of a policy file, such as ./policy.yaml.");
  }
  return resolve(cwd, policy);
}

/** The real path of the main file; what it names is read below its own folder. */
async function toMainFile(path: string): Promise<string> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    return await realpath(isFolder ? join(path, "policy.yaml") : path);
  } catch (cause) {
    throw unreadable(cause);
  }
}

async function readMainFile(
  path: string,
): Promise<{ readonly folder: PolicyFolder; readonly text: string }> {
  try {
    const folder = await openPolicyFolder(dirname(path));
    return { folder, text: await folder.read(basename(path)) };
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): PortcullisConfigError {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new PortcullisConfigError("policy", `The policy cannot be read${code}.`, { cause });
}

function refusal(message: string): PortcullisConfigError {
  return new PortcullisConfigError("policy", message);
}
