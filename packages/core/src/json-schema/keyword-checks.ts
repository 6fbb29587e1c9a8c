import { Format } from "typebox/format";
import { canonicalize } from "../canonical-json.ts";
import type { Json, JsonObject } from "../json.ts";
import type { CompiledPattern } from "../ports/pattern-matcher.ts";
import { isJsonObject, ownMember } from "./schema-document.ts";
import { MAX_PATTERN_TEXT } from "./vet-pattern.ts";

/** A check of one keyword, in the form of typebox's `~refine`. */
export interface KeywordCheck {
  /** True for a value that the keyword does not concern. */
  check(value: Json): boolean;
  /** The keyword, for the issue. */
  error(): string;
}

/** Takes note of work done; throws when the validation has done too much. */
export type CountWork = (units: number) => void;

/** The formats of JSON Schema 2020-12; others are annotations without effect. */
const FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date-time", Format.IsDateTime],
  ["date", Format.IsDate],
  ["time", Format.IsTime],
  ["duration", Format.IsDuration],
  ["email", Format.IsEmail],
  ["idn-email", Format.IsIdnEmail],
  ["hostname", Format.IsHostname],
  ["idn-hostname", Format.IsIdnHostname],
  ["ipv4", Format.IsIPv4],
  ["ipv6", Format.IsIPv6],
  ["uri", Format.IsUri],
  ["uri-reference", Format.IsUriReference],
  ["iri", Format.IsIri],
  ["iri-reference", Format.IsIriReference],
  ["uuid", Format.IsUuid],
  ["uri-template", Format.IsUriTemplate],
  ["json-pointer", Format.IsJsonPointer],
  ["relative-json-pointer", Format.IsRelativeJsonPointer],
  ["regex", Format.IsRegex],
]);

/**
 * Makes the checks of those keywords of a schema that typebox gets wrong or that need a bound.
 *
 * typebox 1.4.3 accepts `[]` for `{ "const": { "length": 0 } }` and the reverse, doubles
 * `minLength` in 32 bits, takes `multipleOf` with a tolerance and compares `uniqueItems` by a hash
 * that mixes up `[[1], 2]` and `[[1, 2]]`.
 */
export function createKeywordChecks(
  schema: JsonObject,
  compilePattern: (source: string) => CompiledPattern & { readonly unitsPerCharacter: number },
  count: CountWork,
): KeywordCheck[] {
  const checks: KeywordCheck[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    const check = createCheck(keyword, value, compilePattern, count);
    if (check !== undefined) checks.push({ check, error: () => keyword });
  }
  return checks;
}

/** Whether a `const` or `enum` can be left to typebox: it holds no object and no array. */
export function holdsOnlyScalars(values: readonly Json[]): boolean {
  return values.every((value) => typeof value !== "object" || value === null);
}

function createCheck(
  keyword: string,
  value: Json,
  compilePattern: (source: string) => CompiledPattern & { readonly unitsPerCharacter: number },
  count: CountWork,
): KeywordCheck["check"] | undefined {
  if (keyword === "pattern" && typeof value === "string") {
    const pattern = compilePattern(value);
    return (text) => {
      if (typeof text !== "string") return true;
      if (text.length > MAX_PATTERN_TEXT) return false;
      count(text.length * pattern.unitsPerCharacter);
      return pattern.test(text);
    };
  }
  const isFormat = keyword === "format" && typeof value === "string";
  const isOfFormat = isFormat ? FORMATS.get(value) : undefined;
  if (isOfFormat !== undefined) {
    return (text) => {
      if (typeof text !== "string") return true;
      count(text.length / 10);
      return text.length <= MAX_PATTERN_TEXT && isOfFormat(text);
    };
  }
  if (keyword === "minLength" && typeof value === "number") {
    return (text) => typeof text !== "string" || hasLength(text, value, Infinity, count);
  }
  if (keyword === "maxLength" && typeof value === "number") {
    return (text) => typeof text !== "string" || hasLength(text, 0, value, count);
  }
  if (keyword === "multipleOf" && typeof value === "number") {
    return (number) => typeof number !== "number" || isMultiple(number, value);
  }
  if (keyword === "uniqueItems" && value === true) {
    return (items) => !Array.isArray(items) || areUnique(items, count);
  }
  const options = keyword === "const" ? [value] : keyword === "enum" ? value : undefined;
  if (!isArray(options) || holdsOnlyScalars(options)) return undefined;
  return (candidate) => options.some((option) => isEqual(candidate, option));
}

// Counts code points, as JSON Schema does; most lengths are settled without.
function hasLength(text: string, min: number, max: number, count: CountWork): boolean {
  if (text.length < min) return false;
  if (text.length <= max && min === 0) return true;
  if (text.length >= min * 2 && max === Infinity) return true;
  if (text.length > max * 2) return false;
  count(text.length / 10);
  const length = countCodePoints(text);
  return length >= min && length <= max;
}

function countCodePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isPair = unit >= 0xd800 && unit <= 0xdbff && (text.codePointAt(at) ?? 0) > 0xffff;
    if (isPair) at += 1;
    count += 1;
  }
  return count;
}

function isMultiple(number: number, divisor: number): boolean {
  if (Number.isSafeInteger(number) && Number.isSafeInteger(divisor)) return number % divisor === 0;
  const a = toDecimal(number);
  const b = toDecimal(divisor);
  const exponent = Math.min(a.exponent, b.exponent);
  return scale(a, exponent) % scale(b, exponent) === 0n;
}

// JSON numbers are decimal: 0.3 is three tenths, not the nearest binary fraction.
function toDecimal(number: number): { readonly digits: bigint; readonly exponent: number } {
  const [mantissa = "", exponent = "0"] = number.toExponential().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function scale(
  { digits, exponent }: { readonly digits: bigint; readonly exponent: number },
  to: number,
): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

function areUnique(items: readonly Json[], count: CountWork): boolean {
  const texts = new Set<string>();
  for (const item of items) {
    const { text } = canonicalize(item);
    count(1 + text.length / 10);
    if (texts.has(text)) return false;
    texts.add(text);
  }
  return true;
}

function isEqual(a: Json, b: Json): boolean {
  if (isArray(a)) {
    return (
      isArray(b) && a.length === b.length && a.every((item, at) => isEqual(item, b[at] ?? null))
    );
  }
  if (!isJsonObject(a)) return a === b;
  if (!isJsonObject(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = ownMember(b, name);
    return other !== undefined && isEqual(a[name] ?? null, other);
  });
}

function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
