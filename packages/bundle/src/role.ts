import type { MemberReader } from "./internal/read-members.ts";
import { KEY_ID } from "./internal/read-members.ts";
import type { PublicJwk, SignatureAlgorithm } from "./public-jwk.ts";
import { algorithmOf, isSignatureAlgorithm } from "./public-jwk.ts";
import { refuseBundle } from "./bundle-refusal.ts";

/** Who signs which document. */
export type RoleName = "root" | "head" | "policy";

/** Whose signatures a document needs. */
export interface Role {
  /** Distinct thumbprints. */
  readonly keyids: readonly string[];
  /** How many distinct keys must have signed. */
  readonly threshold: number;
  /** The threshold holds in each of these separately; absent = keys of any algorithm count. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

/** Keys of a root by thumbprint. */
export type KeyRing = ReadonlyMap<string, PublicJwk>;

/**
 * Reads a role; one that can never be met refuses the whole root.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE` with `role`.
 */
export function readRole(reader: MemberReader, name: RoleName, keys: KeyRing): Role {
  const refuse = (message: string): Error =>
    refuseBundle("role", message, { document: "root", role: name });
  const keyids = Object.freeze([...reader.texts("keyids", KEY_ID)]);
  const threshold = reader.count("threshold");
  if (threshold < 1) throw refuse(`the threshold of ${name} must be at least 1.`);
  if (new Set(keyids).size !== keyids.length) throw refuse(`a key of ${name} is listed twice.`);
  if (!keyids.every((keyid) => keys.has(keyid))) throw refuse(`a key of ${name} is not there.`);
  if (!reader.has("algorithms")) {
    if (keyids.length < threshold) throw refuse(`${name} has fewer keys than its threshold.`);
    return Object.freeze({ keyids, threshold });
  }
  const algorithms = reader.texts("algorithms");
  if (!isSupported(algorithms)) throw refuse(`${name} wants an algorithm that is not supported.`);
  if (algorithms.length === 0 || new Set(algorithms).size !== algorithms.length) {
    throw refuse(`the algorithms of ${name} must be distinct, and at least one.`);
  }
  for (const algorithm of algorithms) {
    if (countKeys(keyids, keys, algorithm) < threshold) {
      throw refuse(`${name} has fewer ${algorithm} keys than its threshold.`);
    }
  }
  return Object.freeze({ keyids, threshold, algorithms: Object.freeze([...algorithms]) });
}

function isSupported(names: readonly string[]): names is readonly SignatureAlgorithm[] {
  return names.every((name) => isSignatureAlgorithm(name));
}

function countKeys(
  keyids: readonly string[],
  keys: KeyRing,
  algorithm: SignatureAlgorithm,
): number {
  return keyids.filter((keyid) => {
    const jwk = keys.get(keyid);
    return jwk !== undefined && algorithmOf(jwk) === algorithm;
  }).length;
}
