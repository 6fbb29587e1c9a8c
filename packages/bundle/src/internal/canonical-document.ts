import { canonicalize } from "@portcullis/core";
import type { Json, JsonObject } from "@portcullis/core";

/** Bounds of a signed payload: the manifest of 4 096 files fits with room. */
const LIMITS = { maxLength: 16 * 1024 * 1024, maxNodes: 200_000, maxDepth: 32 } as const;

/** Writes a document as the bytes that are signed: canonical JSON (RFC 8785). */
export function toCanonicalText(document: unknown): string {
  return canonicalize(document, LIMITS).text;
}

/**
 * Reads signed bytes: UTF-8 without errors or byte order mark, one JSON object, and exactly the
 * canonical text of itself, so that no two readers can see two documents in it.
 */
export function readCanonicalObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const canonical = canonicalize(JSON.parse(text), LIMITS);
    return canonical.text === text && isJsonObject(canonical.value) ? canonical.value : undefined;
  } catch {
    return undefined;
  }
}

/** Tells whether JSON is an object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
