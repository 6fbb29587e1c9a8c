import type { PolicyDocument } from "@portcullis/core";
import { compilePolicyYaml } from "./compile-policy.ts";
import type { CompilePolicyOptions } from "./compile-policy.ts";

/** How `loadPolicy` reaches the file system; this package has none of its own. */
export interface LoadPolicyOptions extends CompilePolicyOptions {
  /** Reads a file as UTF-8 text; rejects where it cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
  /** Names of the files in a folder; absent = `include` takes no patterns. */
  readonly listFiles?: (folder: string) => Promise<readonly string[]>;
}

/**
 * Compiles the policy in a file; files that it names are read from its folder and below.
 *
 * Places are written relative to that folder, so no path of this machine gets into the document.
 * `readFile` should resolve symbolic links and refuse what lies outside the folder.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every problem in `fields.issues`.
 * Whatever `readFile` rejects with for the main file is passed on.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { loadPolicy } from "@portcullis/policy";
 *
 * const load = () =>
 *   loadPolicy("policies/policy.yaml", { readFile: (path) => readFile(path, "utf8") });
 * ```
 */
export async function loadPolicy(
  path: string,
  options: LoadPolicyOptions,
): Promise<PolicyDocument> {
  const { readFile, listFiles } = options;
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  const folder = path.slice(0, end + 1);
  const text = await readFile(path);
  return compilePolicyYaml(
    {
      file: path.slice(end + 1),
      text,
      read: (relativePath) => readFile(`${folder}${relativePath}`),
      ...(listFiles === undefined
        ? {}
        : { list: (relativeFolder) => listFiles(`${folder}${relativeFolder}` || ".") }),
    },
    options,
  );
}
