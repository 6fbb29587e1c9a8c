import type { PolicyDocument } from "../policy-document.ts";
import type { Node } from "../rule-ast.ts";

/** One condition of a policy. */
interface PlacedCondition {
  readonly node: Node;
  /** RFC 6901 pointer into the document. */
  readonly path: string;
  /** `file:line:column` where it is known. */
  readonly at: string | undefined;
  /** Names of the tools that it may be asked about; undefined = any. */
  readonly tools: readonly string[] | undefined;
}

/** Every condition of a policy, costs of budgets among them. */
export function conditionsOf({
  rules,
  risk,
  limits,
}: Pick<PolicyDocument, "rules" | "risk" | "limits">): readonly PlacedCondition[] {
  const found: PlacedCondition[] = [];
  const add = (
    node: Node | undefined,
    path: string,
    { at, tools }: { readonly at?: string; readonly tools?: readonly string[] },
  ): void => {
    if (node !== undefined) found.push({ node, path, at, tools });
  };
  rules.forEach((rule, index) => add(rule.when, `/rules/${index}/when`, rule));
  risk.add.forEach((factor, index) => add(factor.when, `/risk/add/${index}/when`, factor));
  limits.forEach((limit, index) => add(limit.budget?.cost, `/limits/${index}/budget/cost`, limit));
  return found;
}
