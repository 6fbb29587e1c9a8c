import type { Digest, JsonObject } from "@portcullis/core";
import { canonicalKey } from "@portcullis/core";
import type { Position } from "../claims.ts";
import { LIMITS, THUMBPRINT_URI, TYPES } from "../claims.ts";
import { isAttenuation } from "../constraints/is-attenuation.ts";
import type { IssuerKey, KeySet, SignatureBackend, VerificationKey } from "../ports.ts";
import type { PublicJwk, TokenAlgorithm } from "../public-jwk.ts";
import { algorithmOf, thumbprintOf } from "../public-jwk.ts";
import { tokenError } from "../token-error.ts";
import type { LinkClaims } from "./read-claims.ts";
import { readLinkClaims } from "./read-claims.ts";
import type { ReadJws } from "./read-jws.ts";
import { readCanonicalObject, readJws } from "./read-jws.ts";

/** One verified grant or delegation. */
interface VerifiedLink {
  readonly claims: LinkClaims;
  /** Digest of `header.payload`, that the next token names. */
  readonly digest: string;
  /** Its holder's key, that signs the next token. */
  readonly key: VerificationKey;
  /** RFC 7638 thumbprint of that key. */
  readonly thumbprint: string;
}

/** A chain whose signatures hold and whose links only narrow; its times are not looked at. */
export interface VerifiedLinks {
  /** The key that signed the grant. */
  readonly issuer: IssuerKey;
  readonly grant: VerifiedLink;
  /** The last link: the holder that may call. */
  readonly leaf: VerifiedLink;
  /** All links, the grant first. */
  readonly links: readonly VerifiedLink[];
}

/** What verifying a signature takes. */
export interface VerifyParts {
  readonly backend: SignatureBackend;
  readonly keys: KeySet;
  readonly digest: Digest;
  /** Algorithms that are taken. */
  readonly algorithms: ReadonlySet<TokenAlgorithm>;
}

/**
 * Verifies grant and delegations. Every token's form comes before any cryptography, each payload is
 * read after its signature was verified, and the grant comes first.
 *
 * @throws {PortcullisError} `ERR_TOKEN_…` or `ERR_DELEGATION_…`.
 */
export async function verifyLinks(
  tokens: readonly string[],
  parts: VerifyParts,
): Promise<VerifiedLinks> {
  const read = tokens.map((token, depth) => readLink(token, depth));
  const [root, ...rest] = read;
  if (root === undefined) throw tokenError("chain-length");
  const { issuer, link: grant } = await verifyGrant(root, parts);
  const links = [grant];
  let parent = grant;
  for (const jws of rest) {
    // Each signature is verified under the key of the link before it.
    parent = await verifyDelegation(jws, { parent, depth: links.length, parts });
    links.push(parent);
  }
  if (new Set(links.map(({ claims }) => claims.jti)).size !== links.length) {
    throw tokenError("duplicate-id");
  }
  return Object.freeze({ issuer, grant, leaf: parent, links: Object.freeze(links) });
}

/**
 * The key of a grant's header as it is known now.
 *
 * @throws {PortcullisError} `ERR_TOKEN_UNAVAILABLE` when the key set cannot say, `ERR_TOKEN_INVALID`
 * with reason `unknown-key` when there is none.
 */
export async function findIssuerKey(keys: KeySet, kid: string): Promise<IssuerKey> {
  let found: IssuerKey | undefined;
  try {
    found = await keys.find(kid);
  } catch (cause) {
    throw tokenError("keys", { cause });
  }
  if (found === undefined) throw tokenError("unknown-key", { depth: 0 });
  return found;
}

/**
 * Checks that the header has exactly the members of its position, and an algorithm that is taken.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID`.
 */
export function checkHeader(
  header: JsonObject,
  position: Position,
  { depth, jwk, parts }: HeaderContext,
): void {
  const names = position === "grant" ? ["alg", "kid", "typ"] : ["alg", "typ"];
  if (header["typ"] !== TYPES[position]) throw tokenError("wrong-type", { depth });
  const isExact = names.every((name) => typeof header[name] === "string");
  if (!isExact || Object.keys(header).length !== names.length) {
    throw tokenError("header", { depth });
  }
  const { alg } = header;
  if (typeof alg !== "string" || !isTaken(alg, parts.algorithms)) {
    throw tokenError("algorithm", { depth });
  }
  if (alg !== algorithmOf(jwk)) throw tokenError("algorithm-key-mismatch", { depth });
}

interface HeaderContext {
  readonly depth: number;
  /** The key that has to have signed. */
  readonly jwk: PublicJwk;
  readonly parts: Pick<VerifyParts, "algorithms">;
}

/**
 * Verifies a signature.
 *
 * @throws {PortcullisError} `ERR_TOKEN_INVALID` with reason `signature`, also where the backend
 * throws.
 */
export async function checkSignature(
  jws: ReadJws,
  key: VerificationKey,
  { depth, backend }: { readonly depth: number; readonly backend: SignatureBackend },
): Promise<void> {
  // A backend of the host's may answer anything.
  let isValid: unknown;
  try {
    isValid = await backend.verify(key, jws.signingInput, jws.signature);
  } catch (cause) {
    throw tokenError("signature", { depth, cause });
  }
  if (isValid !== true) throw tokenError("signature", { depth });
}

function isTaken(alg: string, algorithms: ReadonlySet<TokenAlgorithm>): boolean {
  return [...algorithms].some((algorithm) => algorithm === alg);
}

/** Reads a link's form; its type is looked at before any key is. */
function readLink(token: string, depth: number): ReadJws {
  const jws = readJws(token, depth);
  const type = depth === 0 ? TYPES.grant : TYPES.delegation;
  if (jws.header["typ"] !== type) throw tokenError("wrong-type", { depth });
  return jws;
}

async function verifyGrant(
  jws: ReadJws,
  parts: VerifyParts,
): Promise<{ readonly issuer: IssuerKey; readonly link: VerifiedLink }> {
  const { kid } = jws.header;
  if (typeof kid !== "string" || kid.length === 0 || kid.length > 256) {
    throw tokenError("header", { depth: 0 });
  }
  const issuer = await findIssuerKey(parts.keys, kid);
  checkHeader(jws.header, "grant", { depth: 0, jwk: issuer.jwk, parts });
  const key = await importKey(issuer.jwk, parts.backend, 0);
  await checkSignature(jws, key, { depth: 0, backend: parts.backend });
  const claims = readLinkClaims(readCanonicalObject(jws.payload, "malformed", 0), "grant", 0);
  if (issuer.issuer !== "*" && claims.iss !== issuer.issuer) {
    throw tokenError("wrong-issuer", { depth: 0 });
  }
  if (claims.depth !== 0 || claims.actors.length !== 1) throw tokenError("root", { depth: 0 });
  checkLife(claims, 0);
  return { issuer, link: await toLink(jws, claims, { depth: 0, parts }) };
}

async function verifyDelegation(
  jws: ReadJws,
  { parent, depth, parts }: { parent: VerifiedLink; depth: number; parts: VerifyParts },
): Promise<VerifiedLink> {
  checkHeader(jws.header, "delegation", { depth, jwk: parent.claims.jwk, parts });
  await checkSignature(jws, parent.key, { depth, backend: parts.backend });
  const payload = readCanonicalObject(jws.payload, "malformed", depth);
  const claims = readLinkClaims(payload, "delegation", depth);
  checkLink(claims, parent, depth);
  checkLife(claims, depth);
  return toLink(jws, claims, { depth, parts });
}

/** A delegation names its parent and has nothing that the parent has not. */
function checkLink(claims: LinkClaims, parent: VerifiedLink, depth: number): void {
  const above = parent.claims;
  if (claims.iss !== `${THUMBPRINT_URI}${parent.thumbprint}`) {
    throw tokenError("wrong-delegator", { depth });
  }
  if (claims.parentHash !== parent.digest) throw tokenError("broken-link", { depth });
  if (claims.depth !== above.depth + 1 || claims.depth > above.maxDepth) {
    throw tokenError("depth", { depth });
  }
  if (claims.maxDepth < claims.depth || claims.maxDepth > above.maxDepth) {
    throw tokenError("depth", { depth });
  }
  if (claims.exp > above.exp || claims.iat < above.iat) {
    throw tokenError("lifetime-widened", { depth });
  }
  if (claims.sub !== above.sub || claims.txn !== above.txn) {
    throw tokenError("context-changed", { depth });
  }
  if (!claims.aud.every((audience) => above.aud.includes(audience))) {
    throw tokenError("audience-widened", { depth });
  }
  if (canonicalKey(claims.act["act"] ?? null) !== canonicalKey(above.act)) {
    throw tokenError("actor-chain", { depth });
  }
  if (above.mayAct !== undefined && above.mayAct !== claims.actors[0]) {
    throw tokenError("may-act", { depth });
  }
  const issue = isAttenuation(claims.tools, above.tools);
  if (issue !== undefined) throw tokenError(issue, { depth });
}

function checkLife({ iat, exp }: LinkClaims, depth: number): void {
  if (exp <= iat || exp - iat > LIMITS.linkSeconds) throw tokenError("lifetime", { depth });
}

async function toLink(
  jws: ReadJws,
  claims: LinkClaims,
  { depth, parts }: { readonly depth: number; readonly parts: VerifyParts },
): Promise<VerifiedLink> {
  if (!parts.algorithms.has(algorithmOf(claims.jwk))) {
    throw tokenError("confirmation-key", { depth, claim: "cnf" });
  }
  return Object.freeze({
    claims,
    digest: await parts.digest.sha256(jws.signingInput),
    key: await importKey(claims.jwk, parts.backend, depth),
    thumbprint: await thumbprintOf(claims.jwk, parts.digest),
  });
}

async function importKey(
  jwk: PublicJwk,
  backend: SignatureBackend,
  depth: number,
): Promise<VerificationKey> {
  try {
    return await backend.importPublicKey(jwk);
  } catch (cause) {
    throw tokenError("confirmation-key", { depth, cause });
  }
}
