import { readdir, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { Issue } from "@portcullis/core";
import { formatPolicyYaml, validatePolicyYaml } from "@portcullis/policy";
import { composeFacts } from "./compose-facts.ts";
import { toReportPath } from "./finding.ts";
import { openPolicyFile } from "./load-policy-file.ts";

/** What {@link formatFiles} found out about one file. */
export interface FormattedFile {
  /** Path from the current folder. */
  readonly file: string;
  /** `refused` = it is not YAML that policies are written in. */
  readonly state: "unchanged" | "changed" | "refused";
  /** Why it was refused, each with this file. */
  readonly issues: readonly Issue[];
}

/** Options of {@link formatFiles}. */
export interface FormatFilesOptions {
  readonly cwd: string;
  /** Only says what would change. Default false. */
  readonly check?: boolean;
}

const YAML = /\.ya?ml$/;

/**
 * Lays out files canonically, in place: those that are named, and for a folder its `policy.yaml`, what
 * that includes, and the policy tests beside it. A file that is refused is left alone.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a path cannot be read or is no YAML file.
 */
export async function formatFiles(
  paths: readonly string[],
  { cwd, check = false }: FormatFilesOptions,
): Promise<readonly FormattedFile[]> {
  const found = new Set<string>();
  for (const path of paths) {
    for (const file of await filesOf(resolve(cwd, path), cwd)) found.add(file);
  }
  const from = await realpath(cwd);
  const formatted: FormattedFile[] = [];
  for (const path of [...found].toSorted()) {
    formatted.push(await formatOne(path, { file: toReportPath(from, path), check }));
  }
  return formatted;
}

async function filesOf(path: string, cwd: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PortcullisConfigError("files", "A file to lay out cannot be read.", { cause });
  });
  if (!found.isDirectory()) {
    if (YAML.test(path)) return [await realpath(path)];
    throw new PortcullisConfigError("files", "Only .yaml files can be laid out.");
  }
  const opened = await openPolicyFile(path, { cwd });
  const { source, folder } = opened;
  // Whatever is wrong with the policy: what it includes is known by then.
  await validatePolicyYaml(source, { facts: composeFacts() });
  const tests = (await readdir(folder)).filter((name) => /_test\.ya?ml$/.test(name));
  const names = [source.file, ...opened.files().filter((name) => YAML.test(name)), ...tests];
  return Promise.all(names.map((name) => realpath(join(folder, name))));
}

async function formatOne(
  path: string,
  { file, check }: { readonly file: string; readonly check: boolean },
): Promise<FormattedFile> {
  const text = await readText(path);
  const result = formatPolicyYaml({ file, text });
  if (!result.ok) return { file, state: "refused", issues: result.issues };
  if (result.text === text) return { file, state: "unchanged", issues: [] };
  if (!check) await writeFile(path, result.text);
  return { file, state: "changed", issues: [] };
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (cause) {
    throw new PortcullisConfigError(
      "files",
      `${basename(dirname(path))}/${basename(path)} cannot be read as UTF-8.`,
      { cause },
    );
  }
}
