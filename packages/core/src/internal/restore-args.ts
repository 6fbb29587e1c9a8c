import type { Json } from "../json.ts";
import { parsePointer } from "../policy/pointer.ts";
import { Refusal } from "../refusal.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import type { SessionVault } from "./placeholder-vault.ts";

/** Arguments for the run alone. */
export interface RestoredArgs {
  readonly args: CanonicalArgs;
  /** What was put in, with the placeholder that stood there; nobody but the tool may see it. */
  readonly values: ReadonlyMap<string, string>;
}

const PLACEHOLDER = /\[REDACTED:[^\]]{1,200}\]/g;
const MARK = "[REDACTED:";

/**
 * Puts back what placeholders stand for, in the arguments that the policy names and nowhere else.
 *
 * @throws {Refusal} `obligation-failed` for a placeholder that the session does not know: the tool
 * must not take it for the value.
 */
export function restoreArgs(
  args: CanonicalArgs,
  pointers: readonly string[],
  vault: SessionVault,
): RestoredArgs {
  const values = new Map<string, string>();
  const restore = (text: string): string => {
    if (text.replaceAll(PLACEHOLDER, "").includes(MARK)) throw new Refusal("obligation-failed");
    return text.replaceAll(PLACEHOLDER, (placeholder) => {
      const value = vault.valueOf(placeholder);
      if (value === undefined) throw new Refusal("obligation-failed");
      values.set(value, placeholder);
      return value;
    });
  };
  let result: CanonicalArgs = args;
  for (const pointer of pointers) {
    result = restoreAt(result, parsePointer(pointer) ?? [], restore);
  }
  return { args: result, values };
}

function restoreAt<T extends Json>(
  value: T,
  segments: readonly string[],
  restore: (text: string) => string,
): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- same shape with other texts
  return replaceAt(value, segments, restore) as T;
}

function replaceAt(
  value: Json,
  segments: readonly string[],
  restore: (text: string) => string,
): Json {
  const [segment, ...rest] = segments;
  if (segment === undefined) return typeof value === "string" ? restore(value) : value;
  if (typeof value !== "object" || value === null) return value;
  const isNamed = (name: string): boolean => segment === "*" || name === segment;
  if (isList(value)) {
    return Object.freeze(
      value.map((item, index) => (isNamed(String(index)) ? replaceAt(item, rest, restore) : item)),
    );
  }
  return Object.freeze(
    Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        name === segment ? replaceAt(member, rest, restore) : member,
      ]),
    ),
  );
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
