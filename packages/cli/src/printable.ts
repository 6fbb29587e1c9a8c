const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * One line of text that is safe on a terminal: control, bidirectional and invisible characters
 * are written as `\u{…}`, a tab as a space.
 */
export function toPrintable(text: string): string {
  return text
    .replaceAll("\t", " ")
    .replaceAll(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
