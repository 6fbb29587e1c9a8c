import type { JsonObject } from "@portcullis/core";
import type { Envelope } from "./envelope.ts";
import { toBase64Url } from "./internal/base64url.ts";
import { toCanonicalText } from "./internal/canonical-document.ts";
import { toDigest, toUtf8 } from "./internal/sha256.ts";

/** A document before its first signature. */
export interface UnsignedDocument extends Envelope {
  /** Digest of its payload, which signers compare. */
  readonly digest: string;
}

/** Wraps a document: canonical payload, no signature. */
export async function toUnsigned(
  document: JsonObject,
  files?: Readonly<Record<string, string>>,
): Promise<UnsignedDocument> {
  const text = toCanonicalText(document);
  return {
    payload: toBase64Url(toUtf8(text)),
    signatures: [],
    digest: await toDigest(text),
    ...(files === undefined ? {} : { files }),
  };
}
