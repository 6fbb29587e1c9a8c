import { describe, expect, test } from "vitest";
import { vetSearchPattern } from "../src/evaluate/native-pattern.ts";

/** Whether a native pattern is found in a text. */
function find(source: string, text: string): boolean {
  const verdict = vetSearchPattern(source);
  if (verdict.kind !== "native") throw new Error(`${source} is ${verdict.kind}`);
  return verdict.pattern.test(text);
}

const weight = (source: string): number => {
  const verdict = vetSearchPattern(source);
  return verdict.kind === "native" ? verdict.weight : Number.NaN;
};

describe("what both syntaxes share runs natively, with the meaning of RE2", () => {
  test.for<readonly [source: string, text: string, found: boolean]>([
    ["abc", "xabcx", true],
    ["^abc$", "abc", true],
    ["^abc$", "abc\n", false],
    ["\\Aabc\\z", "abc", true],
    ["\\Aabc\\z", "xabc", false],
    ["^a.c$", "abc", true],
    ["^a.c$", "a\nc", false],
    ["^a.c$", "a\u2028c", true],
    ["^a.c$", "a\rc", true],
    ["^a.c$", "a😀c", true],
    ["^\\s$", " ", true],
    ["^\\s$", "\u00A0", false],
    ["^\\s$", "\v", false],
    ["^\\S$", "\u00A0", true],
    ["^[\\s]$", "\t", true],
    ["^[\\s]$", "\u3000", false],
    ["^\\d$", "٣", false],
    ["^\\w$", "é", false],
    ["\\bcat\\b", "a cat.", true],
    ["\\bcat\\b", "concat", false],
    ["^[^a-c]$", "d", true],
    ["^[a\\-c]$", "-", true],
    ["^[a\\-c]$", "b", false],
    ["^[[]$", "[", true],
    ["^a\\-b\\@c$", "a-b@c", true],
    ['^\\_\\"$', '_"', true],
    ["^\\.\\*$", ".*", true],
    ["^\\x41$", "A", true],
    ["^\\p{L}$", "é", true],
    ["^\\P{L}$", "1", true],
    ["^\\n\\t$", "\n\t", true],
    ["(?:a|b)c", "bc", true],
    ["(?P<name>a)b", "ab", true],
    ["(?<name>a)b", "ab", true],
    ["^x{2,3}$", "xxx", true],
    ["^x{2,3}$", "x", false],
    ["", "anything", true],
  ])("%s in %j: %s", ([source, text, found]) => {
    expect(find(source, text)).toBe(found);
  });
});

describe("what they do not share goes to a linear engine", () => {
  test.for([
    "(?i)abc",
    "(?i:abc)",
    "(?s).",
    "\\Qa.b\\E",
    "[[:alpha:]]",
    "[]a]",
    "[^]a]",
    "[\\S]",
    "[\\b]",
    "[abc",
    "\\pL",
    "\\p{^L}",
    "\\C",
    "\\a",
    "\\u0041",
    "\\x{10FFFF}",
    "\\cA",
    "\\k<name>",
    "a\\",
    "(a+)+b",
    ".*x",
  ])("%s", (source) => {
    expect(vetSearchPattern(source).kind).toBe("linear");
  });
});

describe("what no linear engine runs is refused", () => {
  test.for([
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?<!a)b",
    "(a)\\1",
    "(a",
    "a)",
    "a**",
    "x{3,2}",
    "{",
    "]",
  ])("%s", (source) => {
    expect(vetSearchPattern(source).kind).toBe("refused");
  });
});

test("a dear pattern weighs more than a cheap one, and none weighs nothing", () => {
  expect(weight("a")).toBe(1);
  expect(weight("")).toBe(1);
  expect(weight("(?:a|b)(?:a|b)(?:a|b)(?:a|b)(?:a|b)c")).toBeGreaterThan(1);
});

describe("an escape that means something else inside a class, or that the platform does not know", () => {
  test.for<readonly [source: string, kind: string]>([
    ["[\\A]", "linear"],
    ["[\\z]", "linear"],
    ["[\\1]", "linear"],
    ["[\\b]", "linear"],
    ["[\\S]", "linear"],
    ["(a)\\1", "refused"],
    ["\\^a", "native"],
    ["[\\^a]", "native"],
    ["\\-a", "native"],
    ["[a\\-b]", "native"],
    ["[[a]", "native"],
    ["[[:alpha:]]", "linear"],
  ])("%s is %s", ([source, kind]) => {
    expect(vetSearchPattern(source).kind).toBe(kind);
  });
});
