import { canonicalize } from "./canonical-json.ts";
import type { Digest } from "./ports/runtime.ts";

const SERVER_TOOL = /^mcp:([^/]+)\//;

/**
 * Digest of a whole tool definition in the form that pins have: `sha256:` and 43 characters of
 * base64url.
 *
 * It covers every member, so key order, white space and the spelling of numbers do not change it and
 * anything else does. For a server's tool, `mcp:<server>/<tool>`, it covers the configured server as
 * well: the same definition from another server is another one. Members that are `undefined` count
 * as absent.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` when the definition is not plain JSON or is
 * larger than a canonical text may be.
 *
 * @example
 * ```ts
 * declare const digest: Digest;
 * const pin = await definitionDigest(digest, "mcp:crm/export", { name: "export" });
 * ```
 */
export async function definitionDigest(
  digest: Pick<Digest, "sha256">,
  tool: string,
  definition: object,
): Promise<string> {
  const server = SERVER_TOOL.exec(tool)?.[1];
  const subject = server === undefined ? definition : { definition, server };
  const { text } = canonicalize(subject, { dropUndefined: true });
  return `sha256:${await digest.sha256(text)}`;
}
