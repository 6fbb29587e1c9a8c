import type { JsonObject } from "@portcullis/core";
import { readBundleDocument } from "./bundle-document.ts";
import type { BundleDocument } from "./bundle-document.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import type { HeadDocument } from "./head-document.ts";
import { readHeadDocument } from "./head-document.ts";
import { openEnvelope, ENVELOPE_BYTES } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import { readCanonicalObject } from "./internal/canonical-document.ts";
import { readBundleFiles } from "./internal/read-bundle-files.ts";
import { toDigest } from "./internal/sha256.ts";
import type { RootDocument } from "./root-document.ts";
import { readRootDocument } from "./root-document.ts";
import { keyIdOf } from "./sign-document.ts";
import { DOCUMENT_TYPES } from "./verify-signatures.ts";

/** What a document says of itself; no signature was verified. */
export type InspectedDocument = {
  readonly digest: string;
  readonly envelope: Envelope;
  /** The signed payload as JSON. */
  readonly payload: JsonObject;
  /** Thumbprints that its signatures name. */
  readonly signers: readonly string[];
} & (
  | { readonly kind: "root"; readonly document: RootDocument }
  | { readonly kind: "head"; readonly document: HeadDocument }
  | {
      readonly kind: "bundle";
      readonly document: BundleDocument;
      readonly files: ReadonlyMap<string, string>;
    }
);

/**
 * Reads a document for people who are about to sign or compare it: its form and the digests of its
 * files are checked, its signatures are not.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` or `ERR_BUNDLE_SIGNATURE` when no client would take it.
 *
 * @example
 * ```ts
 * import { inspectDocument } from "@portcullis/bundle";
 *
 * declare const bytes: Uint8Array;
 * const { kind, digest } = await inspectDocument(bytes);
 * ```
 */
export async function inspectDocument(bytes: Uint8Array): Promise<InspectedDocument> {
  // The largest of the three; the own size of the others is checked below.
  const opened = openEnvelope(bytes, "bundle");
  const payload = readCanonicalObject(opened.payloadBytes);
  if (payload === undefined) {
    throw refuseBundle("malformed", "The payload is not canonical JSON.");
  }
  const { payloadBytes, ...envelope } = opened;
  const signers = envelope.signatures.map((entry) => keyIdOf(entry) ?? "?");
  const base = { digest: await toDigest(payloadBytes), envelope, payload, signers };
  const type = payload["_type"];
  if (type === DOCUMENT_TYPES.bundle) {
    const document = readBundleDocument(payload);
    const files = await readBundleFiles(document, envelope.files ?? {});
    return { ...base, kind: "bundle", document, files };
  }
  if (type === DOCUMENT_TYPES.root) {
    refuseLarge(bytes, "root");
    return { ...base, kind: "root", document: await readRootDocument(payload) };
  }
  if (type === DOCUMENT_TYPES.head) {
    refuseLarge(bytes, "head");
    return { ...base, kind: "head", document: readHeadDocument(payload) };
  }
  throw refuseBundle("wrong-type", "The document is no root, head or bundle.");
}

function refuseLarge(bytes: Uint8Array, document: "root" | "head"): void {
  if (bytes.length <= ENVELOPE_BYTES[document]) return;
  throw refuseBundle("too-large", "it is too large.", { document });
}
