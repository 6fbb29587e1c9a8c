import type { Json } from "../json.ts";

/** What a keyword's value must be; the first group holds schemas. */
export type KeywordShape =
  | "schema"
  | "schemas"
  | "schema-map"
  | "pattern-map"
  | "any"
  | "text"
  | "flag"
  | "count"
  | "number"
  | "positive-number"
  | "array"
  | "values"
  | "types"
  | "names"
  | "names-map"
  | "pattern"
  | "uri"
  | "anchor"
  | "flag-map"
  | "dialect";

/** Every keyword of JSON Schema 2020-12 and the shape of its value. */
export const KEYWORDS: ReadonlyMap<string, KeywordShape> = new Map<string, KeywordShape>([
  ["$schema", "dialect"],
  ["$id", "uri"],
  ["$ref", "uri"],
  ["$dynamicRef", "uri"],
  ["$anchor", "anchor"],
  ["$dynamicAnchor", "anchor"],
  ["$comment", "text"],
  ["$vocabulary", "flag-map"],
  ["$defs", "schema-map"],
  ["definitions", "schema-map"],
  ["allOf", "schemas"],
  ["anyOf", "schemas"],
  ["oneOf", "schemas"],
  ["not", "schema"],
  ["if", "schema"],
  ["then", "schema"],
  ["else", "schema"],
  ["dependentSchemas", "schema-map"],
  ["prefixItems", "schemas"],
  ["items", "schema"],
  ["contains", "schema"],
  ["properties", "schema-map"],
  ["patternProperties", "pattern-map"],
  ["additionalProperties", "schema"],
  ["propertyNames", "schema"],
  ["unevaluatedItems", "schema"],
  ["unevaluatedProperties", "schema"],
  ["type", "types"],
  ["enum", "values"],
  ["const", "any"],
  ["multipleOf", "positive-number"],
  ["maximum", "number"],
  ["exclusiveMaximum", "number"],
  ["minimum", "number"],
  ["exclusiveMinimum", "number"],
  ["maxLength", "count"],
  ["minLength", "count"],
  ["pattern", "pattern"],
  ["maxItems", "count"],
  ["minItems", "count"],
  ["uniqueItems", "flag"],
  ["maxContains", "count"],
  ["minContains", "count"],
  ["maxProperties", "count"],
  ["minProperties", "count"],
  ["required", "names"],
  ["dependentRequired", "names-map"],
  ["format", "text"],
  ["contentEncoding", "text"],
  ["contentMediaType", "text"],
  ["contentSchema", "schema"],
  ["title", "text"],
  ["description", "text"],
  ["default", "any"],
  ["deprecated", "flag"],
  ["readOnly", "flag"],
  ["writeOnly", "flag"],
  ["examples", "array"],
]);

/** Keywords that draft-07 does not know, or knows with another meaning. */
export const NOT_IN_DRAFT_07: ReadonlySet<string> = new Set([
  "$anchor",
  "$dynamicRef",
  "$dynamicAnchor",
  "$vocabulary",
  "dependentSchemas",
  "dependentRequired",
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
  "maxContains",
  "minContains",
]);

/** What to write instead of a keyword that 2020-12 does not have. */
export const REPLACED_KEYWORDS: ReadonlyMap<string, string> = new Map([
  ["additionalItems", "write the tuple as `prefixItems` and the rest as `items`"],
  ["dependencies", "write `dependentRequired` or `dependentSchemas`"],
  ["id", "write `$id`"],
  ["$recursiveRef", "write `$dynamicRef`"],
  ["$recursiveAnchor", "write `$dynamicAnchor`"],
  ["nullable", 'write `"type": [<type>, "null"]`'],
  ["example", "write `examples` with an array"],
]);

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

interface Shape {
  readonly is: (value: Json) => boolean;
  readonly must: string;
}

const SCHEMA_MAP: Shape = {
  is: (value) => isMapOf(value, isSchemaLike),
  must: "must be an object of schemas",
};
const TEXT: Shape = { is: (value) => typeof value === "string", must: "must be a string" };
const ARRAY: Shape = { is: (value) => Array.isArray(value), must: "must be an array" };
const URI: Shape = { ...TEXT, must: "must be a URI reference in a string" };

const SHAPES: Readonly<Record<KeywordShape, Shape>> = {
  any: { is: () => true, must: "" },
  schema: { is: isSchemaLike, must: "must be a schema: an object, true or false" },
  schemas: { is: isSchemaList, must: "must be a non-empty array of schemas" },
  "schema-map": SCHEMA_MAP,
  "pattern-map": SCHEMA_MAP,
  text: TEXT,
  flag: { is: isBoolean, must: "must be true or false" },
  "flag-map": {
    is: (value) => isMapOf(value, isBoolean),
    must: "must be an object of true and false",
  },
  count: {
    is: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
    must: "must be an integer, 0 or more",
  },
  number: { is: (value) => typeof value === "number", must: "must be a number" },
  "positive-number": {
    is: (value) => typeof value === "number" && value > 0,
    must: "must be a number above 0",
  },
  array: ARRAY,
  values: ARRAY,
  types: { is: isTypes, must: `must be one or more of ${TYPES.join(", ")}` },
  names: { is: isNames, must: "must be an array of different property names" },
  "names-map": {
    is: (value) => isMapOf(value, isNames),
    must: "must be an object of arrays of different property names",
  },
  pattern: { ...TEXT, must: "must be a regular expression in a string" },
  uri: URI,
  dialect: URI,
  anchor: {
    is: (value) => typeof value === "string" && /^[A-Za-z_][-A-Za-z0-9._]*$/.test(value),
    must: "must be a plain name",
  },
};

/** Says what a keyword's value must be, `undefined` when it is that; subschemas are not entered. */
export function checkShape(shape: KeywordShape, value: Json): string | undefined {
  const { is, must } = SHAPES[shape];
  return is(value) ? undefined : must;
}

function isBoolean(value: Json): boolean {
  return typeof value === "boolean";
}

function isSchemaList(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isSchemaLike(item));
}

function isSchemaLike(value: Json): boolean {
  return typeof value === "boolean" || isPlainObject(value);
}

function isTypes(value: Json): boolean {
  if (!Array.isArray(value)) return typeof value === "string" && TYPES.includes(value);
  const known = value.every((item) => typeof item === "string" && TYPES.includes(item));
  return known && value.length > 0 && new Set(value).size === value.length;
}

function isNames(value: Json): boolean {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) return false;
  return new Set(value).size === value.length;
}

function isMapOf(value: Json, isItem: (item: Json) => boolean): boolean {
  return isPlainObject(value) && Object.values(value).every((item) => isItem(item));
}

function isPlainObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
