import { refuseBundle } from "./bundle-refusal.ts";
import { openEnvelope } from "./envelope.ts";
import { readPayload } from "./internal/read-payload.ts";
import { toDigest } from "./internal/sha256.ts";
import { readRootDocument } from "./root-document.ts";
import type { VerifiedRoot } from "./verified.ts";
import { demandVerified, markVerified } from "./verified.ts";
import { verifySignatures } from "./verify-signatures.ts";

/** What a root is held against. */
export interface VerifyRootOptions {
  /** The root before it, whose keys must have signed it as well. Default: it is the trust anchor. */
  readonly previous?: VerifiedRoot;
}

/**
 * Verifies a root (TUF 1.0 §5.3): signed by a threshold of its own root keys, and as a successor
 * also by one of the root before it, with the next version and no lower epoch.
 *
 * Its expiry is not looked at: an expired root may still lead to its successor.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE`, `ERR_BUNDLE_INVALID`, `ERR_BUNDLE_ROLLBACK` with
 * `root-version` or `epoch`, `ERR_BUNDLE_UNAVAILABLE` with `algorithm`.
 *
 * @example
 * ```ts
 * import { verifyRoot } from "@portcullis/bundle";
 *
 * declare const pinned: Uint8Array;
 * const root = await verifyRoot(pinned);
 * root.document.names; // ["payments"]
 * ```
 */
export async function verifyRoot(
  bytes: Uint8Array,
  { previous }: VerifyRootOptions = {},
): Promise<VerifiedRoot> {
  const envelope = openEnvelope(bytes, "root");
  if (previous !== undefined) {
    demandVerified(previous, "`previous`");
    const { roles, keys } = previous.document;
    await verifySignatures(envelope, "root", { name: "root", role: roles.root, keys });
  }
  const document = await readRootDocument(readPayload(envelope, "root"));
  const { roles, keys, version, epoch } = document;
  const signers = await verifySignatures(envelope, "root", {
    name: "root",
    role: roles.root,
    keys,
  });
  if (previous !== undefined) {
    const expected = previous.document.version + 1;
    const about = { document: "root" } as const;
    if (version !== expected) {
      throw refuseBundle("root-version", `its version must be exactly ${expected}.`, about);
    }
    if (epoch < previous.document.epoch) {
      throw refuseBundle("epoch", "its epoch is lower than that of the root before it.", about);
    }
  }
  const digest = await toDigest(envelope.payloadBytes);
  return markVerified({ document, digest, envelope, signers });
}
