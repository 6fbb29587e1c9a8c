import type { FactProvider } from "@portcullis/core";
import type { PolicyParts } from "@portcullis/bundle";
import { createScanner, createSqlFacts, linearMatcher, typedFacts } from "@portcullis/inspect";

/**
 * The typed facts for bundles, which may read SQL at any time: `sql` is ready where `libpg-query` is
 * installed, and else extracts nothing, so that a bundle which reads it fails its own tests.
 */
export async function readyBundleFacts(
  own: readonly FactProvider[] = [],
): Promise<readonly FactProvider[]> {
  const sql = createSqlFacts();
  await sql.ready().catch(() => undefined);
  const types = new Set(own.map(({ type }) => type));
  const ours = [...typedFacts(), sql.provider].filter(({ type }) => !types.has(type));
  return [...ours, ...own];
}

/** What the decision tests of a bundle rest on where no application says otherwise. */
export async function readyBundleParts(own: readonly FactProvider[] = []): Promise<PolicyParts> {
  return {
    facts: await readyBundleFacts(own),
    matcher: linearMatcher(),
    scanner: createScanner(),
  };
}
