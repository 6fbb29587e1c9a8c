import { refuseHiddenCharacters } from "./hidden-characters.ts";
import type { IssueList } from "./issue-list.ts";
import type { Located, LocatedEntry } from "./located.ts";
import { FILE_LIMITS } from "./file-limits.ts";
import type { SourceText } from "./source-text.ts";
import { quoted } from "../text/suggest.ts";

/**
 * Reads JSON (RFC 8259) into values that know their places.
 *
 * Stricter than `JSON.parse`: a member that occurs twice, `__proto__`, numbers that are not exact,
 * lone surrogates and whatever is over the limits of a file are refused.
 */
export function readJson(source: SourceText, issues: IssueList): Located | undefined {
  if (source.text.length > FILE_LIMITS.length) {
    issues.add(
      { source, start: 0, end: 0 },
      [],
      `The file is longer than ${FILE_LIMITS.length} characters.`,
    );
    return undefined;
  }
  const before = issues.count();
  refuseHiddenCharacters(source, issues);
  if (issues.count() > before) return undefined;
  const reader = createReader(source);
  try {
    return reader.document();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    issues.add({ source, start: error.offset, end: error.offset + 1 }, [], error.message);
    return undefined;
  }
}

class Refusal extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// oxlint-disable-next-line eslint/no-control-regex -- RFC 8259 §7: control characters must be escaped
const STRING = /"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;

function createReader(source: SourceText): { document(): Located } {
  const { text } = source;
  let offset = text.startsWith("\uFEFF") ? 1 : 0;
  let values = 0;

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) offset += found.length;
    return found;
  }

  function skip(): string | undefined {
    take(SPACE);
    return text[offset];
  }

  function refuse(message: string): never {
    throw new Refusal(offset, message);
  }

  function expect(character: string): void {
    if (skip() !== character) refuse(`Not JSON: \`${character}\` is expected here.`);
    offset += 1;
  }

  function readString(): { readonly value: string; readonly start: number; readonly end: number } {
    const start = offset;
    const found = take(STRING);
    if (found === undefined) return refuse("Not JSON: a text in double quotes is expected here.");
    const value: unknown = JSON.parse(found);
    if (typeof value !== "string" || /\p{Cs}/u.test(value)) {
      throw new Refusal(
        start,
        "The text holds half of a surrogate pair; write the whole character.",
      );
    }
    return { value, start, end: offset };
  }

  function readValue(depth: number): Located {
    values += 1;
    if (values > FILE_LIMITS.values)
      refuse(`The file holds more than ${FILE_LIMITS.values} values.`);
    if (depth > FILE_LIMITS.depth) {
      refuse(`Values are nested more than ${FILE_LIMITS.depth} deep here.`);
    }
    const first = skip();
    const start = offset;
    if (first === "{") return readObject(start, depth);
    if (first === "[") return readList(start, depth);
    if (first === '"') return { kind: "scalar", source, ...readString(), style: "double" };
    for (const [word, value] of WORDS) {
      if (!text.startsWith(word, offset)) continue;
      offset += word.length;
      return { kind: "scalar", source, start, end: offset, value, style: "plain" };
    }
    const digits = take(NUMBER);
    if (digits === undefined) return refuse("Not JSON: a value is expected here.");
    const value = Number(digits);
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw new Refusal(start, "This number is too large to be exact (2^53−1).");
    }
    return { kind: "scalar", source, start, end: offset, value, style: "plain" };
  }

  function readList(start: number, depth: number): Located {
    const items: Located[] = [];
    offset += 1;
    if (skip() !== "]") {
      items.push(readValue(depth + 1));
      while (skip() === ",") {
        offset += 1;
        items.push(readValue(depth + 1));
      }
    }
    expect("]");
    return { kind: "list", source, start, end: offset, items };
  }

  function readObject(start: number, depth: number): Located {
    const entries = new Map<string, LocatedEntry>();
    offset += 1;
    for (let first = true; first ? skip() !== "}" : skip() === ","; first = false) {
      if (!first) offset += 1;
      skip();
      const key = readString();
      if (entries.has(key.value)) {
        throw new Refusal(key.start, `The key ${quoted(key.value)} occurs twice here; remove one.`);
      }
      if (key.value === "__proto__") throw new Refusal(key.start, "`__proto__` cannot be a key.");
      expect(":");
      const value = readValue(depth + 1);
      entries.set(key.value, { key: { start: key.start, end: key.end }, value });
    }
    expect("}");
    return { kind: "map", source, start, end: offset, entries };
  }

  return {
    document() {
      const value = readValue(0);
      if (skip() !== undefined) refuse("Not JSON: something follows the end of the document.");
      return value;
    },
  };
}

const WORDS = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;
