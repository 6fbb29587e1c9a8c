import type { FactProvider, Issue, Node, PolicyDocument, ToolEntry } from "@portcullis/core";
import { compileCondition } from "./cel/compile-condition.ts";
import { createIssueList } from "./source/issue-list.ts";
import { createSourceText } from "./source/source-text.ts";
import { quoted } from "./text/suggest.ts";
import { typeOfSchema } from "./types/schema-type.ts";
import type { ToolTypes } from "./types/root-types.ts";
import { DYN } from "./types/type.ts";

/** What a condition is compiled against. */
export interface ValidateConditionOptions {
  readonly policy: PolicyDocument;
  /** Tool of the catalogue whose arguments the condition reads. */
  readonly tool: string;
  /** Typed functions that it may use; default none. */
  readonly facts?: readonly FactProvider[];
}

/** A compiled condition, or every problem of it; lines and columns are those of its text. */
export type ConditionValidation =
  | { readonly ok: true; readonly condition: Node }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * Compiles one condition against a tool of a policy, as if a rule about that tool had it.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 *
 * declare const policy: PolicyDocument;
 * const result = validateCondition("args.amount > 100", { policy, tool: "refund" });
 * if (!result.ok) result.issues[0]?.message;
 * ```
 */
export function validateCondition(
  text: string,
  { policy, tool, facts = [] }: ValidateConditionOptions,
): ConditionValidation {
  const issues = createIssueList();
  const source = createSourceText("condition", text);
  const scalar = {
    kind: "scalar",
    source,
    start: 0,
    end: text.length,
    value: text,
    style: "plain",
  } as const;
  const entry = Object.hasOwn(policy.tools, tool) ? policy.tools[tool] : undefined;
  if (entry === undefined) {
    issues.add(scalar, [], `The tool ${quoted(tool)} is not in the catalogue.`);
    return { ok: false, issues: issues.list() };
  }
  const condition = compileCondition(scalar, {
    tools: [toTypes(tool, entry)],
    roots: {
      roles: new Set(Object.keys(policy.roles)),
      tools: new Set(Object.keys(policy.tools)),
      context: policy.context === undefined ? DYN : typeOfSchema(policy.context, "context"),
    },
    providers: new Map(facts.map((provider) => [provider.type, provider])),
    issues,
    path: [],
  });
  return condition === undefined || issues.count() > 0
    ? { ok: false, issues: issues.list() }
    : { ok: true, condition };
}

function toTypes(name: string, { input, facts = {}, resource }: ToolEntry): ToolTypes {
  return {
    name,
    args: typeOfSchema(input, "args"),
    facts,
    ...(resource === undefined ? {} : { resourceId: DYN }),
  };
}
