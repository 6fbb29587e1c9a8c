import { canonicalize } from "./canonical-json.ts";
import type { Json } from "./json.ts";

// A list of a ceiling is frozen, and looked at once for each call.
const known: WeakMap<readonly Json[], ReadonlySet<string>> = new WeakMap();

/** The canonical texts of a list's values: two values are equal exactly if their texts are. */
export function canonicalKeys(values: readonly Json[]): ReadonlySet<string> {
  const found = known.get(values);
  if (found !== undefined) return found;
  const keys = new Set(values.map(canonicalKey));
  if (Object.isFrozen(values)) known.set(values, keys);
  return keys;
}

/** The canonical text of one value (RFC 8785). */
export function canonicalKey(value: Json): string {
  if (typeof value === "object" && value !== null) return canonicalize(value).text;
  return JSON.stringify(value);
}
