import type { FactProvider } from "@portcullis/core";
import { emailFacts } from "./email.ts";
import { ipFacts } from "./ip.ts";
import { moneyFacts } from "./money.ts";
import { pathFacts } from "./path.ts";
import { scanFacts } from "./scan-facts.ts";
import { shellFacts } from "./shell.ts";
import { urlFacts } from "./url.ts";

/**
 * Every provider of typed facts that is ready at once: `url`, `ip`, `path`, `shell`, `email`,
 * `money`, `secrets`, `pii` and `scan`. `sql` loads a parser first: add `await sqlFacts()`.
 *
 * @example
 * ```ts
 * import type { PolicyDocument } from "@portcullis/core";
 * import { createGuard } from "@portcullis/core";
 * import { linearMatcher, sqlFacts, typedFacts } from "@portcullis/inspect";
 *
 * declare const policy: PolicyDocument;
 * const facts = [...typedFacts(), await sqlFacts()];
 * const guard = await createGuard({ policy, facts, matcher: linearMatcher() });
 * ```
 */
export function typedFacts(): readonly FactProvider[] {
  return [
    urlFacts(),
    ipFacts(),
    pathFacts(),
    shellFacts(),
    emailFacts(),
    moneyFacts(),
    ...scanFacts(),
  ];
}
