import { isObject } from "../evaluate/frame.ts";
import { escapeSegment } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ToolEntry } from "../policy-document.ts";

const MAX_DEPTH = 16;
// With one of these the place may be described elsewhere as well.
const APPLICATORS = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "prefixItems"];

/**
 * Pointers of the arguments whose values carry no labels: those that the tool exempts, and those
 * whose schema lists every value.
 */
export function exemptPlaces({ flow, input }: ToolEntry): readonly string[] {
  const places = new Set(flow?.exempt);
  addClosed(input, "", { places, depth: 0 });
  return Object.freeze([...places]);
}

function addClosed(
  schema: Json,
  pointer: string,
  { places, depth }: { readonly places: Set<string>; readonly depth: number },
): void {
  if (!isObject(schema) || depth > MAX_DEPTH) return;
  if (Object.hasOwn(schema, "enum") || Object.hasOwn(schema, "const")) {
    places.add(pointer);
    return;
  }
  if (APPLICATORS.some((name) => Object.hasOwn(schema, name))) return;
  const below = { places, depth: depth + 1 };
  const properties = memberOf(schema, "properties");
  if (properties !== undefined && isObject(properties)) {
    for (const [name, part] of Object.entries(properties)) {
      // A member called `*` would read as any element.
      if (name !== "*") addClosed(part, `${pointer}/${escapeSegment(name)}`, below);
    }
  }
  const items = memberOf(schema, "items");
  if (items !== undefined) addClosed(items, `${pointer}/*`, below);
}

function memberOf(schema: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}
