/** Fewest letters and digits of a value that is looked for inside a result. */
export const SHINGLE_LENGTH = 8;

/** Letters and digits of a result that a longer value gives away. */
export const REVEALED_LENGTH = 24;

/** Longest text that counts as one token. */
const MAX_TOKEN = 256;

/** Smallest number that carries labels. */
const MIN_NUMBER = 1000;

const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cf}|\p{Cc}|\p{Co}/gu;
const JUNK = /[^\p{L}\p{N}]+/gu;
// Greedy from the first letter on, so that a long run of marks is read once.
const INSIDE = /[\p{L}\p{N}](?:.*[\p{L}\p{N}])?/su;
const STRUCTURED = /[\p{N}@]|[\p{L}\p{N}][^\p{L}\p{N}\s,;!?'’"()]+[\p{L}\p{N}]/u;
const PARTS = /[\s<>()[\]{}"'`,;|=&?#]+/u;
const NUMBER = /\d+(?:[.,]\d+)*/g;
const DECIMAL = /^\d+(?:\.\d+)?$/;
const MAX_DIGITS = 15;

/**
 * Brings a text to the form in which values are compared: NFKC, without case, without invisible
 * characters, white space collapsed.
 */
export function comparableText(text: string): string {
  return text
    .normalize("NFKC")
    .replaceAll(/\s+/gu, " ")
    .replaceAll(INVISIBLE, "")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")
    .trim();
}

/** The letters and digits of a comparable text alone, so that no separator hides a value. */
export function squeezedText(comparable: string): string {
  return comparable.replaceAll(JUNK, "");
}

/** The structured tokens of a comparable text: addresses, paths, codes, whatever has a digit. */
export function structuredTokens(comparable: string): readonly string[] {
  const tokens = new Set<string>();
  const add = (part: string): void => {
    const token = INSIDE.exec(part)?.[0] ?? "";
    if (token.length < 4 || token.length > MAX_TOKEN || !STRUCTURED.test(token)) return;
    if (!isSmallNumber(token)) tokens.add(token);
  };
  for (const part of comparable.split(PARTS)) {
    add(part);
    // What follows a scheme or a name: `mailto:a@b.c`, `iban:DE89`.
    for (const piece of part.split(/[:/]+/u)) add(piece);
  }
  return [...tokens];
}

/** Numbers from 1 000 on that stand in a comparable text, in one spelling. */
export function largeNumbers(comparable: string): readonly string[] {
  const found = new Set<string>();
  for (const [token] of comparable.matchAll(NUMBER)) {
    if (token.length > MAX_TOKEN) continue;
    // 1,234.56 and 1.234,56 are the same amount to people.
    for (const plain of [token.replaceAll(",", ""), token.replaceAll(".", "").replace(",", ".")]) {
      const value = DECIMAL.test(plain) ? numberMark(Number(plain)) : undefined;
      if (value !== undefined && plain.length <= MAX_DIGITS + 1) found.add(value);
    }
  }
  return [...found];
}

/** A number as it is compared, without its sign; undefined where it is too small to tell anything. */
export function numberMark(value: number): string | undefined {
  const size = Math.abs(value);
  return size >= MIN_NUMBER && Number.isFinite(size) ? String(size) : undefined;
}

/** Tells whether a comparable text is nothing but a number below 1 000. */
export function isSmallNumber(comparable: string): boolean {
  return (
    /^-?\d{1,15}(?:\.\d{1,15})?$/.test(comparable) && Math.abs(Number(comparable)) < MIN_NUMBER
  );
}
