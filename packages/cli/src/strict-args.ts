import { parseArgs as tokenize, stripVTControlCharacters } from "node:util";
import { PortcullisConfigError } from "@portcullis/core";
import type { ArgDef, ArgsDef, ParsedArgs } from "citty";
import { parseArgs } from "citty";
import { suggestName } from "./suggest-name.ts";

/**
 * Parses the arguments of one verb and refuses what citty would let pass: an unknown flag, a flag
 * given twice, a value for a switch, a flag without its value, and, unless the verb takes any number
 * of them, one positional too many.
 *
 * A value that begins with a hyphen is written with an equals sign, `--prompt=-x`; a hyphen alone
 * is a value (standard input).
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID`, with the flag and never its value.
 */
export function parseStrictArgs<const T extends ArgsDef>(
  rawArgs: readonly string[],
  definition: T,
  { isVariadic = false }: { readonly isVariadic?: boolean } = {},
): ParsedArgs<T> {
  checkTokens(rawArgs, new Map(Object.entries(definition)), isVariadic);
  try {
    return parseArgs<T>([...rawArgs], definition);
  } catch (error) {
    const message = error instanceof Error ? stripVTControlCharacters(error.message) : "";
    // The text of an enumeration's error repeats the value.
    throw refusal("arguments", message.replace(/ \(.*\)\./, ".") || "The arguments are wrong.");
  }
}

function checkTokens(
  rawArgs: readonly string[],
  known: ReadonlyMap<string, ArgDef>,
  isVariadic: boolean,
): void {
  const flags = [...known].filter(([, { type }]) => type !== "positional");
  const places = known.size - flags.length;
  const options = Object.fromEntries(
    flags.map(([name, { type }]) => [
      name,
      { type: type === "boolean" ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const { tokens } = tokenize({
    args: [...rawArgs],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const seen = new Set<string>();
  let positionals = 0;
  for (const token of tokens) {
    if (token.kind === "positional") positionals += 1;
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const flag = known.get(name);
    if (flag === undefined || flag.type === "positional" || !rawName.startsWith("--")) {
      throw refusal(rawName, `Unknown flag ${rawName}.${hint(rawName, flags)}`);
    }
    if (seen.has(name)) throw refusal(rawName, `The flag ${rawName} is given twice.`);
    seen.add(name);
    checkValue(rawName, flag, { value, isInline: token.inlineValue === true });
  }
  if (positionals > places && !isVariadic)
    throw refusal("arguments", "There is one argument too many.");
}

function checkValue(
  rawName: string,
  flag: ArgDef,
  { value, isInline }: { readonly value: string | undefined; readonly isInline: boolean },
): void {
  if (flag.type === "boolean") {
    if (value !== undefined) throw refusal(rawName, `The flag ${rawName} takes no value.`);
    return;
  }
  const isFlagLike = !isInline && value !== undefined && value.startsWith("-") && value !== "-";
  if (value === undefined || isFlagLike) {
    throw refusal(rawName, `The flag ${rawName} needs a value, as in ${rawName}=value.`);
  }
}

function hint(rawName: string, flags: readonly (readonly [string, ArgDef])[]): string {
  const near = suggestName(
    rawName,
    flags.map(([name]) => `--${name}`),
  );
  return near === undefined ? "" : ` Did you mean ${near}?`;
}

function refusal(option: string, message: string): PortcullisConfigError {
  return new PortcullisConfigError(option, message);
}
