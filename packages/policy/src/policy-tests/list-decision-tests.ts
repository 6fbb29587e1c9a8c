import type { Json, JsonObject, PolicyDocument } from "@portcullis/core";
import { PortcullisError } from "@portcullis/core";
import { createIssueList } from "../source/issue-list.ts";
import { formatIssue } from "../source/format-issues.ts";
import { readTestFile } from "./read-test-file.ts";
import type { PolicyTestFile } from "./read-test-file.ts";
import type { TestCase } from "./test-case.ts";
import type { ExpectationSource, ObligationExpectation } from "./test-shape.ts";

/** Policy tests in the form that travels in a signed bundle. */
export interface DecisionTests {
  /** `{name, now, request, expect}`, `request` as a line of `portcullis eval`. */
  readonly tests: readonly JsonObject[];
  /** Names of the cases that need earlier calls, and stay behind. */
  readonly leftOut: readonly string[];
}

/**
 * Writes policy tests as decision tests of single calls, which a bundle carries and every service
 * runs before it takes the bundle.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every issue when a test file is not valid.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 * import { listDecisionTests } from "@portcullis/policy";
 *
 * declare const policy: PolicyDocument;
 * const text = `
 * portcullis: 1
 * tests:
 *   - { name: nobody pays, principal: { agent: x }, call: { tool: pay }, expect: { outcome: deny } }
 * `;
 * const { tests } = listDecisionTests([{ file: "policy_test.yaml", text }], policy);
 * ```
 */
export function listDecisionTests(
  files: readonly PolicyTestFile[],
  policy: PolicyDocument,
): DecisionTests {
  const issues = createIssueList();
  const cases = files.flatMap((file) => readTestFile(file, { policy, issues }));
  const [first] = issues.list();
  if (first !== undefined) {
    throw new PortcullisError(
      "ERR_POLICY_INVALID",
      `The policy tests are not valid: ${formatIssue(first)}`,
      { fields: { issues: issues.list() } },
    );
  }
  const travels = cases.filter(isSingleCall);
  return {
    tests: travels.map(toDecisionTest),
    leftOut: cases.filter((each) => !isSingleCall(each)).map(({ name }) => name),
  };
}

// Times of bundles are whole seconds.
function isSingleCall({ given, now }: TestCase): boolean {
  return given.length === 0 && now % 1000 === 0;
}

function toDecisionTest(test: TestCase): JsonObject {
  const { name, now, call, principal, ceiling, expected } = test;
  const { roles, user, userRoles, delegators } = principal;
  const prompt = call.prompt ?? test.prompt;
  const context = call.context ?? test.context;
  return {
    name,
    now: new Date(now).toISOString().replace(".000Z", "Z"),
    request: {
      tool: call.tool,
      args: call.args === undefined ? {} : call.args,
      principal: {
        agent: principal.agent,
        ...(roles === undefined ? {} : { roles }),
        ...(user === undefined ? {} : { user }),
        ...(userRoles === undefined ? {} : { userRoles }),
        ...(delegators === undefined ? {} : { delegators: toJson(delegators) }),
      },
      ceiling: toJson(ceiling),
      ...(prompt === undefined ? {} : { prompt }),
      ...(context === undefined ? {} : { context }),
      ...(call.definition === undefined
        ? {}
        : { definition: { name: call.tool, ...call.definition } }),
    },
    expect: toExpectation(expected),
  };
}

function toExpectation(expected: ExpectationSource): JsonObject {
  const { outcome, code, rules, obligations, args, risk } = expected;
  return {
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(rules === undefined ? {} : { rules }),
    ...(obligations === undefined ? {} : { obligations: obligations.map(typeOf) }),
    ...(args === undefined ? {} : { args }),
    ...(risk === undefined ? {} : { risk }),
  };
}

function typeOf(obligation: ObligationExpectation): string {
  if (typeof obligation === "string") return obligation;
  return obligation.approval === undefined ? "notify" : "approval";
}

// What comes from YAML is JSON but for members that are undefined.
function toJson(value: unknown): Json {
  const copy: Json = JSON.parse(JSON.stringify(value));
  return copy;
}
