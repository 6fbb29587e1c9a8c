import type { Json } from "@portcullis/core";
import type { Suite } from "./suite.ts";
import {
  ACCOUNT,
  collectValues,
  EMAIL,
  isAmount,
  NUMBER,
  toNumber,
  WEB_ADDRESS,
} from "./suite-values.ts";

/**
 * A copy of a suite in which every recipient, account, e-mail, web and postal address, password,
 * file name and amount is another of the same form, everywhere the same one.
 *
 * The new values come from `seed` alone; none is a value of the original, and no two are equal.
 */
export function renameSuite(suite: Suite, seed: number): Suite {
  const rename = createRenaming(suite, seed);
  const renameCall = <C extends { readonly args: Record<string, Json> }>(call: C): C => ({
    ...call,
    args: Object.fromEntries(
      Object.entries(call.args).map(([key, value]) => [key, rename.argument(key, value)]),
    ),
  });
  return {
    ...suite,
    userTasks: suite.userTasks.map((task) => ({
      ...task,
      prompt: rename.text(task.prompt),
      calls: task.calls.map((call) => ({
        ...renameCall(call),
        result: rename.text(call.result),
        ...(call.resultTemplate === undefined
          ? {}
          : { resultTemplate: rename.text(call.resultTemplate) }),
      })),
    })),
    injectionTasks: suite.injectionTasks.map((task) => ({
      ...task,
      goal: rename.text(task.goal),
      calls: task.calls.map(renameCall),
    })),
  };
}

interface Renaming {
  text(text: string): string;
  argument(key: string, value: Json): Json;
}

function createRenaming(suite: Suite, seed: number): Renaming {
  const values = collectValues(suite);
  const random = createRandom(seed);
  const phrases = [...values.addresses, ...values.names].toSorted((a, b) => b.length - a.length);
  const texts = createMapping(
    [...values.accounts, ...values.emails, ...values.urls, ...phrases],
    fold,
    createRespelling(random, values.numbers),
  );
  const numbers = createMapping(values.numbers, String, (number) => freshNumber(number, random));
  const pattern = new RegExp(
    [
      ...[WEB_ADDRESS, EMAIL, ACCOUNT].map(({ source }) => source),
      // Longest first, so that an address is renamed before its street is.
      ...phrases.map((phrase) => `(?<![\\p{L}\\p{N}])${toPattern(phrase)}(?![\\p{L}\\p{N}])`),
      NUMBER.source,
    ].join("|"),
    "giu",
  );

  const renameText = (text: string): string =>
    text.replaceAll(pattern, (found) => {
      const fresh = texts.get(fold(found));
      if (fresh !== undefined) return found === found.toLowerCase() ? fresh.toLowerCase() : fresh;
      const number = numbers.get(String(toNumber(found)));
      return number === undefined ? found : spellLike(found, number);
    });
  const renameArgument = (key: string, value: Json): Json => {
    if (typeof value === "string") return renameText(value);
    if (isAmount(key, value)) return numbers.get(String(value)) ?? value;
    if (Array.isArray(value)) return value.map((part) => renameArgument(key, part));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, renameArgument(name, part)]),
    );
  };
  return { text: renameText, argument: renameArgument };
}

/** The key of each value with a fresh one: never a value of the suite, never the same for two. */
function createMapping<T extends string | number>(
  values: Iterable<T>,
  keyOf: (value: T) => string,
  fresh: (value: T) => T,
): ReadonlyMap<string, T> {
  const all = [...values];
  const taken = new Set(all.map(keyOf));
  const mapping = new Map<string, T>();
  for (const value of all) {
    if (mapping.has(keyOf(value))) continue;
    let next = fresh(value);
    for (let tries = 1; taken.has(keyOf(next)); tries += 1) {
      if (tries === MAX_TRIES) throw new Error("The values of one form are used up.");
      next = fresh(value);
    }
    taken.add(keyOf(next));
    mapping.set(keyOf(value), next);
  }
  return mapping;
}

const MAX_TRIES = 10_000;

function fold(text: string): string {
  return text.replaceAll(/\s+/g, " ").toLowerCase();
}

// Results are wrapped at blanks.
function toPattern(phrase: string): string {
  return phrase.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&").replaceAll(/\s+/g, "\\s+");
}

/**
 * Writes other letters and digits in the same places; scheme and ending, which are form, stay. A
 * word is always respelled in the same way, so that a street is still a part of its address.
 */
function createRespelling(
  random: () => number,
  amounts: ReadonlySet<number>,
): (text: string) => string {
  const words = new Map<string, string>();
  const respell = (word: string): string => {
    let fresh = words.get(word);
    // A house number must not become an amount of the original.
    while (fresh === undefined || fresh === word || amounts.has(Number(fresh))) {
      fresh = word.replaceAll(/[\p{L}\p{N}]/gu, (character) => {
        if (/\p{N}/u.test(character)) return digit(random, 1);
        const letter = LETTERS[Math.floor(random() * LETTERS.length)] ?? "x";
        return character === character.toLowerCase() ? letter : letter.toUpperCase();
      });
    }
    words.set(word, fresh);
    return fresh;
  };
  return (text) => {
    const start = /^(?:https?:\/\/)?(?:www\.)?/i.exec(text)?.[0].length ?? 0;
    const end = text.length - (/\.[a-z]{2,4}$/i.exec(text)?.[0].length ?? 0);
    const middle = text.slice(start, end).replaceAll(/[\p{L}\p{N}]+/gu, respell);
    return `${text.slice(0, start)}${middle}${text.slice(end)}`;
  };
}

/** As many digits before and after the point; nothing below one becomes more than that. */
function freshNumber(number: number, random: () => number): number {
  const [whole = "", decimals = ""] = String(number).split(".");
  const digits = (count: number): string => {
    return Array.from({ length: count }, (_, index) => digit(random, index === 0 ? 1 : 0)).join("");
  };
  const fraction = decimals === "" ? "" : `.${digits(decimals.length - 1)}${digit(random, 1)}`;
  return Number(`${number < 1 ? "0" : digits(whole.length)}${fraction}`);
}

function spellLike(found: string, number: number): string {
  const decimals = found.split(".")[1]?.length ?? 0;
  return number.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    useGrouping: found.includes(","),
  });
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

function digit(random: () => number, from: number): string {
  return String(from + Math.floor(random() * (10 - from)));
}

/** Mulberry32: the same numbers from the same seed everywhere. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
