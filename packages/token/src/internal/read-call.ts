import { THUMBPRINT_URI } from "../claims.ts";
import { tokenError } from "../token-error.ts";
import type { CallClaims } from "./read-claims.ts";
import { readCallClaims } from "./read-claims.ts";
import type { ReadJws } from "./read-jws.ts";
import { readCanonicalObject } from "./read-jws.ts";
import type { VerifiedLinks, VerifyParts } from "./verify-links.ts";
import { checkHeader, checkSignature } from "./verify-links.ts";
import { checkCallLife } from "./check-state.ts";

/**
 * Verifies a call token under the key of the last link, and that it refers to that link.
 *
 * @throws {PortcullisError} `ERR_TOKEN_…`, `ERR_DELEGATION_WIDENED`.
 */
export async function readCall(
  jws: ReadJws,
  links: VerifiedLinks,
  parts: VerifyParts,
): Promise<CallClaims> {
  const { leaf } = links;
  const depth = links.links.length;
  checkHeader(jws.header, "call", { depth, jwk: leaf.claims.jwk, parts });
  await checkSignature(jws, leaf.key, { depth, backend: parts.backend });
  const claims = readCallClaims(readCanonicalObject(jws.payload, "malformed", depth), depth);
  if (claims.iss !== `${THUMBPRINT_URI}${leaf.thumbprint}`) {
    throw tokenError("wrong-delegator", { depth });
  }
  if (claims.parentHash !== leaf.digest || claims.parentId !== leaf.claims.jti) {
    throw tokenError("broken-link", { depth });
  }
  checkCallLife(claims, depth);
  if (claims.iat < leaf.claims.iat || claims.exp > leaf.claims.exp) {
    throw tokenError("lifetime-widened", { depth });
  }
  if (links.links.some((link) => link.claims.jti === claims.jti)) throw tokenError("duplicate-id");
  return claims;
}

/** The tool is in the last link, and its holder may use it, not only pass it on. */
export function checkGranted(links: VerifiedLinks, tool: string): void {
  if (!links.leaf.claims.tools.has(tool) || !mayUse(links, tool)) {
    throw tokenError("tool-not-granted");
  }
}

/** Whoever may only pass a tool on does not get it back by a link to its own name or key. */
export function mayUse({ leaf, links }: VerifiedLinks, tool: string): boolean {
  const [agent] = leaf.claims.actors;
  return !links.some(({ claims, thumbprint }) => {
    const isLeaf = claims.actors[0] === agent || thumbprint === leaf.thumbprint;
    return isLeaf && claims.delegateOnly.has(tool);
  });
}
