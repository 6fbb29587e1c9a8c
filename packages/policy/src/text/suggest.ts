/**
 * The candidate that a mistyped name most likely meant, or `undefined`.
 *
 * Looks first for a look-alike (other case, separators, homoglyphs, invisible characters), then
 * for the nearest name within a third of its length, at most three edits.
 */
export function suggest(name: string, candidates: Iterable<string>): string | undefined {
  const list = [...candidates].filter((candidate) => candidate !== name);
  const bare = skeleton(name);
  const twin = list.find((candidate) => skeleton(candidate) === bare);
  if (twin !== undefined) return twin;

  let best: { readonly candidate: string; readonly distance: number } | undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  for (const candidate of list.slice(0, MAX_CANDIDATES)) {
    if (Math.abs(candidate.length - name.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** The words `; did you mean …?`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = suggest(name, candidates);
  return found === undefined ? "" : `; did you mean ${quoted(found)}?`;
}

/** A name between backticks, cut and without characters that a terminal would act on. */
export function quoted(name: string): string {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return `\`${shown.replaceAll(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)}\``;
}

/** Names as a list in words: `a`, `b`, `c`; cut after a dozen. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const shown = all.slice(0, 12).map(quoted).join(", ");
  return all.length > 12 ? `${shown} and ${all.length - 12} more` : shown;
}

const MAX_CANDIDATES = 2000;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800\u3164]/gu;

// Latin letters that Cyrillic and Greek ones are drawn like.
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: "a",
    в: "b",
    с: "c",
    е: "e",
    һ: "h",
    і: "i",
    ј: "j",
    к: "k",
    ӏ: "l",
    м: "m",
    н: "h",
    о: "o",
    р: "p",
    ѕ: "s",
    т: "t",
    у: "y",
    х: "x",
    ԁ: "d",
    α: "a",
    β: "b",
    ε: "e",
    ι: "i",
    κ: "k",
    ν: "v",
    ο: "o",
    ρ: "p",
    τ: "t",
    υ: "u",
    χ: "x",
    "0": "o",
    "1": "l",
  }),
);

function skeleton(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{Cf}\p{Cc}\s_.-]/gu, "")
    .toLowerCase();
  return Array.from(plain, (letter) => LOOKALIKES.get(letter) ?? letter).join("");
}

// Damerau-Levenshtein distance in its optimal string alignment form: a swap of neighbours is one edit.
function editDistance(a: string, b: string): number {
  if (a.length > 128 || b.length > 128) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + same,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      }
      row.push(value);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
