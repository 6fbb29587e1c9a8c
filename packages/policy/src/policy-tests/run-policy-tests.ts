import { compilePolicy, PortcullisError } from "@portcullis/core";
import type { Issue, PolicyDocument } from "@portcullis/core";
import { createCoverageRecorder } from "./coverage.ts";
import { formatIssue } from "../source/format-issues.ts";
import { createIssueList } from "../source/issue-list.ts";
import { readTestFile } from "./read-test-file.ts";
import type { PolicyTestFile } from "./read-test-file.ts";
import type { PolicyTestReport, PolicyTestResult } from "./report.ts";
import { runCase } from "./run-case.ts";
import type { TestCase } from "./test-case.ts";
import { createTestGuard } from "./test-guard.ts";
import type { TestParts } from "./test-guard.ts";

/** What {@link runPolicyTests} runs. */
export interface PolicyTestOptions extends TestParts {
  /** The policy; it is tested in `enforce` mode, with principals on the host's word. */
  readonly policy: PolicyDocument;
  /** Its test files. */
  readonly tests: readonly PolicyTestFile[];
  /** Tells by the name of a case whether to run it; default all. */
  readonly only?: (name: string) => boolean;
}

/** The cases of a test file, or every problem of it. */
export type PolicyTestsValidation =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Checks a file of policy tests without running it: its form, and that the rules, limits and codes
 * that it names exist.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 *
 * declare const policy: PolicyDocument;
 * const result = validatePolicyTests({ file: "policy_test.yaml", text: "portcullis: 1" }, policy);
 * if (!result.ok) result.issues[0]?.message; // `tests` is missing; …
 * ```
 */
export function validatePolicyTests(
  file: PolicyTestFile,
  policy: PolicyDocument,
): PolicyTestsValidation {
  const issues = createIssueList();
  const cases = readTestFile(file, { policy, issues });
  return issues.count() === 0
    ? { ok: true, names: cases.map(({ name }) => name) }
    : { ok: false, issues: issues.list() };
}

/**
 * Runs policy tests: every case with empty limits, sessions and approvals and a clock that stands
 * still, so that the result depends on the policy and the file alone. No tool runs.
 *
 * A cell of a matrix without an expectation must be denied.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue when the policy or a test file is
 * not valid.
 *
 * @example
 * ```ts
 * import { compilePolicyYaml, runPolicyTests } from "@portcullis/policy";
 *
 * const policy = await compilePolicyYaml({
 *   file: "policy.yaml",
 *   text: `
 * portcullis: 1
 * name: notes
 * tools: { read_note: { class: read, input: { type: object } } }
 * rules: [{ id: read, effect: permit, agents: [bot], tools: [read_note] }]
 * `,
 * });
 * const text = `
 * portcullis: 1
 * tests:
 *   - name: the bot reads
 *     principal: { agent: bot }
 *     call: { tool: read_note }
 *     expect: { outcome: permit, rules: [read] }
 * `;
 * const report = await runPolicyTests({ policy, tests: [{ file: "policy_test.yaml", text }] });
 * report.ok; // true
 * ```
 */
export async function runPolicyTests(options: PolicyTestOptions): Promise<PolicyTestReport> {
  const { policy, tests, only = () => true, ...parts } = options;
  const cases = readAll(tests, policy);
  // A test says what the policy says, whether or not it is enforced yet and whoever vouches.
  const tested: PolicyDocument = { ...policy, identity: "host", mode: "enforce" };
  const guard = await createTestGuard(tested, parts);
  const compiled = compilePolicy(tested, {
    ...(parts.facts === undefined ? {} : { facts: parts.facts }),
    ...(parts.matcher === undefined ? {} : { matcher: parts.matcher }),
  });
  const coverage = createCoverageRecorder(tested);
  const wanted = cases.filter(({ name }) => only(name));
  const results: PolicyTestResult[] = [];
  for (const testCase of wanted) {
    results.push(await runCase(testCase, { guard, policy: compiled, coverage }));
  }
  return {
    ok: results.every(({ ok }) => ok),
    results,
    skipped: cases.length - wanted.length,
    coverage: coverage.report(),
  };
}

function readAll(files: readonly PolicyTestFile[], policy: PolicyDocument): readonly TestCase[] {
  const issues = createIssueList();
  const cases = files.flatMap((file) => readTestFile(file, { policy, issues }));
  if (issues.count() === 0) return cases;
  const [first] = issues.list();
  throw new PortcullisError(
    "ERR_POLICY_INVALID",
    `The policy tests are not valid${first === undefined ? "." : `: ${formatIssue(first)}`}`,
    { fields: { issues: issues.list() } },
  );
}
