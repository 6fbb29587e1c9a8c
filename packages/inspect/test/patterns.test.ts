import { createSchemaCompiler } from "@portcullis/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linearMatcher } from "../src/patterns.ts";
import { permitWhen } from "./support/policy.ts";
import { RUNS } from "./support/facts.ts";

const matcher = linearMatcher();
const find = (pattern: string, text: string): boolean => matcher.compile(pattern).test(text);
const findEcma = (pattern: string, text: string): boolean =>
  matcher.compile(pattern, "ecma").test(text);

test.for<readonly [pattern: string, text: string, expected: boolean]>([
  ["b", "abc", true],
  ["^b", "abc", false],
  ["^a.c$", "abc", true],
  ["^a$", "a\n", false],
  ["", "x", true],
  [".", "\r", true],
  [".", "\n", false],
  ["\\s", "\u00a0", false],
  ["(?i)HOST", "my-host", true],
  ["(?m)^b$", "a\nb", true],
  ["[[:digit:]]+", "a1", true],
  ["^.$", "😀", true],
  ["\\Qa.b\\E", "axb", false],
  ["^(a+)+$", `${"a".repeat(5000)}!`, false],
  ["(x+x+)+y", "x".repeat(5000), false],
])("with RE2's meaning %s finds in %j: %s", ([pattern, text, expected]) => {
  expect(find(pattern, text)).toBe(expected);
});

test.for<readonly [pattern: string, text: string]>([
  [".", "\r"],
  [".", "\u2028"],
  ["^.$", "😀"],
  ["\\s", "\u00a0"],
  ["\\s", "\ufeff"],
  ["\\S", "\u00a0"],
  ["\\s", "\v"],
  ["[\\s]", "\u3000"],
  ["[^\\s]", "\u2029"],
  ["[^]", "\n"],
  ["[]", "a"],
  ["a[^]b", "a\nb"],
  ["[[]", "["],
  ["[\\]]", "]"],
  ["[[:alpha:]", "p"],
  ["[a\\-z]", "-"],
  ["[\\b]", "\b"],
  ["\\bfoo\\b", "a foo b"],
  ["\\Boo", "foo"],
  ["\\u0041", "A"],
  ["\\u{1F600}", "😀"],
  ["\\ud83d\\ude00", "😀"],
  ["\\cJ", "\n"],
  ["\\0", "\0"],
  ["\\x41", "A"],
  ["\\p{L}", "é"],
  ["\\P{L}", "1"],
  ["\\p{Script=Greek}", "α"],
  ["[\\p{Lu}\\d]+", "A1"],
  ["\\v", "\v"],
  ["\\/", "/"],
  ["(?<name>a)b", "ab"],
  ["(?:a|b)+c", "abac"],
  ["a{2,3}", "aa"],
  ["a*?b", "aab"],
  ["^$", ""],
  ["$", "a\n"],
  ["\\w+", "é"],
])("with the platform's meaning %s does in %j what RegExp does", ([pattern, text]) => {
  expect(findEcma(pattern, text)).toBe(new RegExp(pattern, "u").test(text));
});

test.for([
  ["(?=a)"],
  ["(?!a)"],
  ["(?<=a)b"],
  ["(a)\\1"],
  ["\\k<n>"],
  ["(?i:a)"],
  ["\\p{Alphabetic}"],
  ["\\ud83d"],
  ["\\u{d800}"],
  ["[\\S]"],
  ["["],
  ["("],
  ["a{1001}"],
  ["\\Qa\\E"],
  ["\\A"],
] as const)("with the platform's meaning %s is refused", ([pattern]) => {
  expect(() => matcher.compile(pattern, "ecma")).toThrow(Error);
});

test.for([
  ["(?=a)"],
  ["(a)\\1"],
  ["("],
  ["["],
  ["a{1001}"],
  ["(a{100}){100}"],
  ["\\u0041"],
  ["a".repeat(1025)],
  ["a{1000}".repeat(11)],
  [`(?:${"(?:a|b|c|d|e|f|g)".repeat(40)}){1000}`],
] as const)("with RE2's meaning %s is refused", ([pattern]) => {
  expect(() => matcher.compile(pattern)).toThrow(Error);
});

const atom = fc.constantFrom(
  "a",
  "b",
  "\\.",
  ".",
  "\\s",
  "\\S",
  "\\w",
  "\\W",
  "\\d",
  "[ab]",
  "[^a]",
  "[^\\s]",
  "[\\s\\d]",
  "[a-c\\-]",
  "\\n",
  "\\u00a0",
  "\\b",
  "[^]",
  "é",
  "😀",
  "\\p{L}",
);
const pattern = fc.letrec<{ node: string; sequence: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    fc
      .tuple(atom, fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "*?"))
      .map(([a, q]) => (a === "\\b" ? a : a + q)),
    tie("sequence").map((body) => `(?:${body})`),
    tie("sequence").map((body) => `(${body})+`),
    fc.tuple(tie("sequence"), tie("sequence")).map(([a, b]) => `(${a}|${b})`),
  ),
  sequence: fc.array(tie("node"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
})).sequence;
const anchored = fc
  .tuple(fc.boolean(), pattern, fc.boolean())
  .map(([start, body, end]) => `${start ? "^" : ""}${body}${end ? "$" : ""}`);
const subject = fc
  .array(
    fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      " ",
      "\n",
      "\r",
      "\u00a0",
      "\u2028",
      "1",
      "-",
      "_",
      "é",
      "😀",
    ),
    { maxLength: 10 },
  )
  .map((parts) => parts.join(""));

test("whatever the platform's expressions find, the linear engine finds, and nothing else", () => {
  fc.assert(
    fc.property(anchored, subject, (source, text) => {
      expect([source, text, findEcma(source, text)]).toEqual([
        source,
        text,
        new RegExp(source, "u").test(text),
      ]);
    }),
    { numRuns: RUNS },
  );
}, 600_000);

test("core hands rules in with RE2's meaning, and schemas with the platform's", async () => {
  const permits = await permitWhen('args.x.matches("(a|b)*.(c|d)*$")', []);
  expect(await permits("\r")).toBe(true);
  const schemas = createSchemaCompiler({
    digest: { sha256: (text) => text, hmacSha256: (_key, text) => text },
    matcher,
  });
  const schema = { type: "string", pattern: "^(a+)+.$" };
  const validator = await schemas.compile(schema, { origin: "trusted", closed: true });
  expect(validator.validate("aab").ok).toBe(true);
  expect(validator.validate("aa\r").ok).toBe(false);
});
