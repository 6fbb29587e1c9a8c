export { emailFacts } from "./email.ts";
export { assertPublicAddress, ipFacts } from "./ip.ts";
export { moneyFacts } from "./money.ts";
export { assertWithin, pathFacts } from "./path.ts";
export { linearMatcher } from "./patterns.ts";
export { shellFacts } from "./shell.ts";
export { createSqlFacts, sqlFacts } from "./sql.ts";
export { typedFacts } from "./typed-facts.ts";
export { urlFacts } from "./url.ts";

export type { WithinOptions } from "./path.ts";
export type { PatternSyntax } from "./patterns.ts";
export type { SqlFacts } from "./sql.ts";
