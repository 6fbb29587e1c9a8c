import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeText } from "../src/internal/decode-text.ts";

/** Every view that holds the needle, with the part of the input that it stands for. */
function sources(text: string, needle: string): readonly string[] {
  return decodeText(text).views.flatMap((view) => {
    const start = view.text.indexOf(needle);
    if (start < 0) return [];
    const span = view.span(start, start + needle.length);
    return [text.slice(span.start, span.end)];
  });
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const base64url = (text: string): string => Buffer.from(text).toString("base64url");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const percent = (text: string): string => hex(text).replaceAll(/../g, "%$&");
const wrap = (text: string, width: number): string =>
  text.replaceAll(new RegExp(`.{${width}}(?=.)`, "g"), "$&\n");
const NEEDLE = "the needle, at last";

test.for([
  ["base64", base64(`x ${NEEDLE} y`), base64(`x ${NEEDLE} y`)],
  ["base64 of the other alphabet", base64url(`??>>~~ ${NEEDLE}`), base64url(`??>>~~ ${NEEDLE}`)],
  ["base64 behind a path", `/v1/item/${base64(NEEDLE)}`, base64(NEEDLE)],
  ["base64 in lines", wrap(base64(`${"pad ".repeat(30)}${NEEDLE}`), 76), undefined],
  ["hexadecimal", hex(NEEDLE), hex(NEEDLE)],
  ["hexadecimal with a prefix", `0x${hex(NEEDLE)}`, `0x${hex(NEEDLE)}`],
  ["percent encoding", percent(NEEDLE), percent(NEEDLE)],
  ["percent encoding in part", "the%20needle%2C at last", "the%20needle%2C at last"],
  ["percent encoding behind a bad byte", `%ff${percent(NEEDLE)}`, undefined],
  ["unicode escapes", "the\\u0020needle\\u{2c} at last", "the\\u0020needle\\u{2c} at last"],
  ["byte escapes", "the\\x20needle, at last", "the\\x20needle, at last"],
  [
    "character references",
    "the&#32;needle&#x2c; at&nbsp;last",
    "the&#32;needle&#x2c; at&nbsp;last",
  ],
] as const)("decodes %s", ([, encoded, span]) => {
  const text = `before ${encoded} after`;
  expect(sources(text, NEEDLE)).toContain(span ?? encoded);
});

test("decodes two levels and no third", () => {
  const twice = base64(base64(NEEDLE));
  expect(sources(`a ${twice} b`, NEEDLE)).toEqual([twice]);
  expect(sources(base64(twice), NEEDLE)).toEqual([]);
});

test("maps a decoding in a decoding to the outermost token", () => {
  const inner = `{"x":"${percent(NEEDLE)}"}`;
  expect(sources(`a ${base64(inner)} b`, NEEDLE)).toEqual([base64(inner)]);
});

test("leaves alone what is no text", () => {
  const bytes = Buffer.from(Array.from({ length: 60 }, (_, index) => (index * 73 + 200) % 256));
  expect(decodeText(bytes.toString("base64")).views).toEqual([]);
  expect(decodeText(bytes.toString("hex")).views).toEqual([]);
  expect(decodeText("nothing to see here, only words").views).toEqual([]);
});

test("says when there is more than it may decode", () => {
  const token = `${base64(NEEDLE)} `;
  expect(decodeText(token.repeat(3), { maxLength: NEEDLE.length * 2 }).complete).toBe(false);
  expect(decodeText(token.repeat(3)).complete).toBe(true);
  expect(decodeText(token.repeat(5000)).complete).toBe(false);
});

test("keeps spans inside the text and never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      for (const view of decodeText(text).views) {
        const { start, end } = view.span(0, view.text.length);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }),
  );
});
