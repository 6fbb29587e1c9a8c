import type { BundleDocument } from "./bundle-document.ts";
import { readBundleDocument } from "./bundle-document.ts";
import type { BundleReason } from "./bundle-refusal.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import { openEnvelope } from "./envelope.ts";
import type { HeadTarget } from "./head-document.ts";
import { isOlderVersion } from "./internal/compare-versions.ts";
import { readPayload } from "./internal/read-payload.ts";
import { readBundleFiles } from "./internal/read-bundle-files.ts";
import { toDigest } from "./internal/sha256.ts";
import type { VerifiedBundle, VerifiedRoot } from "./verified.ts";
import { demandVerified, markVerified } from "./verified.ts";
import { verifySignatures } from "./verify-signatures.ts";

/** What a bundle is held against. */
export interface VerifyBundleOptions {
  readonly root: VerifiedRoot;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What the head says of it. Default nothing is known of it. */
  readonly target?: Pick<HeadTarget, "serial" | "digest">;
  /** Name of the bundle. Default any that the root governs. */
  readonly name?: string;
  /** Version of core that is to evaluate it. Default not compared. */
  readonly core?: string;
}

/** What a policy may ask of a client beyond the version of core; none yet. */
export const KNOWN_FEATURES: readonly string[] = Object.freeze([]);

/**
 * Verifies a bundle in its single-file form: signed by the policy role of this root, the one that
 * the head names, not revoked, valid now, usable by this version, and with exactly the files that
 * its manifest lists.
 *
 * What the files mean is not looked at; `loadBundle` does that.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE`, `ERR_BUNDLE_INVALID`, `ERR_BUNDLE_EXPIRED` with
 * `not-yet-valid` or `bundle-expired`, `ERR_BUNDLE_UNAVAILABLE` with `algorithm`.
 *
 * @example
 * ```ts
 * import { verifyBundle, verifyRoot } from "@portcullis/bundle";
 *
 * declare const pinned: Uint8Array;
 * declare const bytes: Uint8Array;
 * const root = await verifyRoot(pinned);
 * const bundle = await verifyBundle(bytes, { root, now: Date.now() });
 * bundle.files.get("policies/policy.json");
 * ```
 */
export async function verifyBundle(
  bytes: Uint8Array,
  { root, now, target, name, core }: VerifyBundleOptions,
): Promise<VerifiedBundle> {
  demandVerified(root, "`root`");
  const { roles, keys, names, revoked } = root.document;
  const { files: texts = {}, ...envelope } = openEnvelope(bytes, "bundle");
  const signers = await verifySignatures(envelope, "bundle", {
    name: "policy",
    role: roles.policy,
    keys,
  });
  const digest = await toDigest(envelope.payloadBytes);
  if (target !== undefined && digest !== target.digest) {
    throw refuse("digest-mismatch", "it is not the bundle that the head names.");
  }
  const document = readBundleDocument(readPayload(envelope, "bundle"));
  const about = { bundle: document.name, serial: document.serial };
  if ((name !== undefined && document.name !== name) || !names.includes(document.name)) {
    throw refuse("wrong-name", "it is another bundle.", about);
  }
  if (target !== undefined && document.serial !== target.serial) {
    throw refuse("serial-mismatch", "its serial is not the one that the head names.", about);
  }
  if (revoked.has(digest)) throw refuse("bundle-revoked", "the root revokes it.", about);
  refuseTimes(document, now);
  refuseRequirements(document, core);
  const files = await readBundleFiles(document, texts);
  return markVerified({ document, digest, envelope, signers, files });
}

/** Refuses a bundle outside of its time: valid means `not_before` ≤ now < `expires`. */
function refuseTimes({ name, serial, notBefore, expires }: BundleDocument, now: number): void {
  const about = { bundle: name, serial };
  if (now < notBefore) throw refuse("not-yet-valid", "it is not valid yet.", about);
  if (now >= expires) throw refuse("bundle-expired", "it has expired.", about);
}

function refuseRequirements(
  { name, serial, requires }: BundleDocument,
  core: string | undefined,
): void {
  const about = { bundle: name, serial };
  if (core !== undefined && isOlderVersion(core, requires.core)) {
    throw refuse("core-too-old", `it needs version ${requires.core} of core.`, about);
  }
  if (!requires.features.every((feature) => KNOWN_FEATURES.includes(feature))) {
    throw refuse("core-too-old", "it needs a feature that this version does not have.", about);
  }
}

function refuse(
  reason: BundleReason,
  message: string,
  about: { readonly bundle?: string; readonly serial?: number } = {},
): Error {
  return refuseBundle(reason, message, { document: "bundle", ...about });
}
