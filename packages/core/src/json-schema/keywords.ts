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

/** Says what a keyword's value must be, `undefined` when it is that; subschemas are not entered. */
export function checkShape(shape: KeywordShape, value: Json): string | undefined {
  switch (shape) {
    case "any":
      return undefined;
    case "schema":
      return isSchemaLike(value) ? undefined : "must be a schema: an object, true or false";
    case "schemas":
      return Array.isArray(value) && value.length > 0 && value.every((item) => isSchemaLike(item))
        ? undefined
        : "must be a non-empty array of schemas";
    case "schema-map":
    case "pattern-map":
      return isMapOf(value, isSchemaLike) ? undefined : "must be an object of schemas";
    case "text":
      return typeof value === "string" ? undefined : "must be a string";
    case "flag":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "flag-map":
      return isMapOf(value, (item) => typeof item === "boolean")
        ? undefined
        : "must be an object of true and false";
    case "count":
      return Number.isSafeInteger(value) && Number(value) >= 0
        ? undefined
        : "must be an integer, 0 or more";
    case "number":
      return typeof value === "number" ? undefined : "must be a number";
    case "positive-number":
      return typeof value === "number" && value > 0 ? undefined : "must be a number above 0";
    case "array":
    case "values":
      return Array.isArray(value) ? undefined : "must be an array";
    case "types":
      return isTypes(value) ? undefined : `must be one or more of ${TYPES.join(", ")}`;
    case "names":
      return isNames(value) ? undefined : "must be an array of different property names";
    case "names-map":
      return isMapOf(value, isNames)
        ? undefined
        : "must be an object of arrays of different property names";
    case "pattern":
      return typeof value === "string" ? undefined : "must be a regular expression in a string";
    case "uri":
    case "dialect":
      return typeof value === "string" ? undefined : "must be a URI reference in a string";
    case "anchor":
      return typeof value === "string" && /^[A-Za-z_][-A-Za-z0-9._]*$/.test(value)
        ? undefined
        : "must be a plain name";
  }
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
