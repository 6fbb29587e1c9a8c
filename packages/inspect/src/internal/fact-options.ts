import type { Json, JsonObject } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";

/** Refuses options that a fact type does not have: a misspelt one must not be without effect. */
export function refuseUnknownOptions(
  type: string,
  options: JsonObject,
  known: readonly string[],
): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const all = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
    throw new PortcullisConfigError(name, `\`${name}\` is not an option of \`${type}\`; ${all}.`);
  }
}

/** A list of texts without repetition, or `undefined` where the option is absent. */
export function textListOption(options: JsonObject, name: string): readonly string[] | undefined {
  const value = optionOf(options, name);
  if (value === undefined) return undefined;
  const texts = isList(value) ? value.filter((text) => typeof text === "string") : [];
  if (!isList(value) || texts.length !== value.length || new Set(texts).size !== texts.length) {
    throw new PortcullisConfigError(name, `\`${name}\` must be a list of different texts.`);
  }
  return texts;
}

/** A text, or `undefined` where the option is absent. */
export function textOption(options: JsonObject, name: string): string | undefined {
  const value = optionOf(options, name);
  if (value === undefined || typeof value === "string") return value;
  throw new PortcullisConfigError(name, `\`${name}\` must be a text.`);
}

/** A flag, or the given default where the option is absent. */
export function flagOption(options: JsonObject, name: string, otherwise: boolean): boolean {
  const value = optionOf(options, name) ?? otherwise;
  if (typeof value === "boolean") return value;
  throw new PortcullisConfigError(name, `\`${name}\` must be true or false.`);
}

/** A whole number from 1 to `max`, or `undefined` where the option is absent. */
export function countOption(options: JsonObject, name: string, max: number): number | undefined {
  const value = optionOf(options, name);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) {
    return value;
  }
  throw new PortcullisConfigError(name, `\`${name}\` must be a whole number from 1 to ${max}.`);
}

function optionOf(options: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
