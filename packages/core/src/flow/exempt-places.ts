import { isObject } from "../evaluate/frame.ts";
import type { Json, JsonObject } from "../json.ts";
import type { ToolEntry } from "../policy-document.ts";
import { parsePointer } from "../policy/pointer.ts";
import type { Place } from "../argument-labels.ts";

const MAX_DEPTH = 16;
// With one of these the place may be described elsewhere as well.
const APPLICATORS = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "prefixItems"];

/**
 * Places in the arguments whose values carry no labels: those that the tool exempts, and those
 * whose schema lists every value.
 */
export function exemptPlaces({ flow, input }: ToolEntry): readonly Place[] {
  const places = (flow?.exempt ?? []).map((pointer) => parsePointer(pointer) ?? []);
  addClosed(input, [], places);
  return Object.freeze(places);
}

function addClosed(schema: Json, place: Place, places: Place[]): void {
  if (!isObject(schema) || place.length > MAX_DEPTH) return;
  if (Object.hasOwn(schema, "enum") || Object.hasOwn(schema, "const")) {
    places.push(place);
    return;
  }
  if (APPLICATORS.some((name) => Object.hasOwn(schema, name))) return;
  const properties = memberOf(schema, "properties");
  if (properties !== undefined && isObject(properties)) {
    for (const [name, part] of Object.entries(properties)) {
      // A member called `*` would read as any element.
      if (name !== "*") addClosed(part, [...place, name], places);
    }
  }
  const items = memberOf(schema, "items");
  if (items !== undefined) addClosed(items, [...place, "*"], places);
}

function memberOf(schema: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}
