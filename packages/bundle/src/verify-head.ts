import { refuseBundle } from "./bundle-refusal.ts";
import { openEnvelope } from "./envelope.ts";
import { readHeadDocument } from "./head-document.ts";
import { readPayload } from "./internal/read-payload.ts";
import { toDigest } from "./internal/sha256.ts";
import type { VerifiedHead, VerifiedRoot } from "./verified.ts";
import { demandVerified, markVerified } from "./verified.ts";
import { verifySignatures } from "./verify-signatures.ts";

/** What a head is held against. */
export interface VerifyHeadOptions {
  readonly root: VerifiedRoot;
  /** Milliseconds since the epoch; undefined leaves its times out, for what is stored already. */
  readonly now: number | undefined;
  /** Name of the bundle. Default any that the root governs. */
  readonly name?: string;
  /** Channel. Default any. */
  readonly channel?: string;
}

/** How far the clock of a publisher may be ahead, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 300_000;
/** Longest lifetime of a head, in milliseconds. */
export const MAX_HEAD_LIFETIME_MS = 86_400_000;

/**
 * Verifies a head: signed by the head role of this root, for this name, channel and epoch, not from
 * a newer root than the one at hand, issued and not expired, and short-lived.
 *
 * Whether it is older than another head is the client's to say.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_SIGNATURE`, `ERR_BUNDLE_INVALID`, `ERR_BUNDLE_ROLLBACK` with
 * `epoch`, `root-behind` or `clock-behind`, `ERR_BUNDLE_EXPIRED` with `head-expired` or
 * `head-lifetime`, `ERR_BUNDLE_UNAVAILABLE` with `algorithm`.
 *
 * @example
 * ```ts
 * import { verifyHead, verifyRoot } from "@portcullis/bundle";
 *
 * declare const pinned: Uint8Array;
 * declare const bytes: Uint8Array;
 * const root = await verifyRoot(pinned);
 * const head = await verifyHead(bytes, { root, now: Date.now() });
 * head.document.main.serial; // 42
 * ```
 */
export async function verifyHead(
  bytes: Uint8Array,
  { root, now, name, channel }: VerifyHeadOptions,
): Promise<VerifiedHead> {
  demandVerified(root, "`root`");
  const { roles, keys, names } = root.document;
  const envelope = openEnvelope(bytes, "head");
  const signers = await verifySignatures(envelope, "head", {
    name: "head",
    role: roles.head,
    keys,
  });
  const document = readHeadDocument(readPayload(envelope, "head"));
  const about = { document: "head", bundle: document.name } as const;
  if ((name !== undefined && document.name !== name) || !names.includes(document.name)) {
    throw refuseBundle("wrong-name", "it is about another bundle.", about);
  }
  if (channel !== undefined && document.channel !== channel) {
    throw refuseBundle("wrong-channel", "it is about another channel.", about);
  }
  if (document.epoch !== root.document.epoch) {
    throw refuseBundle("epoch", "it is of another epoch than the root.", about);
  }
  if (document.rootVersion > root.document.version) {
    throw refuseBundle("root-behind", "it knows a newer root, which is not handed out.", about);
  }
  if (document.expires - document.issued > MAX_HEAD_LIFETIME_MS) {
    throw refuseBundle("head-lifetime", "it lives for longer than 24 hours.", about);
  }
  if (now !== undefined && document.issued > now + CLOCK_TOLERANCE_MS) {
    throw refuseBundle("clock-behind", "it is issued in the future of this clock.", about);
  }
  if (now !== undefined && document.expires <= now) {
    throw refuseBundle("head-expired", "it has expired.", about);
  }
  const digest = await toDigest(envelope.payloadBytes);
  return markVerified({ document, digest, envelope, signers });
}
