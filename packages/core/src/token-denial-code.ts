import type { DenialCode } from "./denial.ts";
import { isDenialCode } from "./denial.ts";
import type { PortcullisError } from "./errors.ts";

/**
 * The denial code of a token's or delegation's error: its own name without `ERR_`, but for reasons
 * that are codes themselves. Undefined for any other error.
 *
 * @example
 * ```ts
 * toTokenDenialCode(new PortcullisError("ERR_TOKEN_EXPIRED", "Over.")); // "token-expired"
 * ```
 */
export function toTokenDenialCode({ code, fields }: PortcullisError): DenialCode | undefined {
  const { reason } = fields;
  if (reason === "replay-store-full" || reason === "replay-store-cold") return reason;
  if (reason === "tool-not-granted" || reason === "arguments-not-granted") return "not-delegated";
  const name = code.slice("ERR_".length).toLowerCase().replaceAll("_", "-");
  return isDenialCode(name) ? name : undefined;
}
