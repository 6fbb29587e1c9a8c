import type { Json, JsonObject } from "../json.ts";
import { resolveUri } from "./resolve-uri.ts";

/** One schema of a document: an object, `true` or `false`. */
export interface SchemaPlace {
  readonly schema: boolean | JsonObject;
  /** RFC 6901 pointer from the root of the document. */
  readonly pointer: string;
  /** The innermost resource it belongs to. */
  readonly resource: SchemaResource;
}

/** A schema with a URI of its own (JSON Schema 2020-12 Core §4.3.5). */
export interface SchemaResource {
  /** Absolute URI without a fragment; `""` when nothing gave it one. */
  readonly uri: string;
  /** Pointer of its root in the document. */
  readonly pointer: string;
  readonly document: SchemaDocument;
  /** Places by `$anchor` and `$dynamicAnchor`. */
  readonly anchors: Map<string, SchemaPlace>;
  /** Places by `$dynamicAnchor`. */
  readonly dynamicAnchors: Map<string, SchemaPlace>;
}

/** A schema document with an index of everything a reference can name. */
export interface SchemaDocument {
  /** The canonical schema. */
  readonly schema: boolean | JsonObject;
  /** Schemas by pointer. */
  readonly places: Map<string, SchemaPlace>;
  /** Resources by URI. */
  readonly resources: Map<string, SchemaResource>;
}

/** Resources that a reference may name besides those of its own document. */
export type SchemaRegistry = ReadonlyMap<string, SchemaResource>;

/**
 * Finds what a `$ref` or `$dynamicRef` names: a schema of its own document or of a registered one.
 *
 * Nothing is fetched. `undefined` when there is no schema at that place.
 */
export function resolveReference(
  from: SchemaPlace,
  reference: string,
  registry: SchemaRegistry,
): SchemaPlace | undefined {
  const { resource: uri, fragment } = resolveUri(reference, from.resource.uri);
  const resource = from.resource.document.resources.get(uri) ?? registry.get(uri);
  if (resource === undefined) return undefined;
  const name = decodeFragment(fragment);
  if (name === undefined) return undefined;
  if (name !== "" && !name.startsWith("/")) return resource.anchors.get(name);
  return resource.document.places.get(`${resource.pointer}${name}`);
}

/** Tells a schema from any other JSON value. */
export function isSchema(value: Json | undefined): value is boolean | JsonObject {
  return typeof value === "boolean" || isJsonObject(value);
}

/** Tells a JSON object from any other JSON value. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads an own member of an object. */
export function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function decodeFragment(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
