import { memberPointer } from "../internal/json-pointer.ts";
import type { Json } from "../json.ts";
import { holdsOnlyScalars } from "./keyword-checks.ts";
import type { Link, TypeboxSchema, Way } from "./link.ts";
import { countedIfForeign, LinkError, spend, withoutNotes } from "./link.ts";
import type { SchemaPlace } from "./schema-document.ts";
import { isJsonObject } from "./schema-document.ts";

/** What one keyword adds to a linked schema. */
export interface LinkedKeyword {
  /** The keyword's own value in typebox's form. */
  readonly value?: unknown;
  /** Schemas to apply to the same value. */
  readonly inPlace?: readonly TypeboxSchema[];
}

const KEPT: ReadonlySet<string> = new Set([
  "type",
  "maximum",
  "exclusiveMaximum",
  "minimum",
  "exclusiveMinimum",
  "maxItems",
  "minItems",
  "maxProperties",
  "minProperties",
  "required",
  "dependentRequired",
]);

/** The way to schemas that are applied to the same value as the one they stand in. */
export function inPlaceWay(way: Way): Way {
  return { ...way, mode: way.mode === "open" ? "open" : "branch" };
}

/** Links one keyword of a schema; `{}` for what has no effect or is checked by a check of ours. */
export function linkKeyword(
  link: Link,
  place: SchemaPlace,
  keyword: string,
  member: { readonly value: Json; readonly way: Way },
): LinkedKeyword {
  const { value, way } = member;
  if (KEPT.has(keyword)) return { value };
  const path = memberPointer(place.pointer, keyword);
  const open: Way = { ...way, mode: "open" };
  const inner: Way = {
    ...way,
    mode: way.mode === "open" ? "open" : "closed",
    steps: way.steps + 1,
  };
  const one = (to: Way): TypeboxSchema => linkAt(link, place, path, to);
  const each = (to: Way): TypeboxSchema => linkEach(link, place, path, to);
  const list = (to: Way): TypeboxSchema[] =>
    toArray(value).map((_, index) => linkAt(link, place, memberPointer(path, index), to));
  switch (keyword) {
    case "const":
    case "enum": {
      const options = keyword === "const" ? [value] : toArray(value);
      spend(link, place, options.length);
      return holdsOnlyScalars(options) ? { value } : {};
    }
    case "minContains":
    case "maxContains":
      return hasBeside(place, "contains") ? { value } : {};
    case "properties":
      return { value: linkMap(link, place, keyword, { way: inner, value, each: false }) };
    case "patternProperties":
      return { value: linkMap(link, place, keyword, { way: inner, value, each: true }) };
    case "prefixItems":
      return { value: list(inner) };
    case "items":
    case "additionalProperties":
      return { value: each(inner) };
    case "contains":
      return { value: withoutNotes(link, each({ ...inner, mode: "open" })) };
    case "propertyNames":
      return { value: each({ ...inner, mode: "open", inNames: true }) };
    case "unevaluatedItems":
    case "unevaluatedProperties":
      if (link.options.interpreted) {
        throw new LinkError(
          path,
          "needs generated code, which foreign schemas and this platform do not get; say it with additionalProperties or items",
        );
      }
      return { value: withoutNotes(link, each(inner)) };
    case "not":
      return { value: one(open) };
    case "allOf":
      return { inPlace: list(inPlaceWay(way)) };
    case "anyOf":
      return { value: list(inPlaceWay(way)) };
    case "oneOf":
      // Closing a branch could leave one match where there were two, so the closed ones come beside.
      return way.mode === "open"
        ? { value: list(open) }
        : { value: list(open), inPlace: [{ anyOf: list(inPlaceWay(way)) }] };
    case "dependentSchemas":
      return { value: linkMap(link, place, keyword, { way: inPlaceWay(way), value, each: false }) };
    case "if":
      // What a failed `if` has noted of the properties it saw must not count.
      return { value: link.options.interpreted ? one(open) : { allOf: [one(open)] } };
    case "then":
    case "else":
      return { value: one(inPlaceWay(way)) };
    default:
      return {};
  }
}

function linkAt(link: Link, place: SchemaPlace, pointer: string, way: Way): TypeboxSchema {
  const child = place.resource.document.places.get(pointer);
  if (child === undefined) throw new LinkError(pointer, "is not a schema");
  return link.linkPlace(child, way);
}

// For schemas that are applied to many parts of one value.
function linkEach(link: Link, place: SchemaPlace, pointer: string, way: Way): TypeboxSchema {
  const before = link.cost;
  const schema = linkAt(link, place, pointer, way);
  return countedIfForeign(link, schema, link.cost - before);
}

function linkMap(
  link: Link,
  place: SchemaPlace,
  keyword: string,
  member: { readonly way: Way; readonly value: Json; readonly each: boolean },
): Record<string, TypeboxSchema> {
  const path = memberPointer(place.pointer, keyword);
  const linkChild = member.each ? linkEach : linkAt;
  return Object.fromEntries(
    Object.keys(Object(member.value)).map((name) => [
      name,
      linkChild(link, place, memberPointer(path, name), member.way),
    ]),
  );
}

function hasBeside({ schema }: SchemaPlace, keyword: string): boolean {
  return isJsonObject(schema) && Object.hasOwn(schema, keyword);
}

function toArray(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
