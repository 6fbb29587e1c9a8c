/** Letters of other scripts that look like a Latin one (own table; Cyrillic, Greek, Armenian). */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: "a",
    в: "b",
    с: "c",
    ԁ: "d",
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
    ԛ: "q",
    г: "r",
    ѕ: "s",
    т: "t",
    у: "y",
    ѵ: "v",
    ԝ: "w",
    х: "x",
    А: "A",
    В: "B",
    С: "C",
    Е: "E",
    Н: "H",
    І: "I",
    Ј: "J",
    К: "K",
    М: "M",
    О: "O",
    Р: "P",
    Ѕ: "S",
    Т: "T",
    У: "Y",
    Х: "X",
    ο: "o",
    α: "a",
    ε: "e",
    ι: "i",
    κ: "k",
    ν: "v",
    ρ: "p",
    τ: "t",
    υ: "u",
    χ: "x",
    η: "n",
    Α: "A",
    Β: "B",
    Ε: "E",
    Ζ: "Z",
    Η: "H",
    Ι: "I",
    Κ: "K",
    Μ: "M",
    Ν: "N",
    Ο: "O",
    Ρ: "P",
    Τ: "T",
    Υ: "Y",
    Χ: "X",
    օ: "o",
    ս: "u",
    հ: "h",
    ո: "n",
    ı: "i",
    ɑ: "a",
    ɡ: "g",
    ѐ: "e",
    ё: "e",
    ѓ: "r",
    ї: "i",
  }),
);

const LATIN = /\p{Script=Latin}/u;
const FOREIGN = /[^\p{ASCII}]/u;

/**
 * The word with look-alike letters as the Latin ones, if it has a Latin letter or digit beside them.
 * A word that is wholly of another script stays: it is that script's.
 */
export function toLatinSkeleton(word: string): string {
  if (!FOREIGN.test(word) || !LATIN.test(word)) return word;
  return foldLookAlikes(word);
}

/** Every look-alike letter as its Latin one. */
export function foldLookAlikes(text: string): string {
  if (!FOREIGN.test(text)) return text;
  return Array.from(text, (letter) => LOOK_ALIKES.get(letter) ?? letter).join("");
}
