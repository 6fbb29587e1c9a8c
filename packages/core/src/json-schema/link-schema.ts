import { findDeclaredNames, isComposed } from "./declared-names.ts";
import { enterScope, findTargets } from "./dynamic-scope.ts";
import type { KeywordCheck } from "./keyword-checks.ts";
import { createKeywordChecks } from "./keyword-checks.ts";
import { inPlaceWay, linkKeyword } from "./link-keyword.ts";
import type { Entry, Link, LinkOptions, Mode, TypeboxSchema, VettedPattern, Way } from "./link.ts";
import { countOf, LinkError, spend } from "./link.ts";
import type { JsonObject } from "../json.ts";
import type { SchemaPlace } from "./schema-document.ts";
import { isJsonObject, ownMember } from "./schema-document.ts";

/** A schema with what its references name. */
interface SchemaInContext {
  readonly schema: TypeboxSchema;
  /** Targets of references by name. */
  readonly context: Readonly<Record<string, TypeboxSchema>>;
}

/** A schema that typebox can run without resolving anything but names of `context`. */
export interface LinkedSchema extends SchemaInContext {
  /**
   * The same to generate code from: faster, without the names of unknown properties. Absent where
   * the schema is interpreted.
   */
  readonly generated?: SchemaInContext;
  /** Whether it asks for a property that every ordinary object inherits, as `toString`. */
  readonly namesInherited: boolean;
}

type Draft = Record<string, unknown>;

const LOOP_COST = 10;
const OTHER_TYPES = ["object", "string", "number", "boolean", "null"];

/**
 * Rewrites a linted schema for typebox so that nothing is left to resolve or to get wrong.
 *
 * Every reference is resolved here; its target is copied once for each dynamic scope it is met in,
 * so ids, anchors, pointers and `$dynamicRef` are gone. Keywords that typebox 1.4.3 decides wrongly
 * become checks of our own, and work is counted wherever a part can run more than once for a value.
 *
 * `closed` adds constraints only where a smaller set of valid parts makes a smaller set of valid
 * values: below `properties`, `items`, `allOf`, `anyOf`, `then`, `else`, `dependentSchemas` and
 * references; never below `not`, `if`, `contains` or `propertyNames`. A `oneOf` keeps its branches
 * and gets an `anyOf` of the closed ones beside it. A composed schema is closed as a whole: with
 * generated code each property must belong to a part that matched, interpreted it must be named by
 * some part.
 *
 * @throws {LinkError} for a loop that applies a schema to the same value for ever, for too many
 * combinations, and for `unevaluated…` where it would be interpreted.
 */
export function linkSchema(root: SchemaPlace, options: LinkOptions): LinkedSchema {
  const linked = linkRoot(root, options, false);
  return options.interpreted ? linked : { ...linked, generated: linkRoot(root, options, true) };
}

function linkRoot(root: SchemaPlace, options: LinkOptions, looksUpNames: boolean): LinkedSchema {
  const context: Record<string, TypeboxSchema> = {};
  const link: Link = {
    options,
    context,
    entries: new Map(),
    ids: new Map(),
    linkPlace: (place, way) => linkPlace(link, place, way),
    looksUpNames,
    cost: 0,
    namesInherited: false,
  };
  const mode: Mode = options.closed ? "top" : "open";
  const start = { scope: new Map<string, SchemaPlace>(), mode, steps: 0, inNames: false };
  const { name } = linkEntry(link, root, start);
  const isOpenTop = options.closed && root.schema === true;
  const schema = isOpenTop ? { additionalProperties: false } : context[name];
  return { schema: schema ?? false, context, namesInherited: link.namesInherited };
}

function linkPlace(link: Link, place: SchemaPlace, outer: Way): TypeboxSchema {
  spend(link, place, 1);
  const { schema } = place;
  if (typeof schema === "boolean") return schema;
  const way = { ...outer, scope: enterScope(outer.scope, place.resource) };
  const draft: Draft = {};
  const inPlace: TypeboxSchema[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const linked = linkKeyword(link, place, keyword, { value, way });
    if (linked.value !== undefined) draft[keyword] = linked.value;
    inPlace.push(...(linked.inPlace ?? []));
  }
  for (const target of findTargets(place, way.scope, link.options.registry)) {
    inPlace.push(...linkReference(link, place, target, inPlaceWay(way)));
  }
  const checks = createChecks(link, place, schema, way);
  close(link, place, { way, draft, checks });
  if (link.looksUpNames) lookUpNames(draft, checks);
  if (inPlace.length > 0) draft["allOf"] = inPlace;
  if (checks.length > 0) draft["~refine"] = checks;
  noteInherited(link, schema);
  return countNames(link, schema, exceptArrays(link, draft));
}

function linkReference(
  link: Link,
  place: SchemaPlace,
  target: SchemaPlace | undefined,
  way: Way,
): TypeboxSchema[] {
  if (target === undefined) {
    throw new LinkError(place.pointer, "refers to a schema that is not registered");
  }
  const entry = linkEntry(link, target, way);
  const reference = { $ref: entry.name };
  if (entry.cost !== undefined) spend(link, place, entry.cost);
  const isLoop = entry.cost === undefined;
  if (!isLoop && !link.options.foreign) return [reference];
  return [countOf(link, () => LOOP_COST + (entry.cost ?? 0)), reference];
}

// A target of references. The first of its kind is linked, later ones only name it.
function linkEntry(link: Link, place: SchemaPlace, way: Way): Entry {
  const anchors = [...way.scope].map(([name, anchor]) => `${name} ${idOf(link, anchor)}`);
  const key = JSON.stringify([idOf(link, place), way.mode, way.inNames, ...anchors.toSorted()]);
  const known = link.entries.get(key);
  if (known !== undefined) {
    if (known.cost === undefined && known.steps === way.steps) {
      throw new LinkError(place.pointer, "applies itself to the same value for ever");
    }
    return known;
  }
  const name = `portcullis:${link.entries.size}`;
  const entry: Entry = { name, steps: way.steps, cost: undefined };
  link.entries.set(key, entry);
  const before = link.cost;
  link.cost = 0;
  link.context[name] = linkPlace(link, place, way);
  entry.cost = link.cost;
  link.cost = before;
  return entry;
}

function idOf(link: Link, place: SchemaPlace): number {
  const id = link.ids.get(place) ?? link.ids.size;
  link.ids.set(place, id);
  return id;
}

function createChecks(
  link: Link,
  { pointer }: SchemaPlace,
  schema: JsonObject,
  { inNames }: Way,
): KeywordCheck[] {
  const compile = (source: string): VettedPattern => {
    const pattern = link.options.compilePattern(source);
    if (!pattern.isNative && inNames) {
      throw new LinkError(pointer, "checks property names with a pattern that is not native");
    }
    return pattern;
  };
  return createKeywordChecks(schema, compile, link.options.count);
}

function close(
  link: Link,
  place: SchemaPlace,
  target: { readonly way: Way; readonly draft: Draft; readonly checks: KeywordCheck[] },
): void {
  const { way, draft, checks } = target;
  if (!isJsonObject(place.schema) || (way.mode !== "top" && way.mode !== "closed")) return;
  const declared = findDeclaredNames(place, way.scope, link.options.registry);
  const declaresNone = declared.names.size === 0 && declared.patterns.size === 0;
  if (declared.isSaid || (way.mode === "closed" && declaresNone)) return;
  if (!isComposed(place.schema)) draft["additionalProperties"] = false;
  else if (!link.options.interpreted) draft["unevaluatedProperties"] = false;
  else {
    const patterns = [...declared.patterns].map((source) => link.options.compilePattern(source));
    const isDeclared = (name: string): boolean =>
      declared.names.has(name) || patterns.some((pattern) => pattern.test(name));
    checks.push({
      check: (value) => !isJsonObject(value) || Object.keys(value).every(isDeclared),
      error: () => "additionalProperties",
    });
  }
}

// typebox tries a regular expression of all known names on each name.
function lookUpNames(draft: Draft, checks: KeywordCheck[]): void {
  if (draft["additionalProperties"] !== false || draft["patternProperties"] !== undefined) return;
  const known: ReadonlySet<string> = new Set(Object.keys(Object(draft["properties"])));
  delete draft["additionalProperties"];
  checks.push({
    check: (value) => !isJsonObject(value) || Object.keys(value).every((name) => known.has(name)),
    error: () => "additionalProperties",
  });
}

// typebox asks `name in value`, which finds what every object inherits.
function noteInherited(link: Link, schema: JsonObject): void {
  const lists = [
    ownMember(schema, "required"),
    ...Object.values(members(schema, "dependentRequired")),
  ];
  const keyed = ["properties", "dependentRequired", "dependentSchemas"];
  const names = [
    ...lists.flatMap((list) => (Array.isArray(list) ? list : [])),
    ...keyed.flatMap((keyword) => Object.keys(members(schema, keyword))),
  ];
  if (names.some((name) => String(name) in Object.prototype)) link.namesInherited = true;
}

function members(schema: JsonObject, keyword: string): JsonObject {
  const value = ownMember(schema, keyword);
  return isJsonObject(value) ? value : {};
}

// typebox applies `unevaluatedProperties` to arrays too, where it must have no effect.
function exceptArrays(link: Link, draft: Draft): Draft {
  const { unevaluatedProperties, ...rest } = draft;
  const types = draft["type"];
  if (unevaluatedProperties === undefined) return draft;
  if (types !== undefined && ![types].flat().includes("array")) return draft;
  const name = `portcullis:except-arrays-${Object.keys(link.context).length}`;
  link.context[name] = rest;
  return {
    anyOf: [
      { type: "array", $ref: name },
      { type: OTHER_TYPES, $ref: name, unevaluatedProperties },
    ],
  };
}

// Matching every name of an object against every name and pattern of a foreign schema adds up.
function countNames(link: Link, schema: JsonObject, draft: Draft): Draft {
  const patterns = Object.keys(members(schema, "patternProperties"));
  const fixed = Object.hasOwn(schema, "additionalProperties") ? members(schema, "properties") : {};
  const unitsPerName = Object.keys(fixed).length / 16;
  if (!link.options.foreign || (patterns.length === 0 && unitsPerName <= 4)) return draft;
  const unitsPerCharacter = patterns
    .map((source) => link.options.compilePattern(source).unitsPerCharacter)
    .reduce((sum, units) => sum + units, 0);
  const cost = (value: unknown): number =>
    Object.keys(Object(typeof value === "object" ? value : {}))
      .map((name) => unitsPerName + patterns.length + name.length * unitsPerCharacter)
      .reduce((sum, units) => sum + units, 0);
  return { allOf: [countOf(link, cost), draft] };
}
