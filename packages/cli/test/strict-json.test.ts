import fc from "fast-check";
import { expect, test } from "vitest";
import { readStrictJson } from "../src/strict-json.ts";

test.for([
  ["a name twice", '{"a":1,"a":2}', "duplicate-key"],
  ["a name twice, once escaped", String.raw`{"a":1,"\u0061":2}`, "duplicate-key"],
  ["a name twice below", '{"x":[{"b":1 , "b" : 1}]}', "duplicate-key"],
  ["__proto__ twice", '{"__proto__":1,"__proto__":2}', "duplicate-key"],
  ["a lone surrogate in a value", String.raw`{"a":"\ud800"}`, "lone-surrogate"],
  ["a lone surrogate in a name", String.raw`{"\udc00":1}`, "lone-surrogate"],
  ["surrogates in the wrong order", String.raw`["\udc00\ud800"]`, "lone-surrogate"],
  ["a number beyond double range", '{"a":1e999}', "number-out-of-range"],
  ["a negative one", "[-1E400]", "number-out-of-range"],
  ["too deep", "[".repeat(1001) + "]".repeat(1001), "too-deep"],
  ["nothing", "", "not-json"],
  ["two values", "{} {}", "not-json"],
  ["a comment", "{} // x", "not-json"],
  ["a byte order mark", "\uFEFF{}", "not-json"],
  ["a trailing comma", "[1,]", "not-json"],
] as const)("refuses %s", ([, text, code]) => {
  expect(readStrictJson(text)).toMatchObject({ ok: false, code });
});

test.for([
  ["the same name in two objects", '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
  ["a text equal to a name", '{"a":"a","b":["a","b","a"]}'],
  ["a pair of surrogates", String.raw`{"a":"\ud83d\ude00😀"}`],
  ["brackets, quotes and colons in texts", String.raw`{"a":"{\"a\":1,\"a\":2}","b":"[\\"}`],
  ["numbers of every form", "[0,-0,1.5e-3,1E+2,123456789012345678901234567890]"],
  ["nesting as deep as allowed", "[".repeat(1000) + "]".repeat(1000)],
] as const)("takes %s", ([, text]) => {
  expect(readStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test("a text of many megabytes is read", () => {
  const text = JSON.stringify({ a: '\\"'.repeat(500_000), b: "x".repeat(3_000_000) });
  expect(readStrictJson(text).ok).toBe(true);
});

test("names the column and never the text", () => {
  expect(readStrictJson('{"secret":1,"secret":2}')).toEqual({
    ok: false,
    code: "duplicate-key",
    column: 13,
  });
  expect(JSON.stringify(readStrictJson('{"secret":hunter2}'))).not.toContain("hunter2");
});

test("property: takes what JSON.stringify writes, with the value unchanged", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
      const text = JSON.stringify(value);
      expect(readStrictJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test("property: an object with a repeated name is refused at every depth", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), fc.nat(20), (value, name, depth) => {
      const key = JSON.stringify(name);
      const inner = `{${key}:${JSON.stringify(value)},${key}:1}`;
      const text = '{"x":['.repeat(depth) + inner + "]}".repeat(depth);
      expect(readStrictJson(text)).toMatchObject({ ok: false });
    }),
  );
});
