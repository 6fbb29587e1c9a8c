import { memberPointer } from "../internal/json-pointer.ts";
import type { JsonObject } from "../json.ts";
import type { DynamicScope } from "./dynamic-scope.ts";
import { enterScope, findTargets } from "./dynamic-scope.ts";
import type { SchemaPlace, SchemaRegistry } from "./schema-document.ts";
import { isJsonObject, isSchema, ownMember } from "./schema-document.ts";

/** The properties that a schema names for one object, through everything it is composed of. */
export interface DeclaredNames {
  readonly names: Set<string>;
  /** Patterns of `patternProperties`. */
  readonly patterns: Set<string>;
  /** Whether some part says itself what holds for other properties. */
  isSaid: boolean;
}

/** Keywords whose subschemas are applied to the same value. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas"];

/** Whether a schema is composed of others that see the same value. */
export function isComposed(schema: JsonObject): boolean {
  return [...IN_PLACE, "$ref", "$dynamicRef"].some((keyword) => Object.hasOwn(schema, keyword));
}

/** Collects the properties that a schema and all it is composed of name. */
export function findDeclaredNames(
  place: SchemaPlace,
  scope: DynamicScope,
  registry: SchemaRegistry,
): DeclaredNames {
  const found: DeclaredNames = { names: new Set(), patterns: new Set(), isSaid: false };
  const seen = new Set<SchemaPlace>();
  const visit = (at: SchemaPlace, outer: DynamicScope): void => {
    if (seen.has(at) || typeof at.schema === "boolean") return;
    seen.add(at);
    const inner = enterScope(outer, at.resource);
    addOwn(found, at.schema);
    for (const child of findInPlace(at, at.schema)) visit(child, inner);
    for (const target of findTargets(at, inner, registry)) {
      if (target !== undefined) visit(target, inner);
    }
  };
  visit(place, scope);
  return found;
}

function addOwn(found: DeclaredNames, schema: JsonObject): void {
  const says = ["additionalProperties", "unevaluatedProperties"];
  if (says.some((keyword) => Object.hasOwn(schema, keyword))) found.isSaid = true;
  const properties = ownMember(schema, "properties");
  const patterns = ownMember(schema, "patternProperties");
  if (isJsonObject(properties)) Object.keys(properties).forEach((name) => found.names.add(name));
  if (isJsonObject(patterns)) Object.keys(patterns).forEach((name) => found.patterns.add(name));
}

function findInPlace(place: SchemaPlace, schema: JsonObject): SchemaPlace[] {
  const prefixes = IN_PLACE.filter((keyword) => Object.hasOwn(schema, keyword)).flatMap(
    (keyword) => {
      const value = ownMember(schema, keyword);
      const path = `${place.pointer}/${keyword}`;
      if (isSchema(value) && keyword !== "dependentSchemas") return [path];
      return childPointers(path, value);
    },
  );
  return prefixes.flatMap((pointer) => place.resource.document.places.get(pointer) ?? []);
}

function childPointers(path: string, value: unknown): string[] {
  return Object.keys(Object(value)).map((name) => memberPointer(path, name));
}
