import { toLatinSkeleton } from "./confusables.ts";
import type { Weight } from "./behaviours.ts";
import type { Signal, TextKind } from "./find-signals.ts";

interface Hidden {
  readonly rule: string;
  readonly message: string;
  readonly definition: Weight;
  readonly content: Weight;
}

const TAGS: Hidden = {
  rule: "hidden-tags",
  message: "Holds tag characters, which show nothing and can spell a message.",
  definition: "proof",
  content: "proof",
};
const BIDI: Hidden = {
  rule: "hidden-direction",
  message: "Holds controls that make text show in another order than it is read.",
  definition: "proof",
  content: "sign",
};
const INVISIBLE: Hidden = {
  rule: "hidden-characters",
  message: "Holds characters that show nothing.",
  definition: "sign",
  content: "sign",
};
const SELECTORS: Hidden = {
  rule: "hidden-selectors",
  message: "Holds variation selectors that select nothing and can spell a message.",
  definition: "proof",
  content: "proof",
};
const CONTROLS: Hidden = {
  rule: "hidden-controls",
  message: "Holds control characters, which move or colour the text of a terminal.",
  definition: "sign",
  content: "sign",
};
const MARKUP: Hidden = {
  rule: "hidden-markup",
  message: "Holds markup that does not show: a comment or an invisible style.",
  definition: "sign",
  content: "hint",
};
const STYLED: Hidden = {
  rule: "styled-letters",
  message: "Is written in letters of another kind that only look like ordinary ones.",
  definition: "sign",
  content: "hint",
};
const MIXED: Hidden = {
  rule: "mixed-script",
  message: "Mixes letters of several scripts that look alike in one word.",
  definition: "sign",
  content: "sign",
};

/** Anything that the checks below could be about; ordinary text has none of it. */
const NOTEWORTHY = /[^\t\n\r\u0020-\u007e]|<!--|\bstyle\s*=|display\s*:/u;
// Controls but for tab and line ends; colours of a terminal are cut out before.
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/u;
// oxlint-disable-next-line no-control-regex -- the same
const COLOUR = /\u001b\[(?!(?:[\d;]{0,16};)?8(?:;|m))[\d;]{0,16}m/g;
const OVERRIDE = /[\u202d\u202e]/u;
const EMBEDDING = /[\u202a-\u202c\u2066-\u2069]/u;
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const UNBALANCED = { opens: /[\u202a\u202b\u2066-\u2068]/gu, closes: /[\u202c\u2069]/gu };
// England, Scotland and Wales are black flags with tags.
const TAG = /(?<!\u{1f3f4}[\u{e0020}-\u{e007e}]{0,6})[\u{e0000}-\u{e007f}]/u;
// Scripts whose letters change with joiners, or whose words are broken by zero-width spaces.
const JOINING =
  "\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}\\p{Script=Adlam}";
const BREAKING =
  "\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}";
const EMOJI = "\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f\\u{e007f}";
const JOINER = new RegExp(`(?<![${JOINING}${EMOJI}\\p{M}])[\\u200c\\u200d]`, "u");
const ZERO_WIDTH_SPACE = new RegExp(`(?<![${BREAKING}])\\u200b(?![${BREAKING}])`, "u");
const NOTHING =
  /(?<!^)\ufeff|[\u2060-\u2065\u206a-\u206f\ufff9-\ufffb\u115f\u1160\u3164\uffa0]|(?<!\p{Script=Mongolian})\u180e/u;
const SELECTOR =
  /(?<![\p{Extended_Pictographic}\p{Emoji}\p{Emoji_Modifier}\p{S}\p{Script=Han}\p{Script=Mongolian}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{P}])[\ufe00-\ufe0f]|[\ufe00-\ufe0f]{2}|(?<!\p{Script=Han})[\u{e0100}-\u{e01ef}]/u;
const COMMENT =
  /<!--|(?:display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|font-size\s{0,4}:\s{0,4}0(?![.\d]*[1-9])|opacity\s{0,4}:\s{0,4}0(?![.\d]*[1-9]))/i;
const STYLED_RUN = /[\u{1d400}-\u{1d7ff}]{3}|[\u24b6-\u24e9]{3}|[\u{1f130}-\u{1f189}]{3}/u;
const WIDE_RUN = /[\uff21-\uff3a\uff41-\uff5a]{3}/u;
const EAST_ASIAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const WORDS = /[\p{L}\p{M}]{3,}/gu;
const LATIN = /\p{Script=Latin}/u;

/**
 * What a text holds that people do not see as the model reads it: invisible and bidirectional
 * characters, terminal controls, markup that does not show, look-alikes. What scripts need is none:
 * joiners of Arabic and Indic letters and of emoji, balanced direction marks beside right-to-left
 * letters, a byte-order mark in front.
 */
export function findHiddenText(text: string, kind: TextKind): readonly Signal[] {
  if (!NOTEWORTHY.test(text)) return [];
  const found: Signal[] = [];
  const add = (hidden: Hidden, start: number | undefined): void => {
    if (start === undefined || start < 0) return;
    const { rule, message } = hidden;
    found.push({ rule, message, weight: hidden[kind], start, end: start + 1 });
  };
  add(TAGS, text.search(TAG));
  add(BIDI, findDirection(text));
  add(INVISIBLE, firstOf(text, [JOINER, ZERO_WIDTH_SPACE, NOTHING]));
  add(SELECTORS, text.search(SELECTOR));
  add(CONTROLS, text.replaceAll(COLOUR, (colour) => " ".repeat(colour.length)).search(CONTROL));
  add(MARKUP, text.search(COMMENT));
  add(STYLED, firstOf(text, EAST_ASIAN.test(text) ? [STYLED_RUN] : [STYLED_RUN, WIDE_RUN]));
  add(MIXED, findMixedWord(text));
  return found;
}

function firstOf(text: string, patterns: readonly RegExp[]): number | undefined {
  const places = patterns.map((pattern) => text.search(pattern)).filter((place) => place >= 0);
  return places.length === 0 ? undefined : Math.min(...places);
}

function findDirection(text: string): number | undefined {
  const override = text.search(OVERRIDE);
  if (override >= 0) return override;
  const embedding = text.search(EMBEDDING);
  if (embedding < 0) return undefined;
  const opened = text.match(UNBALANCED.opens)?.length ?? 0;
  const closed = text.match(UNBALANCED.closes)?.length ?? 0;
  return RIGHT_TO_LEFT.test(text) && opened === closed ? undefined : embedding;
}

function findMixedWord(text: string): number | undefined {
  for (const { index, 0: word } of text.matchAll(WORDS)) {
    if (LATIN.test(word) && toLatinSkeleton(word) !== word && !isLatin(word)) return index;
  }
  return undefined;
}

/** Some look-alikes are Latin letters themselves. */
function isLatin(word: string): boolean {
  return /^[\p{Script=Latin}\p{M}]+$/u.test(word);
}
