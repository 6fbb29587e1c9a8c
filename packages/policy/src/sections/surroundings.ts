import type { ApprovalTerms } from "@portcullis/core";
import type { ConditionContext } from "../cel/compile-condition.ts";
import type { RootContext } from "../types/root-types.ts";
import type { Build } from "./build.ts";
import type { Catalogue, CatalogueEntry } from "./catalogue.ts";

/** What rules, limits and risk are compiled against. */
export interface Surroundings {
  readonly build: Build;
  readonly catalogue: Catalogue;
  /** Declared roles. */
  readonly roles: ReadonlySet<string>;
  readonly roots: RootContext;
  /** Defaults of every approval. */
  readonly approval: ApprovalTerms;
}

/** The context of a condition about some tools. */
export function conditionContext(
  { build, roots }: Surroundings,
  entries: readonly CatalogueEntry[],
  path: readonly PropertyKey[],
): ConditionContext {
  return {
    tools: entries.map(({ types }) => types),
    roots,
    providers: build.providers,
    issues: build.issues,
    path,
  };
}
