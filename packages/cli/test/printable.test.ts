import { expect, test } from "vitest";
import { toPrintable } from "../src/printable.ts";

test.for([
  ["an escape sequence", "a\u001b[31mb", String.raw`a\u{1b}[31mb`],
  ["a direction override", "a\u202eb", String.raw`a\u{202e}b`],
  ["a zero-width space", "a\u200bb", String.raw`a\u{200b}b`],
  ["line ends", "a\r\nb\u2028c", String.raw`a\u{d}\u{a}b\u{2028}c`],
  ["a tag character", "a\u{e0041}b", String.raw`a\u{e0041}b`],
  ["a tab", "a\tb", "a b"],
  ["letters", "añ漢😀", "añ漢😀"],
] as const)("%s", ([, text, expected]) => {
  expect(toPrintable(text)).toBe(expected);
});
