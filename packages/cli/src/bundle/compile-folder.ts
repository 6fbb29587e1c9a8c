import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { JsonObject, PolicyDocument } from "@portcullis/core";
import { compilePolicyYaml, listDecisionTests, runPolicyTests } from "@portcullis/policy";
import { composeFacts } from "../compose-facts.ts";
import { findTestFiles } from "../find-test-files.ts";
import { openPolicyFile } from "../load-policy-file.ts";
import { readyBundleParts } from "./ready-bundle-facts.ts";

/** A folder of policy, compiled and tested. */
export interface CompiledFolder {
  readonly document: PolicyDocument;
  /** Texts that it was compiled from, and its test files, by path below the folder. */
  readonly sources: Readonly<Record<string, string>>;
  readonly tests: readonly JsonObject[];
  /** Cases that need earlier calls, and do not travel. */
  readonly leftOut: readonly string[];
}

/** Name of the main file: what is signed can be compiled again from it. */
export const MAIN_FILE = "policy.yaml";

/**
 * Compiles the `policy.yaml` of a folder and runs every policy test beside it.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when there are no tests or one fails,
 * `ERR_POLICY_INVALID` with every issue.
 */
export async function compileFolder(folder: string, cwd: string): Promise<CompiledFolder> {
  const opened = await openPolicyFile(resolve(cwd, folder, MAIN_FILE), { cwd });
  const document = await compilePolicyYaml(opened.source, { facts: composeFacts() });
  const texts = opened.files().map((name) => [name, opened.textOf(name) ?? ""] as const);
  const found = await findTestFiles([opened.folder], { cwd });
  const own = found.filter(({ path }) => resolve(path, "..") === opened.folder);
  const files = await Promise.all(
    own.map(async ({ path }) => ({
      file: path.slice(opened.folder.length + 1),
      text: await readFile(path, "utf8"),
    })),
  );
  const report = await runPolicyTests({
    policy: document,
    tests: files,
    ...(await readyBundleParts()),
  });
  const failed = report.results.filter(({ ok }) => !ok);
  if (failed.length > 0 || report.results.length === 0) {
    const [first] = failed;
    const what =
      first === undefined
        ? "The folder has no policy tests; a bundle carries at least one."
        : `${failed.length} of its policy tests fail, the first is ${JSON.stringify(first.name)}; see portcullis test.`;
    throw new PortcullisConfigError("folder", what);
  }
  const { tests, leftOut } = listDecisionTests(files, document);
  return {
    document,
    sources: Object.fromEntries([
      ...texts,
      ...files.map(({ file, text }) => [file, text] as const),
    ]),
    tests,
    leftOut,
  };
}
