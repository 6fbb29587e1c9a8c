import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PortcullisConfigError, PortcullisError } from "@portcullis/core";
import type { FactProvider } from "@portcullis/core";
import { createScanner, linearMatcher } from "@portcullis/inspect";
import { compilePolicyYaml, runPolicyTests } from "@portcullis/policy";
import type { PolicyTestFile, PolicyTestReport } from "@portcullis/policy";
import { composeFacts, readyFacts } from "./compose-facts.ts";
import { findTestFiles } from "./find-test-files.ts";
import type { FoundTestFile } from "./find-test-files.ts";
import { toReportPath } from "./finding.ts";
import { groupBy } from "./group-by.ts";
import { openPolicyFile } from "./load-policy-file.ts";
import { openPolicyFolder } from "./policy-folder.ts";

/** Options of {@link runTestFiles}. */
export interface RunTestFilesOptions {
  /** Folder that relative paths start from. Default the process's own. */
  readonly cwd?: string;
  /** Policy of all test files. Default the one beside each. */
  readonly policy?: string;
  /** Runs the cases whose name matches. Default all. */
  readonly only?: RegExp;
  /** Typed facts that conditions may use besides ours, or instead of ours of the same type. */
  readonly facts?: readonly FactProvider[];
}

/** What came of the tests of one policy. */
export interface TestedPolicy {
  /** Path of the policy from the current folder. */
  readonly policy: string;
  /** Results with the paths of the test files from the current folder. */
  readonly report: PolicyTestReport;
}

/**
 * Runs files of policy tests against the policies beside them, as `portcullis test` does.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a file cannot be read or no case is left to run.
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when a policy or a test file is not valid, with every
 * issue; their files are paths from the current folder.
 *
 * @example
 * ```ts
 * const tested = await runTestFiles(["policies"]);
 * process.exitCode = tested.every(({ report }) => report.ok) ? 0 : 1;
 * ```
 */
export async function runTestFiles(
  paths: readonly string[],
  { cwd = process.cwd(), policy, only, facts }: RunTestFilesOptions = {},
): Promise<readonly TestedPolicy[]> {
  const found = await findTestFiles(paths, policy === undefined ? { cwd } : { cwd, policy });
  const tested: TestedPolicy[] = [];
  for (const [path, files] of groupBy(found, (file) => file.policy)) {
    const document = await compileAt(path, { cwd, facts: composeFacts(facts) });
    const report = await runPolicyTests({
      policy: document,
      tests: await Promise.all(files.map((file) => readTests(file, cwd))),
      ...(only === undefined ? {} : { only: (name) => only.test(name) }),
      facts: await readyFacts(document, facts),
      matcher: linearMatcher(),
      scanner: createScanner(),
    });
    tested.push({ policy: toReportPath(cwd, path), report });
  }
  if (tested.every(({ report }) => report.results.length === 0)) {
    throw new PortcullisConfigError("run", "No policy test has a name that matches.");
  }
  return tested;
}

async function compileAt(
  path: string,
  { cwd, facts }: { readonly cwd: string; readonly facts: readonly FactProvider[] },
): ReturnType<typeof compilePolicyYaml> {
  const { source, folder } = await openPolicyFile(path, { cwd });
  const from = await realpath(cwd);
  try {
    return await compilePolicyYaml(source, { facts });
  } catch (error) {
    if (!PortcullisError.isInstance(error) || error.fields.issues === undefined) throw error;
    const issues = error.fields.issues.map((issue) => ({
      ...issue,
      ...(issue.file === undefined ? {} : { file: toReportPath(from, join(folder, issue.file)) }),
    }));
    throw new PortcullisError(error.code, error.message, {
      cause: error,
      fields: { ...error.fields, issues },
    });
  }
}

async function readTests({ path }: FoundTestFile, cwd: string): Promise<PolicyTestFile> {
  try {
    const folder = await openPolicyFolder(dirname(path));
    return { file: toReportPath(cwd, path), text: await folder.read(basename(path)) };
  } catch (cause) {
    throw new PortcullisConfigError("files", "A file of policy tests cannot be read.", { cause });
  }
}
