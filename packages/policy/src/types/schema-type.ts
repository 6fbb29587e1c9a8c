import type { Json, JsonObject } from "@portcullis/core";
import { BOOL, DOUBLE, DYN, INT, NULL, STRING, listOf, unionOf } from "./type.ts";
import type { Member, ObjectType, Type } from "./type.ts";

/**
 * The type that a JSON Schema (2020-12) gives a value, as far as conditions need it.
 *
 * `integer` is int, `number` and untyped numbers are double. As core validates it, an object that
 * says nothing of other properties is closed, but for one inside that names none at all. `$ref` is
 * followed within the document; what cannot be told is `dyn`.
 */
export function typeOfSchema(schema: Json, what: string): Type {
  return read(schema, { root: schema, what, hops: 0, isTop: true });
}

interface Reading {
  readonly root: Json;
  readonly what: string;
  /** References followed without reaching a value. */
  readonly hops: number;
  /** Whether it is the value itself, not something in it. */
  readonly isTop: boolean;
}

const MAX_HOPS = 32;

function read(schema: Json, reading: Reading): Type {
  if (!isObject(schema) || reading.hops > MAX_HOPS) return DYN;
  const reference = own(schema, "$ref");
  if (typeof reference === "string") {
    const target = resolve(reference, reading.root);
    return target === undefined ? DYN : read(target, { ...reading, hops: reading.hops + 1 });
  }
  const constant = own(schema, "const");
  const declared = own(schema, "type");
  if (constant !== undefined) return typeOfValues([constant], declared);
  const choices = own(schema, "enum");
  if (Array.isArray(choices)) return typeOfValues(choices, declared);

  if (typeof declared === "string") return typed(declared, schema, reading);
  if (Array.isArray(declared)) {
    return unionOf(
      declared.map((type) => (typeof type === "string" ? typed(type, schema, reading) : DYN)),
    );
  }
  if (own(schema, "properties") !== undefined) return typed("object", schema, reading);
  for (const keyword of ["anyOf", "oneOf"]) {
    const branches = own(schema, keyword);
    if (Array.isArray(branches)) {
      return unionOf(branches.map((branch) => read(branch, deeper(reading))));
    }
  }
  const parts = own(schema, "allOf");
  if (Array.isArray(parts)) {
    const types = parts.map((part) => read(part, deeper(reading)));
    return types.some((type) => type.kind === "object")
      ? typed("object", schema, reading)
      : (types.find((type) => type.kind !== "dyn") ?? DYN);
  }
  return DYN;
}

function deeper(reading: Reading): Reading {
  return { ...reading, hops: reading.hops + 1 };
}

function inside(reading: Reading): Reading {
  return { ...reading, hops: 0, isTop: false };
}

function typed(type: string, schema: JsonObject, reading: Reading): Type {
  if (type === "string") return STRING;
  if (type === "integer") return INT;
  if (type === "number") return DOUBLE;
  if (type === "boolean") return BOOL;
  if (type === "null") return NULL;
  if (type === "array") {
    const prefix = own(schema, "prefixItems");
    const items = own(schema, "items");
    if (prefix !== undefined) return listOf(DYN);
    const element: Json = items ?? true;
    return { kind: "list", of: () => read(element, inside(reading)) };
  }
  return type === "object" ? objectType(schema, reading) : DYN;
}

function objectType(schema: JsonObject, reading: Reading): ObjectType | Type {
  const parts = collectParts(schema, reading);
  const names = [...new Set(parts.flatMap((part) => Object.keys(objectOf(part, "properties"))))];
  const required = new Set(parts.slice(0, 1).flatMap(requiredOf));
  const rest = restType(parts, names.length === 0 && !reading.isTop, reading);
  if (names.length === 0 && rest !== undefined) return { kind: "map", of: () => rest };

  const memberReading = inside(reading);
  function member(name: string): Member | undefined {
    const schemas = parts.flatMap((part) => {
      const found = own(objectOf(part, "properties"), name);
      return found === undefined ? [] : [found];
    });
    if (schemas.length === 0) return undefined;
    return {
      type: unionOf(schemas.map((found) => read(found, memberReading))),
      optional: !required.has(name),
    };
  }
  return {
    kind: "object",
    what: reading.what,
    names,
    member,
    ...(rest === undefined ? {} : { rest }),
  };
}

/** The type of properties that are not named; `undefined` where there are none. */
function restType(
  parts: readonly JsonObject[],
  isOpen: boolean,
  reading: Reading,
): Type | undefined {
  const [schema] = parts;
  if (parts.some((part) => Object.keys(objectOf(part, "patternProperties")).length > 0)) return DYN;
  const additional = schema === undefined ? undefined : own(schema, "additionalProperties");
  if (additional === false) return undefined;
  if (isObject(additional)) return read(additional, inside(reading));
  if (additional === true) return DYN;
  const said = parts.flatMap((part) =>
    ["additionalProperties", "unevaluatedProperties"].flatMap(
      (keyword) => own(part, keyword) ?? [],
    ),
  );
  if (said.length > 0) return said.every((value) => value === false) ? undefined : DYN;
  return isOpen ? DYN : undefined;
}

/** The schema and the branches of its combinators that may add properties to the same object. */
function collectParts(schema: JsonObject, reading: Reading): readonly JsonObject[] {
  const parts: JsonObject[] = [];
  const open: { readonly part: Json; readonly hops: number }[] = [{ part: schema, hops: 0 }];
  for (let entry = open.shift(); entry !== undefined; entry = open.shift()) {
    const { part, hops } = entry;
    if (!isObject(part) || hops > MAX_HOPS || parts.length > 64 || parts.includes(part)) continue;
    parts.push(part);
    for (const keyword of ["allOf", "anyOf", "oneOf"]) {
      const branches = own(part, keyword);
      if (!Array.isArray(branches)) continue;
      for (const branch of branches) open.push({ part: branch, hops: hops + 1 });
    }
    const named = [
      ...["if", "then", "else"].flatMap((keyword) => own(part, keyword) ?? []),
      ...Object.values(objectOf(part, "dependentSchemas")),
    ];
    for (const branch of named) open.push({ part: branch, hops: hops + 1 });
    const reference = own(part, "$ref");
    const target = typeof reference === "string" ? resolve(reference, reading.root) : undefined;
    if (target !== undefined) open.push({ part: target, hops: hops + 1 });
  }
  return parts;
}

function requiredOf(part: JsonObject): readonly string[] {
  const required = own(part, "required");
  return Array.isArray(required) ? required.filter((entry) => typeof entry === "string") : [];
}

function typeOfValues(values: readonly Json[], declared: Json | undefined): Type {
  const whole = declared === "integer" || (Array.isArray(declared) && declared.includes("integer"));
  const texts = values.filter((value) => typeof value === "string");
  return unionOf(
    values.map((value): Type => {
      if (value === null) return NULL;
      if (typeof value === "boolean") return BOOL;
      if (typeof value === "number") return whole && Number.isInteger(value) ? INT : DOUBLE;
      if (typeof value === "string") {
        const names = { what: "value of its enum", all: new Set(texts), always: false };
        return { kind: "string", names };
      }
      return DYN;
    }),
  );
}

/** Follows a reference within the document: `#` and an RFC 6901 pointer. */
function resolve(reference: string, root: Json): Json | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let current: Json | undefined = root;
  for (const segment of reference.slice(2).split("/")) {
    const name = decode(segment);
    if (name === undefined) return undefined;
    if (Array.isArray(current)) current = elementAt(current, name);
    else current = isObject(current) ? own(current, name) : undefined;
  }
  return current;
}

function elementAt(list: readonly Json[], name: string): Json | undefined {
  return /^(?:0|[1-9]\d*)$/.test(name) ? list[Number(name)] : undefined;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined;
  }
}

function objectOf(schema: JsonObject, keyword: string): JsonObject {
  const value = own(schema, keyword);
  return isObject(value) ? value : {};
}

function own(schema: JsonObject, keyword: string): Json | undefined {
  return Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
