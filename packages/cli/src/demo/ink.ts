import { styleText } from "node:util";

/** Styles of the report. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow";

/** Puts a style on a text, or leaves it plain. */
export type Ink = (style: Style, text: string) => string;

/** Makes the ink: escape codes for a terminal, plain text for everything else. */
export function createInk(isColoured: boolean): Ink {
  if (!isColoured) return (_, text) => text;
  return (style, text) => styleText(style, text, { validateStream: false });
}

/** A text of exactly this width: filled up with spaces, or cut with `…`. */
export function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}

/** Breaks a text at spaces into lines of at most this many characters. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
