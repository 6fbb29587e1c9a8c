import { PortcullisConfigError } from "@portcullis/core";
import type { Json, JsonObject } from "@portcullis/core";
import { readPayload } from "./internal/read-payload.ts";
import { toTimeText } from "./internal/time-text.ts";
import type { PublicJwk, SignatureAlgorithm } from "./public-jwk.ts";
import { thumbprintOf } from "./public-jwk.ts";
import { readRootDocument } from "./root-document.ts";
import type { RoleName } from "./role.ts";
import type { UnsignedDocument } from "./unsigned-document.ts";
import { toUnsigned } from "./unsigned-document.ts";
import type { VerifiedRoot } from "./verified.ts";

/** Keys of one role. */
export interface RoleKeys {
  readonly keys: readonly PublicJwk[];
  /** How many of them must sign. */
  readonly threshold: number;
  /** The threshold holds in each of these separately. Default keys of any algorithm count. */
  readonly algorithms?: readonly SignatureAlgorithm[];
}

/** What {@link buildRoot} writes. */
export interface BuildRootOptions {
  /** Bundles that it governs. */
  readonly names: readonly string[];
  readonly roles: Readonly<Record<RoleName, RoleKeys>>;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * Writes the first root, unsigned: version 1, epoch 1.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` or `ERR_BUNDLE_SIGNATURE` when no client would take
 * it, for example because a role has fewer keys than its threshold.
 *
 * @example
 * ```ts
 * import type { PublicJwk } from "@portcullis/bundle";
 * import { buildRoot } from "@portcullis/bundle";
 *
 * declare const ann: PublicJwk;
 * const one = { keys: [ann], threshold: 1 };
 * const root = await buildRoot({
 *   names: ["payments"],
 *   roles: { root: one, head: one, policy: one },
 *   expires: Date.UTC(2027, 0, 1),
 * });
 * ```
 */
export async function buildRoot({
  names,
  roles,
  expires,
}: BuildRootOptions): Promise<UnsignedDocument> {
  const keys: Record<string, Json> = {};
  const written: Record<string, Json> = {};
  for (const [name, role] of Object.entries(roles)) {
    written[name] = {
      keyids: await addKeys(keys, role.keys),
      threshold: role.threshold,
      ...(role.algorithms === undefined ? {} : { algorithms: [...role.algorithms] }),
    };
  }
  return checked({
    _type: "policy-root+json",
    spec: "1",
    names: [...names],
    version: 1,
    epoch: 1,
    expires: toTimeText(expires),
    keys,
    roles: written,
  });
}

/** One key that joins or leaves a role. */
export interface RoleChange {
  readonly role: RoleName;
  readonly key: PublicJwk;
}

/** One key that leaves a role. */
export interface RoleRemoval {
  readonly role: RoleName;
  /** Thumbprint. */
  readonly keyid: string;
}

/** What changes from one root to the next. */
export interface RotateRootOptions {
  readonly add?: readonly RoleChange[];
  readonly remove?: readonly RoleRemoval[];
  /** New thresholds. */
  readonly thresholds?: Readonly<Partial<Record<RoleName, number>>>;
  /** Keys of token issuers, in place of those before. */
  readonly issuers?: readonly { readonly iss: string; readonly keys: readonly PublicJwk[] }[];
  /** Digests of bundles that no client is to take any more; those before stay. */
  readonly revoke?: readonly string[];
  /** Makes clients forget what they knew: after a compromise of head and policy keys. */
  readonly isNewEpoch?: boolean;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * Writes the successor of a root, unsigned. It must be signed by a threshold of the old root keys
 * and of the new ones. Keys that no role and no issuer names any more are left out.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a key that is to leave is not there,
 * `ERR_BUNDLE_INVALID` or `ERR_BUNDLE_SIGNATURE` when no client would take the result.
 *
 * @example
 * ```ts
 * import type { PublicJwk, VerifiedRoot } from "@portcullis/bundle";
 * import { rotateRoot } from "@portcullis/bundle";
 *
 * declare const root: VerifiedRoot;
 * declare const ben: PublicJwk;
 * const next = await rotateRoot(root, {
 *   add: [{ role: "policy", key: ben }],
 *   expires: Date.UTC(2028, 0, 1),
 * });
 * ```
 */
export async function rotateRoot(
  previous: VerifiedRoot,
  options: RotateRootOptions,
): Promise<UnsignedDocument> {
  const { add = [], remove = [], thresholds = {}, issuers, revoke = [] } = options;
  const { version, epoch, revoked } = previous.document;
  const before = readPayload(previous.envelope, "root");
  const keys: Record<string, Json> = Object.fromEntries(previous.document.keys);
  const roles: Record<string, Json> = {};
  for (const name of ["root", "head", "policy"] as const) {
    const role = previous.document.roles[name];
    const leaving = remove.filter((each) => each.role === name).map(({ keyid }) => keyid);
    if (!leaving.every((keyid) => role.keyids.includes(keyid))) {
      throw new PortcullisConfigError("remove", `A key that is to leave is not one of ${name}.`);
    }
    const joining = add.filter((each) => each.role === name).map(({ key }) => key);
    const staying = role.keyids.filter((keyid) => !leaving.includes(keyid));
    const keyids = [...new Set([...staying, ...(await addKeys(keys, joining))])];
    const threshold = thresholds[name] ?? role.threshold;
    roles[name] = {
      keyids,
      threshold,
      ...(role.algorithms === undefined ? {} : { algorithms: [...role.algorithms] }),
    };
  }
  const written = issuers === undefined ? {} : { issuers: await writeIssuers(keys, issuers) };
  const next = {
    ...before,
    version: version + 1,
    epoch: epoch + (options.isNewEpoch === true ? 1 : 0),
    expires: toTimeText(options.expires),
    roles,
    ...written,
    revoked: [...new Set([...revoked, ...revoke])].toSorted(),
  };
  return checked({ ...next, keys: withoutUnused(keys, next) });
}

async function addKeys(
  keys: Record<string, Json>,
  added: readonly PublicJwk[],
): Promise<readonly string[]> {
  const keyids = await Promise.all(added.map((jwk) => thumbprintOf(jwk)));
  for (const [at, jwk] of added.entries()) keys[keyids[at] ?? ""] = { ...jwk };
  return keyids;
}

async function writeIssuers(
  keys: Record<string, Json>,
  issuers: NonNullable<RotateRootOptions["issuers"]>,
): Promise<Json> {
  const written: Json[] = [];
  for (const { iss, keys: own } of issuers) written.push({ iss, keyids: await addKeys(keys, own) });
  return written;
}

// A thumbprint is long enough that no other text of the document holds it by chance.
function withoutUnused(keys: Readonly<Record<string, Json>>, document: object): JsonObject {
  const { keys: _keys, ...rest } = { keys, ...document };
  const text = JSON.stringify({ ...rest, keys: undefined });
  return Object.fromEntries(Object.entries(keys).filter(([keyid]) => text.includes(`"${keyid}"`)));
}

/** A root that no client would take is refused by who writes it. */
async function checked(document: JsonObject): Promise<UnsignedDocument> {
  await readRootDocument(document);
  return toUnsigned(document);
}
