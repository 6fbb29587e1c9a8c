import type { Scanner } from "@portcullis/core";
import { scanViews } from "./internal/scan-views.ts";
import { findSecrets } from "./secrets/find-secrets.ts";
import type { ScanRule } from "./user-rules.ts";
import { compileScanRule } from "./user-rules.ts";

/** Options of {@link secretScanner}. */
export interface SecretScannerOptions {
  /** Rules of your own, beside the shipped ones. Default none. */
  readonly rules?: readonly ScanRule[];
}

/**
 * Finds credentials: the tokens of more than 200 vendors by their published formats, private keys,
 * JSON Web Tokens, URLs with a password, and values that a name calls secret if they are mixed
 * enough.
 *
 * One pass finds keywords and only there a rule looks at the text, also in percent encoding,
 * base64, hexadecimal, escapes and character references, two levels deep. What is found in a token
 * of base64 or hexadecimal stands for the whole token.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` for a rule that cannot be run in linear time.
 *
 * @example
 * ```ts
 * import { secretScanner } from "@portcullis/inspect/secrets";
 *
 * const text = "postgres://app:h8Xq2-vLm@db.internal/orders";
 * secretScanner().scan(text, { maxLength: 65_536 });
 * // findings: [{ kind: "secret", rule: "postgres-connection-string", start: 0, end: 43, … }]
 * ```
 */
export function secretScanner({ rules = [] }: SecretScannerOptions = {}): Scanner {
  const find = findSecrets(rules.map(compileScanRule));
  return {
    id: "portcullis-secrets",
    kinds: ["secret"],
    scan: (text, limits) => scanViews(text, limits, find),
  };
}
