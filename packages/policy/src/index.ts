export { compilePolicyYaml, validatePolicyYaml } from "./compile-policy.ts";
export type { CompilePolicyOptions, PolicyValidation } from "./compile-policy.ts";
export { importProgentPolicy } from "./import/import-progent.ts";
export type { ImportFile, ImportProgentOptions, ImportResult } from "./import/import-progent.ts";
export { isCovered } from "./policy-tests/coverage.ts";
export type {
  ClauseCoverage,
  CoverageCount,
  PolicyCoverage,
  RuleCoverage,
} from "./policy-tests/coverage.ts";
export { listClauses } from "./text/list-clauses.ts";
export type { Clause } from "./text/list-clauses.ts";
export { loadPolicy } from "./load-policy.ts";
export type { LoadPolicyOptions } from "./load-policy.ts";
export { listDecisionTests } from "./policy-tests/list-decision-tests.ts";
export type { DecisionTests } from "./policy-tests/list-decision-tests.ts";
export type { PolicyFile } from "./policy-file.ts";
export type { PolicyTestFile } from "./policy-tests/read-test-file.ts";
export type {
  PolicyTestFailure,
  PolicyTestReport,
  PolicyTestResult,
} from "./policy-tests/report.ts";
export { runPolicyTests, validatePolicyTests } from "./policy-tests/run-policy-tests.ts";
export type { PolicyTestOptions, PolicyTestsValidation } from "./policy-tests/run-policy-tests.ts";
export type { PolicyTestVerdict } from "./policy-tests/verdict.ts";
export { policyJsonSchema, policyTestJsonSchema } from "./shape/json-schema.ts";
export { formatIssue, formatIssues } from "./source/format-issues.ts";
export type { FormatIssuesOptions } from "./source/format-issues.ts";
export { toCel } from "./text/to-cel.ts";
export { formatPolicyYaml } from "./format/format-policy-yaml.ts";
export type { FormatResult } from "./format/format-policy-yaml.ts";
export { validateCondition } from "./validate-condition.ts";
export type { ConditionValidation, ValidateConditionOptions } from "./validate-condition.ts";
export { findExcessRights } from "./excess-rights.ts";
export type {
  AgentRights,
  ExcessRights,
  ExcessRightsOptions,
  NarrowedRule,
  ObservedTool,
  RefusedTool,
} from "./excess-rights.ts";
