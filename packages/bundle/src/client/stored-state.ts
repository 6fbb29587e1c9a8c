import type { Json, PortcullisError } from "@portcullis/core";
import { refuseBundle } from "../bundle-refusal.ts";
import { openEnvelope, writeEnvelope } from "../envelope.ts";
import { readPayload } from "../internal/read-payload.ts";
import type { Envelope } from "../envelope.ts";
import { isJsonObject } from "../internal/canonical-document.ts";
import { createMemberReader, DIGEST } from "../internal/read-members.ts";
import { toDigest, toUtf8 } from "../internal/sha256.ts";
import { toTimeText } from "../internal/time-text.ts";
import type { VerifiedRoot } from "../verified.ts";
import { verifyHead } from "../verify-head.ts";
import { verifyRoot } from "../verify-root.ts";
import { refuseForeignRoot } from "./advance-roots.ts";
import type { Trust } from "./trust.ts";
import { initialTrust } from "./trust.ts";

/** Name of the state in storage. */
export const STATE_NAME = "state.json";
const MAX_BYTES = 64 * 1024 * 1024;

/** Name of a bundle in storage. */
export function blobName(digest: string): string {
  return `bundles/${digest.slice("sha256:".length)}.json`;
}

/** What is on disk beside the bundles themselves. */
export interface StoredState {
  readonly trust: Trust;
  /** Digest of the active bundle. */
  readonly active: string | undefined;
  /** Digest of the one before it, which is kept as well. */
  readonly previous: string | undefined;
}

/** Writes the state: everything signed as it was signed. */
export function writeState({ trust, active, previous }: StoredState): Uint8Array<ArrayBuffer> {
  const { roots, head, confirming, serialFloor, trustedTime, abandoned } = trust;
  const state = {
    spec: "1",
    roots: roots.map(({ envelope }) => toJson(envelope)),
    ...(head === undefined ? {} : { head: toJson(head.envelope) }),
    ...(confirming === undefined ? {} : { confirming: toJson(confirming.envelope) }),
    ...(active === undefined ? {} : { active }),
    ...(previous === undefined ? {} : { previous }),
    serialFloor,
    trustedTime: toTimeText(trustedTime),
    ...(abandoned === undefined ? {} : { abandoned }),
  };
  return toUtf8(JSON.stringify(state));
}

/**
 * Reads the state and verifies every signed thing of it again, from the pinned root on; only what
 * has expired may have expired.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_…` for the first thing that is not as it must be.
 */
export async function readState(
  bytes: Uint8Array,
  { pinned, name, channel }: ReadStateOptions,
): Promise<StoredState> {
  if (bytes.length > MAX_BYTES) throw malformed("it is too large.");
  const value = parse(bytes);
  if (!isJsonObject(value)) throw malformed("it is not a JSON object.");
  const reader = createMemberReader(value, "", malformed);
  reader.text("spec", /^1$/);
  let trust = initialTrust(pinned);
  const roots = value["roots"];
  if (!Array.isArray(roots)) throw malformed("`roots` must be an array.");
  for (const item of roots) {
    const bytesOfRoot = toBytes(item);
    // An application that ships a newer anchor stands above what was stored up to it.
    if (await isUpTo(bytesOfRoot, pinned)) continue;
    const root = await verifyRoot(bytesOfRoot, { previous: trust.root });
    refuseForeignRoot(root, name);
    trust = { ...trust, roots: [...trust.roots, root], root };
  }
  const options = { root: trust.root, now: undefined, name, channel };
  const { head, confirming } = value;
  const verifiedHead = head === undefined ? undefined : await verifyHead(toBytes(head), options);
  const verifiedConfirming =
    confirming === undefined ? undefined : await verifyHead(toBytes(confirming), options);
  return {
    trust: {
      ...trust,
      head: verifiedHead,
      confirming: verifiedConfirming,
      serialFloor: reader.count("serialFloor"),
      trustedTime: Math.max(reader.time("trustedTime"), verifiedHead?.document.issued ?? 0),
      confirmedUntil: verifiedConfirming?.document.expires ?? 0,
      abandoned: reader.has("abandoned") ? reader.text("abandoned", DIGEST) : undefined,
    },
    active: reader.has("active") ? reader.text("active", DIGEST) : undefined,
    previous: reader.has("previous") ? reader.text("previous", DIGEST) : undefined,
  };
}

/** A root no newer than the pinned one; of the same version it has to be the pinned one. */
async function isUpTo(bytes: Uint8Array, pinned: VerifiedRoot): Promise<boolean> {
  const { version } = readPayload(openEnvelope(bytes, "root"), "root");
  if (typeof version !== "number" || version > pinned.document.version) return false;
  if (version < pinned.document.version) return true;
  return (await toDigest(openEnvelope(bytes, "root").payloadBytes)) === pinned.digest;
}

function malformed(problem: string): PortcullisError {
  return refuseBundle("malformed", problem, { document: "state" });
}

/** What the state is held against. */
interface ReadStateOptions {
  readonly pinned: VerifiedRoot;
  readonly name: string;
  readonly channel: string;
}

function parse(bytes: Uint8Array): Json {
  try {
    const value: Json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return value;
  } catch {
    return null;
  }
}

function toJson(envelope: Envelope): Json {
  const value: Json = JSON.parse(writeEnvelope(envelope));
  return value;
}

function toBytes(envelope: Json): Uint8Array<ArrayBuffer> {
  return toUtf8(JSON.stringify(envelope));
}
