import type { SourcedPolicy } from "@portcullis/core";
import type { OpenedEnvelope } from "../envelope.ts";
import type { PreparedBundle } from "../prepare-bundle.ts";
import type { VerifiedBundle, VerifiedRoot } from "../verified.ts";
import { verifySignatures } from "../verify-signatures.ts";
import type { ActiveBundle } from "./bundle-client.ts";
import { refuseBundle } from "../bundle-refusal.ts";

/** A bundle that is ready, with what is needed to hold it against a newer root. */
export interface Slot {
  readonly bundle: ActiveBundle;
  /** Envelope without files. */
  readonly envelope: OpenedEnvelope;
  /** The root that it was last verified under. */
  readonly verifiedUnder: VerifiedRoot;
}

/** Makes the frozen object that calls hold on to. */
export function toSlot(
  verified: VerifiedBundle,
  { document }: PreparedBundle,
  about: {
    readonly target: ActiveBundle["target"];
    readonly since: number;
    readonly version: number;
    readonly root: VerifiedRoot;
  },
): Slot {
  const { name, serial, expires } = verified.document;
  const bundle = Object.freeze({
    document,
    version: about.version,
    ref: Object.freeze({ name, serial, digest: verified.digest }),
    target: about.target,
    since: about.since,
    expires,
  } satisfies ActiveBundle & SourcedPolicy);
  return Object.freeze({ bundle, envelope: verified.envelope, verifiedUnder: about.root });
}

/**
 * Holds a bundle that is in force against a newer root: its policy keys must still be those of the
 * role, and the root must not revoke it.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE`, or `ERR_BUNDLE_INVALID` with `bundle-revoked`.
 */
export async function verifySlotUnder(slot: Slot, root: VerifiedRoot): Promise<Slot> {
  const { roles, keys, revoked } = root.document;
  const { name, serial, digest } = slot.bundle.ref;
  const about = { document: "bundle", bundle: name, serial } as const;
  if (revoked.has(digest)) throw refuseBundle("bundle-revoked", "the root revokes it.", about);
  await verifySignatures(slot.envelope, "bundle", { name: "policy", role: roles.policy, keys });
  return Object.freeze({ ...slot, verifiedUnder: root });
}
