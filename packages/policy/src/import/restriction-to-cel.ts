import type { Json, JsonObject } from "@portcullis/core";
import { patternProblem } from "../cel/vet-pattern.ts";
import { quoted } from "../text/suggest.ts";
import type { Type } from "../types/type.ts";
import { allOf, anyOf, not } from "./test-text.ts";
import type { TestText } from "./test-text.ts";

/** What a restriction is translated with. */
export interface RestrictionContext {
  /** The value as CEL writes it. */
  readonly value: string;
  /** What the tool's schema says of it. */
  readonly type: Type;
  /** How many quantifiers stand around it. */
  readonly depth: number;
  /** Reports what has no counterpart, at a path below the restriction. */
  readonly refuse: (path: readonly PropertyKey[], message: string) => void;
}

/** Members of a JSON Schema that restrict nothing. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "description",
  "examples",
  // An annotation, unless a validator is told otherwise; the validator of these policies is not.
  "format",
  "readOnly",
  "title",
  "writeOnly",
]);

/** Most branches of a `oneOf`, which grows with their square. */
const MAX_ONE_OF = 8;

/**
 * CEL that is true exactly where a value fits a restriction: a JSON Schema, or the text of a regular
 * expression that the value begins with.
 *
 * It never errs on a value of the type that the tool's schema gives: what could not be told there is
 * refused, and so is a keyword without counterpart.
 */
export function restrictionToCel(restriction: Json, context: RestrictionContext): TestText {
  if (typeof restriction === "boolean") return restriction;
  if (typeof restriction === "string") return beginsWith(restriction, context);
  if (!isObject(restriction)) {
    context.refuse([], "A restriction is a JSON Schema, or a regular expression as a text.");
    return false;
  }
  return allOf(
    Object.entries(restriction)
      .filter(([keyword]) => !ANNOTATIONS.has(keyword))
      .map(([keyword, value]) => keywordToCel(keyword, value, context)),
  );
}

function keywordToCel(keyword: string, value: Json, context: RestrictionContext): TestText {
  const at = below(context, [keyword]);
  switch (keyword) {
    case "type":
      return ofType(isList(value) ? value : [value], at);
    case "enum":
      return oneOfValues(isList(value) ? value : [], at);
    case "const":
      return oneOfValues([value], at);
    case "pattern":
      return typeof value === "string"
        ? onKind("string", at, (text) => matches(text, value, at))
        : unsupported(keyword, at);
    case "minLength":
    case "maxLength":
      return onKind("string", at, (text) => compare(`size(${text})`, keyword, value));
    case "minItems":
    case "maxItems":
      return onKind("list", at, (list) => compare(`size(${list})`, keyword, value));
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return onKind("number", at, (number) => compare(number, keyword, value));
    case "items":
      return onKind("list", at, (list) => ofItems(list, value, { ...at, test: "all" }));
    case "contains":
      return onKind("list", at, (list) => ofItems(list, value, { ...at, test: "exists" }));
    case "properties":
      return onKind("object", at, (object) => ofProperties(object, value, at));
    case "required":
      return onKind("object", at, (object) => required(object, value, at));
    case "anyOf":
      return anyOf(branches(value, at));
    case "allOf":
      return allOf(branches(value, at));
    case "oneOf":
      return exactlyOne(branches(value, at), at);
    case "not":
      return not(restrictionToCel(value, at));
    default:
      return unsupported(keyword, at);
  }
}

function unsupported(keyword: string, { refuse }: RestrictionContext): false {
  refuse([], `The keyword ${quoted(keyword)} has no counterpart; write this rule by hand.`);
  return false;
}

/** The kinds of value that JSON Schema names, of one part of a type. */
function nameOf({ kind }: Type): string {
  if (kind === "int" || kind === "double") return "number";
  if (kind === "bool") return "boolean";
  if (kind === "list") return "array";
  return kind === "map" ? "object" : kind;
}

function partsOf(type: Type): readonly Type[] {
  return type.kind === "union" ? type.of : [type];
}

function untyped({ refuse }: RestrictionContext): false {
  refuse([], "The type of this argument is not known; give the tools' schemas with it.");
  return false;
}

function ofType(names: readonly Json[], context: RestrictionContext): TestText {
  const parts = partsOf(context.type);
  if (parts.some(({ kind }) => kind === "dyn")) return untyped(context);
  if (names.includes("integer") && !names.includes("number")) {
    if (parts.some(({ kind }) => kind === "double")) {
      context.refuse(
        [],
        "The tool takes any number here, and whole ones cannot be told from others; declare the argument as integer.",
      );
      return false;
    }
  }
  const wanted = new Set([...names, ...(names.includes("integer") ? ["number"] : [])]);
  const matching = parts.filter((part) => wanted.has(nameOf(part)));
  if (matching.length === parts.length) return true;
  if (matching.length === 0) return false;
  const others = parts.filter((part) => !matching.includes(part));
  if (others.every(({ kind }) => kind === "null")) return `${context.value} != null`;
  if (matching.every(({ kind }) => kind === "null")) return `${context.value} == null`;
  context.refuse([], "The tool takes several types here, which cannot be told apart.");
  return false;
}

/** A test of values of one kind; values of other kinds pass, as in JSON Schema. */
function onKind(
  kind: "string" | "number" | "list" | "object",
  context: RestrictionContext,
  test: (value: string) => TestText,
): TestText {
  const parts = partsOf(context.type);
  if (parts.some((part) => part.kind === "dyn")) return untyped(context);
  const name = kind === "list" ? "array" : kind;
  const matching = parts.filter((part) => nameOf(part) === name);
  if (matching.length === 0) return true;
  const others = parts.filter((part) => !matching.includes(part));
  if (others.some((part) => part.kind !== "null")) {
    context.refuse([], "The tool takes several types here, which cannot be told apart.");
    return false;
  }
  const tested = test(context.value);
  return others.length === 0 ? tested : anyOf([`${context.value} == null`, tested]);
}

function oneOfValues(values: readonly Json[], context: RestrictionContext): TestText {
  const { value, type, refuse } = context;
  const parts = partsOf(type);
  if (values.some((each) => typeof each === "object" && each !== null)) {
    refuse([], "Lists and objects cannot be compared here; write this rule by hand.");
    return false;
  }
  const isAny = parts.some(({ kind }) => kind === "dyn");
  const known = new Set(
    parts.flatMap((part) => (part.kind === "string" ? [...(part.names?.all ?? [])] : [])),
  );
  const possible = values.filter((each) => {
    if (isAny) return true;
    const kind = each === null ? "null" : typeof each;
    if (!parts.some((part) => nameOf(part) === kind)) return false;
    // A schema with an enum of its own has no other texts.
    return typeof each !== "string" || known.size === 0 || known.has(each);
  });
  const numbers = possible.filter((each) => typeof each === "number");
  return anyOf([
    ...(possible.includes(null) ? [`${value} == null`] : []),
    ...listed(
      value,
      possible.filter((each) => typeof each === "string"),
    ),
    ...numbers.map((each) => `${value} == ${JSON.stringify(each)}`),
    ...possible
      .filter((each) => typeof each === "boolean")
      .map((each) => `${value} == ${String(each)}`),
  ]);
}

function listed(value: string, texts: readonly string[]): readonly string[] {
  const [only] = texts;
  if (only === undefined) return [];
  return texts.length === 1
    ? [`${value} == ${JSON.stringify(only)}`]
    : [`${value} in ${JSON.stringify(texts)}`];
}

const OPERATORS: Readonly<Record<string, string>> = {
  minLength: ">=",
  maxLength: "<=",
  minItems: ">=",
  maxItems: "<=",
  minimum: ">=",
  maximum: "<=",
  exclusiveMinimum: ">",
  exclusiveMaximum: "<",
};

function compare(value: string, keyword: string, bound: Json): TestText {
  return typeof bound === "number" && Number.isFinite(bound)
    ? `${value} ${OPERATORS[keyword] ?? "=="} ${plainNumber(bound)}`
    : false;
}

/** CEL reads `1e21` and `1e-7` as doubles, as JSON writes them. */
function plainNumber(value: number): string {
  return JSON.stringify(value);
}

function beginsWith(expression: string, context: RestrictionContext): TestText {
  const { type, value } = context;
  const parts = partsOf(type);
  if (parts.some(({ kind }) => kind === "dyn")) return untyped(context);
  if (!parts.some(({ kind }) => kind === "string")) return false;
  if (parts.some(({ kind }) => kind !== "string" && kind !== "null")) {
    context.refuse([], "The tool takes several types here, which cannot be told apart.");
    return false;
  }
  const tested = matches(value, `^(?:${expression})`, context);
  return parts.length === 1 ? tested : allOf([`${value} != null`, tested]);
}

function matches(value: string, expression: string, { refuse }: RestrictionContext): TestText {
  const pattern = withLineEnds(expression);
  const problem = patternProblem(pattern);
  if (problem === undefined) return `${value}.matches(${JSON.stringify(pattern)})`;
  refuse([], problem);
  return false;
}

/** Where these policies were made, `$` also matches before a line break at the end. */
function withLineEnds(expression: string): string {
  let text = "";
  let isInClass = false;
  for (let index = 0; index < expression.length; index += 1) {
    const unit = expression.charAt(index);
    if (unit === "\\") {
      text += expression.slice(index, index + 2);
      index += 1;
      continue;
    }
    if (unit === "[") isInClass = true;
    if (unit === "]") isInClass = false;
    text += unit === "$" && !isInClass ? "\\n?$" : unit;
  }
  return text;
}

function ofItems(
  list: string,
  schema: Json,
  context: RestrictionContext & { readonly test: "all" | "exists" },
): TestText {
  if (context.depth >= 2) {
    context.refuse([], "Lists nest at most two deep in a condition; write this rule by hand.");
    return false;
  }
  const part = partsOf(context.type).find(({ kind }) => kind === "list");
  if (part?.kind !== "list") return true;
  const variable = `v${context.depth + 1}`;
  const inner = restrictionToCel(schema, {
    ...context,
    value: variable,
    type: part.of(),
    depth: context.depth + 1,
  });
  if (typeof inner === "string") return `${list}.${context.test}(${variable}, ${inner})`;
  if (context.test === "all") return inner || `size(${list}) == 0`;
  return inner && `size(${list}) > 0`;
}

function ofProperties(object: string, properties: Json, context: RestrictionContext): TestText {
  const part = partsOf(context.type).find(({ kind }) => kind === "object");
  if (!isObject(properties) || part?.kind !== "object") return untyped(context);
  return allOf(
    Object.entries(properties).map(([name, schema]) => {
      const member = part.member(name);
      const path = memberPath(object, name);
      if (member === undefined)
        return part.rest === undefined ? true : untyped(below(context, [name]));
      const inner = restrictionToCel(schema, {
        ...below(context, [name]),
        value: path,
        type: member.type,
      });
      return member.optional ? anyOf([`!has(${path})`, inner]) : inner;
    }),
  );
}

function required(object: string, names: Json, context: RestrictionContext): TestText {
  const part = partsOf(context.type).find(({ kind }) => kind === "object");
  if (!isList(names) || part?.kind !== "object") return untyped(context);
  return allOf(
    names.map((name) => {
      const member = typeof name === "string" ? part.member(name) : undefined;
      if (typeof name !== "string" || (member === undefined && part.rest === undefined))
        return false;
      return member?.optional === false ? true : `has(${memberPath(object, name)})`;
    }),
  );
}

function branches(value: Json, context: RestrictionContext): readonly TestText[] {
  if (!isList(value)) return [];
  return value.map((branch, index) => restrictionToCel(branch, below(context, [index])));
}

function exactlyOne(tests: readonly TestText[], context: RestrictionContext): TestText {
  if (tests.length > MAX_ONE_OF) {
    context.refuse([], `A \`oneOf\` has at most ${MAX_ONE_OF} branches here; write \`anyOf\`.`);
    return false;
  }
  return anyOf(
    tests.map((test, index) =>
      allOf([test, ...tests.filter((_, other) => other !== index).map(not)]),
    ),
  );
}

/** A member of a value in CEL. */
export function memberPath(holder: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? `${holder}.${name}`
    : `${holder}[${JSON.stringify(name)}]`;
}

function below(context: RestrictionContext, path: readonly PropertyKey[]): RestrictionContext {
  return { ...context, refuse: (inner, message) => context.refuse([...path, ...inner], message) };
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
