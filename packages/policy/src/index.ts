export { compilePolicyYaml, validatePolicyYaml } from "./compile-policy.ts";
export type { CompilePolicyOptions, PolicyValidation } from "./compile-policy.ts";
export { loadPolicy } from "./load-policy.ts";
export type { LoadPolicyOptions } from "./load-policy.ts";
export type { PolicyFile } from "./policy-file.ts";
export { policyJsonSchema } from "./shape/json-schema.ts";
export { formatIssue, formatIssues } from "./source/format-issues.ts";
export type { FormatIssuesOptions } from "./source/format-issues.ts";
