import type { JsonObject } from "@portcullis/core";

/** Tells whether a value that was read as JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
