import { toLatinSkeleton } from "./confusables.ts";
import { findEntities } from "./entities.ts";

/** One word, boundary or entity of a text. */
export interface Token {
  /**
   * A word in lower case with look-alikes as Latin letters; `.` between sentences, `:` between parts
   * of one; for an entity its kind, such as `#url`.
   */
  readonly text: string;
  /** UTF-16 offset of its first character. */
  readonly start: number;
  readonly end: number;
  /** Whether it reads as the name of a tool: in quotes, with an underscore, or in camel case. */
  readonly isName: boolean;
  /** Whether it begins a sentence, a line, or a quoted value. */
  readonly isInitial: boolean;
  /** Whether it is written in capitals only, at least three of them. */
  readonly isShouted: boolean;
}

const PART =
  /(?<word>[\p{L}\p{N}_]+(?:['’-][\p{L}\p{N}_]+)*)|(?<hard>[.!?。！？](?=["'`’”)\]}*]{0,4}(?:\s|$))|[\r\n]+|\\n|[{}[\]<>|])|(?<soft>[:;,(—](?=\s)|(?:^|(?<=[\s:,[{(]))["'“‘`]|["'”’`](?=\s{0,4}[,}\]]))/gu;
const CAMEL = /^[a-z]+[A-Z]/;
const NAME = /^[A-Za-z][\w-]*$/;
const QUOTES: ReadonlySet<string> = new Set(["'", '"', "`", "“", "”", "‘", "’"]);

/** Reads a text once into words, boundaries and entities; linear in its length. */
export function toTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let isInitial = true;
  let position = 0;
  const read = (upTo: number): void => {
    for (const match of text.slice(position, upTo).matchAll(PART)) {
      const start = position + match.index;
      const token = toToken(text, match, { start, isInitial });
      if (token === undefined) {
        // Spliced into a sentence, an order keeps its capital letter.
        isInitial ||= /^,\s\p{Lu}/u.test(text.slice(start, start + 4));
        continue;
      }
      tokens.push(token);
      isInitial = token.text === "." || token.text === ":";
    }
  };
  for (const { kind, start, end } of findEntities(text)) {
    read(start);
    tokens.push({ text: kind, start, end, isName: false, isInitial, isShouted: false });
    isInitial = false;
    position = end;
  }
  read(text.length);
  return tokens;
}

function toToken(
  text: string,
  { 0: raw, groups }: RegExpMatchArray,
  { start, isInitial }: Pick<Token, "start" | "isInitial">,
): Token | undefined {
  const end = start + raw.length;
  const plain = { start, end, isName: false, isInitial, isShouted: false };
  if (groups?.["hard"] !== undefined) return { ...plain, text: "." };
  if (groups?.["soft"] !== undefined) return raw === "," ? undefined : { ...plain, text: ":" };
  const isQuoted = QUOTES.has(text[start - 1] ?? "") && QUOTES.has(text[end] ?? "");
  const word = toLatinSkeleton(raw.replaceAll("’", "'"));
  const lower = word.toLowerCase();
  return {
    ...plain,
    text: lower,
    isName: NAME.test(raw) && (isQuoted || raw.includes("_") || CAMEL.test(raw)),
    isShouted: raw.length > 2 && raw === raw.toUpperCase() && lower !== word,
  };
}
