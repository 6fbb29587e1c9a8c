import { canonicalize } from "../canonical-json.ts";
import type { Json } from "../json.ts";

/** The canonical text of a value (RFC 8785): equal values have equal texts. */
export function canonicalTextOf(value: Json): string | undefined {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  try {
    return canonicalize(value).text;
  } catch {
    return undefined;
  }
}
