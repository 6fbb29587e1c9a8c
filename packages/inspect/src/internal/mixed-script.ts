import { decodePunycode } from "./punycode.ts";

const SCRIPTS: readonly (readonly [name: string, test: RegExp])[] = [
  ["latin", /\p{Script=Latin}/u],
  ["cyrillic", /\p{Script=Cyrillic}/u],
  ["greek", /\p{Script=Greek}/u],
  ["han", /\p{Script=Han}/u],
  ["kana", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ["hangul", /\p{Script=Hangul}/u],
  ["bopomofo", /\p{Script=Bopomofo}/u],
  ["armenian", /\p{Script=Armenian}/u],
  ["georgian", /\p{Script=Georgian}/u],
  ["hebrew", /\p{Script=Hebrew}/u],
  ["arabic", /\p{Script=Arabic}/u],
  ["devanagari", /\p{Script=Devanagari}/u],
  ["thai", /\p{Script=Thai}/u],
  ["cherokee", /\p{Script=Cherokee}/u],
  ["coptic", /\p{Script=Coptic}/u],
];

// Writing systems that mix scripts by nature; Latin letters stand beside them everywhere.
const TOGETHER: readonly ReadonlySet<string>[] = [
  new Set(["latin", "han", "kana"]),
  new Set(["latin", "han", "hangul"]),
  new Set(["latin", "han", "bopomofo"]),
];

/**
 * Tells whether a label of a host name mixes scripts that no writing system mixes, such as Latin
 * with a Cyrillic `а`. Follows the level "highly restrictive" of UTS #39 §5.2; a name that is
 * wholly of one foreign script is not mixed.
 */
export function isMixedScript(host: string): boolean {
  return host.split(".").some((label) => {
    const text = label.startsWith("xn--") ? decodePunycode(label.slice(4)) : label;
    return text === undefined || mixes(text);
  });
}

function mixes(text: string): boolean {
  const found = new Set<string>();
  for (const character of text) {
    if (!/\p{L}/u.test(character)) continue;
    found.add(SCRIPTS.find(([, test]) => test.test(character))?.[0] ?? "other");
  }
  if (found.size < 2) return false;
  return !TOGETHER.some((scripts) => [...found].every((script) => scripts.has(script)));
}
