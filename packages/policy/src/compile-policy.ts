import { PortcullisError } from "@portcullis/core";
import type { FactProvider, Issue, PolicyDocument } from "@portcullis/core";
import type { PolicyFile } from "./policy-file.ts";
import { compileDocument } from "./sections/document.ts";
import { createIssueList } from "./source/issue-list.ts";
import { formatIssue } from "./source/format-issues.ts";

/** What a policy is compiled with. */
export interface CompilePolicyOptions {
  /** Typed functions that conditions may use; default none. */
  readonly facts?: readonly FactProvider[];
}

/** A compiled policy, or every problem of it. */
export type PolicyValidation =
  | { readonly ok: true; readonly document: PolicyDocument }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Compiles a policy of YAML and CEL to the document that core evaluates.
 *
 * Strict: whatever this release does not read, and whatever could be a mistake, refuses the whole
 * policy. The document passes core's own loader.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` with every problem in `fields.issues`, each with
 * file, line and column.
 *
 * @example
 * ```ts
 * import { compilePolicyYaml } from "@portcullis/policy";
 *
 * const document = await compilePolicyYaml({
 *   file: "policy.yaml",
 *   text: `
 * portcullis: 1
 * name: refunds
 * tools:
 *   refund:
 *     class: pay
 *     input: { type: object, properties: { amount: { type: number } }, required: [amount] }
 * rules:
 *   - { id: small-refunds, effect: permit, tools: [refund], when: args.amount <= 100.0 }
 * `,
 * });
 * document.rules[0]?.id; // "small-refunds"
 * ```
 */
export async function compilePolicyYaml(
  source: PolicyFile,
  options: CompilePolicyOptions = {},
): Promise<PolicyDocument> {
  const result = await validatePolicyYaml(source, options);
  if (result.ok) return result.document;
  const { issues } = result;
  const [first] = issues;
  const head = `The policy has ${issues.length === 1 ? "one problem" : `${issues.length} problems`}`;
  throw new PortcullisError(
    "ERR_POLICY_INVALID",
    first === undefined ? `${head}.` : `${head}: ${formatIssue(first)}`,
    { fields: { issues } },
  );
}

/**
 * As {@link compilePolicyYaml}, with the problems as a value.
 *
 * @example
 * ```ts
 * import { validatePolicyYaml } from "@portcullis/policy";
 *
 * const result = await validatePolicyYaml({ file: "policy.yaml", text: "portcullis: 2" });
 * if (!result.ok) result.issues[0]?.line; // 1
 * ```
 */
export async function validatePolicyYaml(
  source: PolicyFile,
  options: CompilePolicyOptions = {},
): Promise<PolicyValidation> {
  const issues = createIssueList();
  const providers = new Map((options.facts ?? []).map((provider) => [provider.type, provider]));
  const document = await compileDocument({
    main: source,
    issues,
    providers,
    origins: new Map(),
    unread: new Set(),
  });
  return issues.count() === 0 && document !== undefined
    ? { ok: true, document }
    : { ok: false, issues: issues.list() };
}
