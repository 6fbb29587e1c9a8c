import type { DocumentKind } from "./bundle-refusal.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import type { EnvelopeSignature, OpenedEnvelope } from "./envelope.ts";
import { readBase64Url } from "./internal/base64url.ts";
import { readCanonicalObject } from "./internal/canonical-document.ts";
import { toUtf8 } from "./internal/sha256.ts";
import { verifyRaw } from "./internal/verify-raw.ts";
import type { RawVerdict } from "./internal/verify-raw.ts";
import type { PublicJwk, SignatureAlgorithm } from "./public-jwk.ts";
import { algorithmOf, isSignatureAlgorithm } from "./public-jwk.ts";
import type { KeyRing, Role, RoleName } from "./role.ts";

/** Whose signatures are counted. */
export interface Signers {
  readonly name: RoleName;
  readonly role: Role;
  readonly keys: KeyRing;
}

/** The `typ` of each document. */
export const DOCUMENT_TYPES = {
  root: "policy-root+json",
  head: "policy-head+json",
  bundle: "policy-bundle+json",
} as const;

/**
 * Counts the keys of a role that signed an envelope, each once, and refuses below its threshold.
 *
 * A signature that does not count is skipped, whatever is wrong with it: somebody who adds one must
 * not make a good document fail. The payload is not parsed here.
 *
 * @returns The thumbprints that counted.
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE` with `threshold` or `wrong-type`,
 * `ERR_BUNDLE_UNAVAILABLE` with `algorithm` when this runtime lacks an algorithm that the role needs.
 */
export async function verifySignatures(
  envelope: OpenedEnvelope,
  document: Exclude<DocumentKind, "state">,
  signers: Signers,
): Promise<readonly string[]> {
  const { name, role, keys } = signers;
  const typ = DOCUMENT_TYPES[document];
  const counted = new Map<string, SignatureAlgorithm>();
  let lacksAlgorithm = false;
  let hasType = false;
  for (const entry of envelope.signatures) {
    const header = readHeader(entry);
    if (header?.typ !== typ) continue;
    hasType = true;
    const { kid, alg } = header;
    if (counted.has(kid) || !role.keyids.includes(kid)) continue;
    const jwk = keys.get(kid);
    if (jwk === undefined || algorithmOf(jwk) !== alg) continue;
    const verdict = await judge(envelope.payload, entry, jwk);
    if (verdict === "algorithm") lacksAlgorithm = true;
    if (verdict === "good") counted.set(kid, alg);
  }
  if (isReached(role, [...counted.values()])) return Object.freeze([...counted.keys()]);
  const about = { document, role: name };
  if (lacksAlgorithm) {
    const message = `this runtime cannot verify ML-DSA-65, which ${name} needs; use Node 24 or later.`;
    throw refuseBundle("algorithm", message, about);
  }
  if (envelope.signatures.length > 0 && !hasType) {
    throw refuseBundle("wrong-type", `no signature says that it is a ${document}.`, about);
  }
  const message = `${counted.size} of the keys of ${name} signed it, which does not reach the threshold of ${role.threshold}.`;
  throw refuseBundle("threshold", message, about);
}

function isReached(
  { threshold, algorithms }: Role,
  counted: readonly SignatureAlgorithm[],
): boolean {
  if (algorithms === undefined) return counted.length >= threshold;
  return algorithms.every(
    (algorithm) => counted.filter((alg) => alg === algorithm).length >= threshold,
  );
}

interface Header {
  readonly alg: SignatureAlgorithm;
  readonly kid: string;
  readonly typ: string;
}

/** The protected header, if it is canonical and has exactly its three members. */
function readHeader(entry: EnvelopeSignature): Header | undefined {
  const bytes = readBase64Url(entry.protected);
  const header = bytes === undefined ? undefined : readCanonicalObject(bytes);
  if (header === undefined || Object.keys(header).join(" ") !== "alg kid typ") return undefined;
  const { alg, kid, typ } = header;
  if (typeof alg !== "string" || !isSignatureAlgorithm(alg)) return undefined;
  return typeof kid === "string" && typeof typ === "string" ? { alg, kid, typ } : undefined;
}

/** Verifies one signature over its signing input (RFC 7515 §5.1). */
async function judge(
  payload: string,
  entry: EnvelopeSignature,
  jwk: PublicJwk,
): Promise<RawVerdict> {
  const signature = readBase64Url(entry.signature);
  if (signature === undefined) return "bad";
  return verifyRaw(jwk, toUtf8(`${entry.protected}.${payload}`), signature);
}
