import type { Json, JsonObject } from "@portcullis/core";
import type { PortcullisError } from "@portcullis/core";
import { refuseBundle } from "./bundle-refusal.ts";
import { importPublicKey } from "./internal/import-key.ts";
import { createMemberReader, DIGEST, KEY_ID, NAME } from "./internal/read-members.ts";
import type { MemberReader } from "./internal/read-members.ts";
import { refuseCritical } from "./internal/refuse-critical.ts";
import type { PublicJwk } from "./public-jwk.ts";
import { readPublicJwk, thumbprintOf } from "./public-jwk.ts";
import type { KeyRing, Role, RoleName } from "./role.ts";
import { readRole } from "./role.ts";

/** A token issuer that a root vouches for. */
export interface IssuerEntry {
  readonly iss: string;
  readonly keys: readonly PublicJwk[];
}

/** The trust anchor: keys, roles and what is revoked. */
export interface RootDocument {
  /** Bundles that this root governs. */
  readonly names: readonly string[];
  /** Increases by one. */
  readonly version: number;
  /** A higher epoch makes clients forget what they knew before. */
  readonly epoch: number;
  /** Milliseconds since the epoch of time. */
  readonly expires: number;
  /** Keys by thumbprint. */
  readonly keys: KeyRing;
  readonly roles: Readonly<Record<RoleName, Role>>;
  readonly issuers: readonly IssuerEntry[];
  /** Digests of bundles that no client takes any more. */
  readonly revoked: ReadonlySet<string>;
}

const MEMBERS: readonly string[] =
  "_type spec names version epoch expires keys roles issuers revoked critical".split(" ");

/**
 * Reads a root. Keys are strict, each under its own thumbprint, so that no key counts twice.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `malformed` or `unknown-critical`,
 * `ERR_BUNDLE_SIGNATURE` with `role`.
 */
export async function readRootDocument(object: JsonObject): Promise<RootDocument> {
  const reader = createMemberReader(object, "", malformed);
  reader.text("spec", /^1$/);
  refuseCritical(reader, "root", MEMBERS);
  const keys = await readKeys(reader.entries("keys"));
  const roles = reader.object("roles");
  const role = (name: RoleName): Role => readRole(roles.object(name), name, keys);
  return Object.freeze({
    names: readNames(reader),
    version: reader.count("version", 1),
    epoch: reader.count("epoch", 1),
    expires: reader.time("expires"),
    keys,
    roles: Object.freeze({ root: role("root"), head: role("head"), policy: role("policy") }),
    issuers: reader.has("issuers") ? readIssuers(reader, keys) : Object.freeze([]),
    revoked: new Set(reader.has("revoked") ? reader.texts("revoked", DIGEST) : []),
  });
}

function malformed(problem: string): PortcullisError {
  return refuseBundle("malformed", problem, { document: "root" });
}

function readNames(reader: MemberReader): readonly string[] {
  const names = reader.texts("names", NAME);
  if (names.length === 0) throw malformed("`names` must list the bundles that it governs.");
  return Object.freeze([...names]);
}

async function readKeys(entries: readonly (readonly [string, Json])[]): Promise<KeyRing> {
  const keys = new Map<string, PublicJwk>();
  for (const [keyid, value] of entries) {
    const jwk = readPublicJwk(value);
    if (jwk === undefined)
      throw malformed("a key is not a strict Ed25519, P-256 or ML-DSA-65 key.");
    if ((await thumbprintOf(jwk)) !== keyid) {
      throw malformed("a key is not named by its thumbprint.");
    }
    const imported = await importPublicKey(jwk);
    // A runtime without ML-DSA can still use a root whose other roles do not need it.
    if (!imported.ok && imported.reason === "key") throw malformed("a key is not on its curve.");
    keys.set(keyid, jwk);
  }
  return keys;
}

function readIssuers(reader: MemberReader, keys: KeyRing): readonly IssuerEntry[] {
  const issuers = reader.objects("issuers").map((issuer) => {
    const found = issuer.texts("keyids", KEY_ID).map((keyid) => {
      const jwk = keys.get(keyid);
      if (jwk === undefined) throw malformed("a key of an issuer is not there.");
      return jwk;
    });
    return Object.freeze({ iss: issuer.text("iss"), keys: Object.freeze(found) });
  });
  return Object.freeze(issuers);
}
