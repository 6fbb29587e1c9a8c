import type { Json, JsonObject } from "@portcullis/core";
import type { DocumentKind } from "./bundle-refusal.ts";
import { refuseBundle } from "./bundle-refusal.ts";
import { readBase64Url } from "./internal/base64url.ts";
import { isJsonObject } from "./internal/canonical-document.ts";

/** One signature of an envelope, not believed yet. */
export interface EnvelopeSignature {
  /** base64url of the canonical protected header. */
  readonly protected: string;
  /** base64url of the signature. */
  readonly signature: string;
}

/** A document with its signatures: JWS General JSON Serialization (RFC 7515 §7.2.1). */
export interface Envelope {
  /** base64url of the canonical document. */
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
  /** Texts of a bundle by path; signed by digest only. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An envelope whose payload was decoded; nothing of it is believed. */
export interface OpenedEnvelope extends Envelope {
  readonly payloadBytes: Uint8Array<ArrayBuffer>;
}

/** Largest envelopes in bytes. */
export const ENVELOPE_BYTES: Readonly<Record<Exclude<DocumentKind, "state">, number>> =
  Object.freeze({ root: 256 * 1024, head: 64 * 1024, bundle: 16 * 1024 * 1024 });

const MAX_SIGNATURES = 32;

/**
 * Reads an envelope: its size, its shape and strict base64url, before any signature is looked at.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `too-large` or `malformed`.
 */
export function openEnvelope(
  bytes: Uint8Array,
  document: Exclude<DocumentKind, "state">,
): OpenedEnvelope {
  if (bytes.length > ENVELOPE_BYTES[document]) {
    const message = `it is larger than ${ENVELOPE_BYTES[document]} bytes.`;
    throw refuseBundle("too-large", message, { document });
  }
  const value = readObject(bytes);
  const malformed = (message: string): Error => refuseBundle("malformed", message, { document });
  if (value === undefined) throw malformed("it is not a JSON object in UTF-8.");
  const { payload, signatures, files, ...others } = value;
  if (Object.keys(others).length > 0 || (files !== undefined && document !== "bundle")) {
    throw malformed("its envelope has a member that is not known.");
  }
  const decoded = typeof payload === "string" ? readBase64Url(payload) : undefined;
  if (typeof payload !== "string" || decoded === undefined) {
    throw malformed("`payload` must be strict base64url.");
  }
  if (!Array.isArray(signatures) || signatures.length > MAX_SIGNATURES) {
    throw malformed(`\`signatures\` must be an array of at most ${MAX_SIGNATURES}.`);
  }
  const read = signatures.map(readSignature);
  if (!read.every((signature) => signature !== undefined)) {
    throw malformed("each signature is strict base64url in `protected` and `signature` alone.");
  }
  const envelope = { payload, payloadBytes: new Uint8Array(decoded), signatures: read };
  if (files === undefined) return envelope;
  if (!isTexts(files)) throw malformed("`files` must hold texts.");
  return { ...envelope, files };
}

/** An envelope as bytes; a bundle's `files` are part of it. */
export function writeEnvelope({ payload, signatures, files }: Envelope): string {
  return JSON.stringify({ payload, signatures, ...(files === undefined ? {} : { files }) });
}

function readObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readSignature(value: Json): EnvelopeSignature | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 2) return undefined;
  const { protected: header, signature } = value;
  if (typeof header !== "string" || typeof signature !== "string") return undefined;
  if (readBase64Url(header) === undefined || readBase64Url(signature) === undefined) {
    return undefined;
  }
  return { protected: header, signature };
}

function isTexts(value: Json): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string");
}
