import { canonicalize } from "../canonical-json.ts";
import type { Issue } from "../errors.ts";
import { PortcullisError } from "../errors.ts";
import { memberPointer } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { PatternMatcher } from "../ports/pattern-matcher.ts";
import type { KeywordShape } from "./keywords.ts";
import { checkShape, KEYWORDS, NOT_IN_DRAFT_07, REPLACED_KEYWORDS } from "./keywords.ts";
import { resolveUri } from "./resolve-uri.ts";
import type {
  SchemaDocument,
  SchemaPlace,
  SchemaRegistry,
  SchemaResource,
} from "./schema-document.ts";
import { isJsonObject, isSchema, ownMember, resolveReference } from "./schema-document.ts";
import { classifyPattern } from "./vet-pattern.ts";

/** What a schema is checked against besides the rules. */
export interface LintOptions {
  /** Takes the patterns that are not of the native class; without it they are refused. */
  readonly matcher?: PatternMatcher;
  /** Schemas that `$ref` may name by URI. */
  readonly registry?: SchemaRegistry;
  /**
   * URI that the document is registered under. Its references are then looked up only when a
   * schema reaches them, because registered schemas may name each other.
   */
  readonly uri?: string;
}

/** A schema that was checked, or what is wrong with it. */
export type LintResult =
  | {
      readonly ok: true;
      readonly document: SchemaDocument;
      readonly root: SchemaPlace;
      /** RFC 8785 text of the schema. */
      readonly text: string;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

interface Lint {
  readonly options: LintOptions;
  readonly document: SchemaDocument;
  readonly isDraft07: boolean;
  readonly issues: Issue[];
}

const DRAFT_2020_12 = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const BESIDE_DRAFT_07_REF = [
  "$ref",
  "$schema",
  "$comment",
  "$defs",
  "definitions",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
];
/** Every reference is resolved against its base, so a long one costs as often as it is used. */
const MAX_URI = 2048;
/** Every schema is known by its pointer, so a long name costs as often as schemas lie below it. */
const MAX_POINTER = 4096;
const SCHEMA_LIMITS = { maxLength: 262_144, maxDepth: 64, maxNodes: 10_000 };

/**
 * Checks a schema strictly, because the validator behind it does not: what it does not know it
 * ignores, and so accepts.
 *
 * Allowed are the keywords of JSON Schema 2020-12 with a value of the right shape, annotations
 * named `x-…`, and references inside the document or to a registered schema. At most 256 KiB, 64
 * levels, 10 000 values, 2 048 characters of an `$id`, 4 096 of a pointer to a schema. `$schema` is absent, 2020-12, or draft-07 when nothing is used whose
 * meaning differs. Every pattern must be of the native class or be taken by the matcher; patterns
 * that name properties must be native.
 */
export function lintSchema(schema: unknown, options: LintOptions = {}): LintResult {
  const copied = copySchema(schema);
  if (!("value" in copied)) return { ok: false, issues: [copied] };
  const { value, text } = copied;
  if (!isSchema(value)) {
    return { ok: false, issues: [{ path: "", message: "A schema is an object, true or false." }] };
  }
  const document: SchemaDocument = { schema: value, places: new Map(), resources: new Map() };
  const dialect = isJsonObject(value) ? ownMember(value, "$schema") : undefined;
  const isDraft07 = typeof dialect === "string" && DRAFT_07.test(dialect);
  const lint: Lint = { options, document, isDraft07, issues: [] };
  const outer = createResource(document, options.uri ?? "", "");
  const root = readSchema(lint, { schema: value, pointer: "", resource: outer });
  if (options.uri === undefined) {
    for (const place of document.places.values()) checkReferences(lint, place);
  }
  if (lint.issues.length > 0) return { ok: false, issues: lint.issues };
  return { ok: true, document, root, text };
}

function copySchema(schema: unknown): { readonly value: Json; readonly text: string } | Issue {
  try {
    return canonicalize(schema, SCHEMA_LIMITS);
  } catch (cause) {
    const [issue] = (PortcullisError.isInstance(cause) && cause.fields.issues) || [];
    return {
      path: issue?.path ?? "",
      message: `The schema ${issue?.message ?? "cannot be read"}; write plain JSON of at most 256 KiB, 64 levels and 10 000 values.`,
    };
  }
}

function createResource(document: SchemaDocument, uri: string, pointer: string): SchemaResource {
  const resource: SchemaResource = {
    uri,
    pointer,
    document,
    anchors: new Map(),
    dynamicAnchors: new Map(),
  };
  document.resources.set(uri, resource);
  return resource;
}

function readSchema(lint: Lint, found: SchemaPlace): SchemaPlace {
  const { schema, pointer } = found;
  if (pointer.length > MAX_POINTER) {
    report(lint, pointer, "has too long names on the way to it");
    return found;
  }
  if (typeof schema === "boolean") {
    lint.document.places.set(pointer, found);
    return found;
  }
  const place = { ...found, resource: enterResource(lint, found, schema) };
  lint.document.places.set(pointer, place);
  addAnchors(lint, place, schema);
  if (lint.isDraft07) checkDraft07(lint, pointer, schema);
  for (const [name, value] of Object.entries(schema)) {
    const shape = KEYWORDS.get(name);
    if (shape === undefined) checkUnknown(lint, pointer, name);
    else readKeyword(lint, place, { name, shape, value });
  }
  return place;
}

function enterResource(lint: Lint, found: SchemaPlace, schema: JsonObject): SchemaResource {
  const id = ownMember(schema, "$id");
  const dialect = ownMember(schema, "$schema");
  const isRoot = found.pointer === "";
  if (dialect !== undefined) checkDialect(lint, found, dialect, isRoot || id !== undefined);
  if (typeof id !== "string") return found.resource;
  const { resource: uri, fragment } = resolveUri(id, found.resource.uri);
  if (uri.length > MAX_URI) {
    report(lint, `${found.pointer}/$id`, `is longer than ${MAX_URI} characters when resolved`);
    return found.resource;
  }
  if (fragment !== "")
    report(lint, `${found.pointer}/$id`, "must have no fragment; write `$anchor`");
  const other = lint.document.resources.get(uri);
  if (other !== undefined && other.pointer !== found.pointer) {
    report(lint, `${found.pointer}/$id`, "is the id of another schema too");
  }
  return createResource(lint.document, uri, found.pointer);
}

function checkDialect(lint: Lint, { pointer }: SchemaPlace, dialect: Json, isRoot: boolean): void {
  const path = `${pointer}/$schema`;
  const text = typeof dialect === "string" ? dialect : "";
  if (!DRAFT_2020_12.test(text) && !DRAFT_07.test(text)) {
    report(lint, path, "names another dialect; write JSON Schema 2020-12 or leave it out");
  } else if (!isRoot) {
    report(lint, path, "stands only at the root of a schema with an `$id`; leave it out");
  } else if (DRAFT_07.test(text) !== lint.isDraft07) {
    report(lint, path, "differs from the document's; write one dialect");
  }
}

function addAnchors(lint: Lint, place: SchemaPlace, schema: JsonObject): void {
  for (const keyword of ["$anchor", "$dynamicAnchor"]) {
    const name = ownMember(schema, keyword);
    if (typeof name !== "string") continue;
    const { anchors, dynamicAnchors } = place.resource;
    const other = anchors.get(name);
    if (other !== undefined && other !== place) {
      report(lint, `${place.pointer}/${keyword}`, "is the anchor of another schema too");
    }
    anchors.set(name, place);
    if (keyword === "$dynamicAnchor") dynamicAnchors.set(name, place);
  }
}

function checkDraft07(lint: Lint, pointer: string, schema: JsonObject): void {
  const names = Object.keys(schema);
  for (const name of names.filter((keyword) => NOT_IN_DRAFT_07.has(keyword))) {
    report(lint, `${pointer}/${name}`, "is not a keyword of draft-07; declare 2020-12");
  }
  if (!names.includes("$ref")) return;
  for (const name of names.filter((keyword) => !BESIDE_DRAFT_07_REF.includes(keyword))) {
    report(
      lint,
      memberPointer(pointer, name),
      "is ignored beside `$ref` in draft-07; declare 2020-12",
    );
  }
}

function checkUnknown(lint: Lint, pointer: string, name: string): void {
  if (name.startsWith("x-")) return;
  const advice = REPLACED_KEYWORDS.get(name) ?? "leave it out or name it `x-…`";
  report(lint, memberPointer(pointer, name), `is not a keyword of JSON Schema 2020-12; ${advice}`);
}

function readKeyword(
  lint: Lint,
  place: SchemaPlace,
  {
    name,
    shape,
    value,
  }: { readonly name: string; readonly shape: KeywordShape; readonly value: Json },
): void {
  const path = `${place.pointer}/${name}`;
  const problem = checkShape(shape, value);
  if (problem !== undefined) {
    const advice =
      name === "items" && Array.isArray(value) ? "; write a tuple as `prefixItems`" : "";
    report(lint, path, `${problem}${advice}`);
    return;
  }
  if (shape === "schema" && isSchema(value)) readChild(lint, place, path, value);
  if (shape === "schemas" || shape === "schema-map" || shape === "pattern-map") {
    const children: readonly [string, Json][] = Object.entries(Object(value));
    for (const [key, child] of children) {
      if (shape === "pattern-map")
        checkPattern(lint, memberPointer(path, key), key, "property names");
      if (isSchema(child)) readChild(lint, place, memberPointer(path, key), child);
    }
  }
  if (shape === "pattern" && typeof value === "string") checkPattern(lint, path, value, "values");
}

function readChild(
  lint: Lint,
  { resource }: SchemaPlace,
  pointer: string,
  schema: boolean | JsonObject,
): void {
  readSchema(lint, { schema, pointer, resource });
}

function checkPattern(
  lint: Lint,
  path: string,
  source: string,
  subject: "values" | "property names",
): void {
  const verdict = classifyPattern(source);
  if (verdict.kind === "native") return;
  if (verdict.kind === "refused") {
    report(lint, path, `${verdict.reason}; write a pattern without it`);
  } else if (subject === "property names") {
    report(lint, path, `${verdict.reason}; start it with ^ and repeat without bound at most once`);
  } else if (!isTaken(lint.options.matcher, source)) {
    report(
      lint,
      path,
      `${verdict.reason} and no pattern matcher takes it; start it with ^ and repeat without bound at most once`,
    );
  }
}

function isTaken(matcher: PatternMatcher | undefined, source: string): boolean {
  try {
    return matcher?.compile(source, "ecma") !== undefined;
  } catch {
    return false;
  }
}

function checkReferences(lint: Lint, place: SchemaPlace): void {
  if (typeof place.schema === "boolean") return;
  const registry: SchemaRegistry = lint.options.registry ?? new Map<string, SchemaResource>();
  for (const keyword of ["$ref", "$dynamicRef"]) {
    const reference = ownMember(place.schema, keyword);
    if (typeof reference !== "string") continue;
    if (resolveReference(place, reference, registry) !== undefined) continue;
    report(
      lint,
      `${place.pointer}/${keyword}`,
      "names no schema of this document and no registered one; nothing is fetched",
    );
  }
}

function report(lint: Lint, path: string, message: string): void {
  lint.issues.push({ path, message: `This ${message}.` });
}
