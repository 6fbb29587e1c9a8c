import { isList, isObject } from "../evaluate/frame.ts";
import type { Json, JsonObject } from "../json.ts";
import type { StaticType } from "../rule-ast.ts";

/** What a tool's schema says about the value at a path below the arguments. */
export type SchemaPlace =
  /** The schema allows nothing there. */
  | { readonly kind: "absent" }
  /** Nothing certain. */
  | { readonly kind: "unknown" }
  | { readonly kind: "typed"; readonly types: readonly string[] };

const ABSENT: SchemaPlace = { kind: "absent" };
const UNKNOWN: SchemaPlace = { kind: "unknown" };
// With one of these a member may come from elsewhere in the schema.
const APPLICATORS = [
  "$ref",
  "$dynamicRef",
  "allOf",
  "anyOf",
  "oneOf",
  "if",
  "dependentSchemas",
  "patternProperties",
  "unevaluatedProperties",
  "prefixItems",
];

/** Looks up a path in a tool's schema, whose top level is closed unless it says otherwise. */
export function findInSchema(input: Json, path: readonly (string | number)[]): SchemaPlace {
  let schema = input;
  for (const [depth, step] of path.entries()) {
    if (!isObject(schema) || isComposed(schema)) return UNKNOWN;
    const types = typesOf(schema);
    const container = typeof step === "number" ? "array" : "object";
    if (types !== undefined && !types.includes(container)) return ABSENT;
    const next = typeof step === "number" ? member(schema, "items") : property(schema, step);
    if (next === undefined) {
      return depth === 0 && member(schema, "additionalProperties") === undefined ? ABSENT : UNKNOWN;
    }
    if (next === false) return ABSENT;
    schema = next;
  }
  if (!isObject(schema)) return UNKNOWN;
  const types = typesOf(schema);
  return types === undefined ? UNKNOWN : { kind: "typed", types };
}

/** Tells whether a value of one of these JSON Schema types can be of the claimed static type. */
export function canBe(types: readonly string[], claimed: StaticType): boolean {
  if (claimed === "dyn") return true;
  const wanted = typeof claimed === "string" ? WANTED[claimed] : "list" in claimed ? ARRAY : OBJECT;
  return wanted?.some((type) => types.includes(type)) ?? false;
}

const ARRAY = ["array"];
const OBJECT = ["object"];
const WANTED: Readonly<Record<string, readonly string[]>> = {
  bool: ["boolean"],
  int: ["integer"],
  double: ["number", "integer"],
  string: ["string"],
  null: ["null"],
};

function isComposed(schema: JsonObject): boolean {
  return APPLICATORS.some((name) => Object.hasOwn(schema, name));
}

function property(schema: JsonObject, name: string): Json | undefined {
  const properties = member(schema, "properties");
  const found =
    properties !== undefined && isObject(properties) ? member(properties, name) : undefined;
  return found ?? member(schema, "additionalProperties");
}

function member(schema: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

function typesOf(schema: JsonObject): readonly string[] | undefined {
  const type = member(schema, "type");
  if (typeof type === "string") return [type];
  if (!isList(type)) return undefined;
  return type.filter((name) => typeof name === "string");
}
