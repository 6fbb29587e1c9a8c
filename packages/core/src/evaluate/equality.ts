import type { Json, JsonObject } from "../json.ts";
import type { Meter } from "./frame.ts";
import { isObject, spend } from "./frame.ts";

/**
 * Deep equality of CEL: numbers by value, lists and maps by their elements, different types are
 * unequal. Out of work the answer is `undefined`.
 */
export function equal(a: Json, b: Json, meter: Meter): boolean | undefined {
  if (typeof a === "string" && typeof b === "string") {
    if (a.length !== b.length) return false;
    return spend(meter, a.length) ? undefined : a === b;
  }
  if (a === b) return true;
  if (Array.isArray(a)) return isList(b) ? equalLists(a, b, meter) : false;
  if (!isObject(a) || !isObject(b)) return false;
  return equalMaps(a, b, meter);
}

function equalLists(a: readonly Json[], b: readonly Json[], meter: Meter): boolean | undefined {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) {
    if (spend(meter, 1)) return undefined;
    const left = a[index];
    const right = b[index];
    if (left === undefined || right === undefined) return undefined;
    const same = equal(left, right, meter);
    if (same !== true) return same;
  }
  return true;
}

function equalMaps(a: JsonObject, b: JsonObject, meter: Meter): boolean | undefined {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  for (const name of names) {
    if (spend(meter, 1)) return undefined;
    if (!Object.hasOwn(b, name)) return false;
    const left = a[name];
    const right = b[name];
    if (left === undefined || right === undefined) return undefined;
    const same = equal(left, right, meter);
    if (same !== true) return same;
  }
  return true;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
