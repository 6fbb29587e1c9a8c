import fc from "fast-check";
import { expect, test } from "vitest";
import { normaliseText } from "../src/internal/normalise-text.ts";

test.for([
  ["plain ASCII", "nothing", undefined],
  ["letters that are what they are", "naïve Straße Ελλάδα עברית", undefined],
  ["zero-width characters", "se\u200bcr\u2060et", "secret"],
  ["full-width letters", "ｓｅｃｒｅｔ", "secret"],
  ["a tag in a word", "a\u{e0041}b", "ab"],
  ["a decomposed letter", "cafe\u0301", "café"],
  ["a space that does not break", "a\u00a0b", "a b"],
] as const)("normalises %s", ([, text, expected]) => {
  expect(normaliseText(text)?.text).toBe(expected);
});

test("maps a span with everything that was removed inside it", () => {
  const text = "x s\u200be\u200bc y";
  const view = normaliseText(text);
  const start = view?.text.indexOf("sec") ?? -1;
  const span = view?.span(start, start + 3);
  expect(text.slice(span?.start, span?.end)).toBe("s\u200be\u200bc");
});

test("maps the whole to the whole and never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
      const view = normaliseText(text);
      if (view === undefined || view.text === "") return;
      const { start, end } = view.span(0, view.text.length);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(text.length);
    }),
  );
});
