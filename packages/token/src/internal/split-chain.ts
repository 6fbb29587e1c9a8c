import { LIMITS, SEPARATOR } from "../claims.ts";
import { tokenError } from "../token-error.ts";

/** A chain in either form: tokens joined by `~`, or a list of them. */
export type ChainInput = string | readonly string[];

/**
 * Splits a chain into its tokens, from the grant on.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `malformed`, `too-large` or
 * `chain-length`.
 */
export function splitChain(
  chain: ChainInput,
  { least, most }: { readonly least: number; readonly most: number },
): readonly string[] {
  const text = toText(chain);
  if (text.length > LIMITS.chain) throw tokenError("too-large");
  // One more than may be is enough to see that there are too many.
  const tokens = text.split(SEPARATOR, most + 1);
  if (tokens.length < least || tokens.length > most) throw tokenError("chain-length");
  return tokens;
}

/** The chain as one text. */
function toText(chain: unknown): string {
  if (typeof chain === "string") return chain;
  if (!Array.isArray(chain)) throw tokenError("malformed");
  if (chain.length > LIMITS.depth + 2) throw tokenError("chain-length");
  const tokens = chain.map((token: unknown) => {
    if (typeof token !== "string" || token.includes(SEPARATOR)) throw tokenError("malformed");
    return token;
  });
  return tokens.join(SEPARATOR);
}
