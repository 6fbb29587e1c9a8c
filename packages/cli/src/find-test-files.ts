import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";

/** A file of policy tests and the policy that it is about. */
export interface FoundTestFile {
  /** Its path. */
  readonly path: string;
  /** Path of its policy. */
  readonly policy: string;
}

const TEST_FILE = /_test\.ya?ml$/;

/**
 * Finds policy tests: the files that are named, and in folders and below every `*_test.yaml`, but not
 * in `node_modules` and in folders that begin with a dot.
 *
 * `refunds_test.yaml` is about `refunds.yaml` beside it, or if there is none about `policy.yaml`.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a path cannot be read, a file is not called
 * `*_test.yaml`, or there is nothing to run.
 */
export async function findTestFiles(
  paths: readonly string[],
  { cwd, policy }: { readonly cwd: string; readonly policy?: string },
): Promise<readonly FoundTestFile[]> {
  const found = new Set<string>();
  for (const path of paths.length === 0 ? ["."] : paths) {
    for (const file of await filesAt(resolve(cwd, path))) found.add(file);
  }
  if (found.size === 0) {
    throw new PortcullisConfigError("files", "There are no policy tests (*_test.yaml) here.");
  }
  return Promise.all(
    [...found].toSorted().map(async (path) => ({
      path,
      policy: policy === undefined ? await policyOf(path) : resolve(cwd, policy),
    })),
  );
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (await isFolder(path)) return filesBelow(path);
  if (TEST_FILE.test(path)) return [path];
  throw new PortcullisConfigError("files", "A file of policy tests is called *_test.yaml.");
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new PortcullisConfigError("files", "A path to policy tests cannot be read.", { cause });
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && isLookedInto(entry.name))
      .map(({ name }) => filesBelow(join(folder, name))),
  );
  const files = entries
    .filter((entry) => !entry.isDirectory() && TEST_FILE.test(entry.name))
    .map(({ name }) => join(folder, name));
  return [...files, ...nested.flat()];
}

function isLookedInto(name: string): boolean {
  return name !== "node_modules" && !name.startsWith(".");
}

async function policyOf(path: string): Promise<string> {
  const folder = dirname(path);
  const own = basename(path).replace(TEST_FILE, ".yaml");
  const names = await readdir(folder);
  return join(folder, names.includes(own) ? own : "policy.yaml");
}
