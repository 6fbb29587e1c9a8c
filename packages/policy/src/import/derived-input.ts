import type { Json, JsonObject } from "@portcullis/core";

/**
 * A schema of a tool's arguments, as far as the restrictions of all its rules say: the types of the
 * arguments that they name. None is required and others are free.
 */
export function derivedInput(rules: readonly Readonly<Record<string, Json>>[]): JsonObject {
  const types = new Map<string, Set<string> | undefined>();
  for (const [name, restriction] of rules.flatMap((rule) => Object.entries(rule))) {
    const found = typesOf(restriction);
    const known = types.get(name);
    if (found === undefined || (types.has(name) && known === undefined)) types.set(name, undefined);
    else types.set(name, new Set([...(known ?? []), ...found]));
  }
  return {
    type: "object",
    properties: Object.fromEntries([...types].map(([name, found]) => [name, schemaOf(found)])),
    additionalProperties: true,
  };
}

function schemaOf(types: ReadonlySet<string> | undefined): JsonObject {
  if (types === undefined) return {};
  const names = [...types].toSorted();
  const [only = ""] = names;
  return { type: names.length === 1 ? only : names };
}

/** The types of values that fit; `undefined` where any may. */
function typesOf(restriction: Json): ReadonlySet<string> | undefined {
  if (typeof restriction === "string") return new Set(["string"]);
  if (!isObject(restriction)) return undefined;
  const declared = own(restriction, "type");
  if (typeof declared === "string") return new Set([declared]);
  if (isList(declared)) return new Set(declared.filter((each) => typeof each === "string"));
  const constant = own(restriction, "const");
  const values = constant === undefined ? own(restriction, "enum") : [constant];
  if (isList(values)) return new Set(values.map(typeOfValue));
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = own(restriction, keyword);
    if (!isList(branches)) continue;
    const each = branches.map(typesOf);
    return each.includes(undefined) ? undefined : new Set(each.flatMap((set) => [...(set ?? [])]));
  }
  const all = own(restriction, "allOf");
  return isList(all) ? all.map(typesOf).find((found) => found !== undefined) : undefined;
}

function typeOfValue(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function own(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
