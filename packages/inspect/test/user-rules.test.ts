import { describe, expect, test } from "vitest";
import { importGitleaks } from "../src/import-gitleaks.ts";
import { createScanner } from "../src/scan.ts";
import type { ScanRule } from "../src/user-rules.ts";

function found(rules: readonly ScanRule[], text: string): readonly string[] {
  const { findings } = createScanner({ rules }).scan(text, { maxLength: 1_048_576 });
  const ids = new Set(rules.map(({ id }) => id));
  return findings.flatMap(({ rule, start, end }) =>
    ids.has(rule) ? [text.slice(start, end)] : [],
  );
}

const rule: ScanRule = { id: "acme-key", keywords: ["acme"], pattern: "acme_[a-z0-9]{8}" };

test.for([
  [
    "a match around its keyword",
    rule,
    "x acme_abcd1234 y ACME acme_zzzz9999",
    ["acme_abcd1234", "acme_zzzz9999"],
  ],
  ["a group", { ...rule, pattern: "acme: (\\d{4})", group: 1 }, "acme: 4711", ["4711"]],
  [
    "what is mixed enough",
    { ...rule, entropy: 2.5 },
    "acme_aaaaaaaa acme_abcd1234",
    ["acme_abcd1234"],
  ],
  [
    "what is no exception",
    { ...rule, allow: ["0000$"] },
    "acme_abcd0000 acme_abcd1234",
    ["acme_abcd1234"],
  ],
  ["what lies before the keyword", { ...rule, pattern: "\\d{4}-acme" }, "4711-acme", ["4711-acme"]],
  [
    "what is longer than a window",
    { ...rule, pattern: "acme_[a-z]+" },
    `acme_${"x".repeat(3000)}!`,
    [`acme_${"x".repeat(3000)}`],
  ],
] as const)("a rule of one's own finds %s", ([, one, text, expected]) => {
  expect(found([one], text)).toEqual(expected);
});

describe("refuses a rule", () => {
  test.for([
    ["without a keyword", { keywords: [] }],
    ["with a short keyword", { keywords: ["ab"] }],
    ["with look-around", { pattern: "(?=acme)" }],
    ["with a back-reference", { pattern: "(a)\\1" }],
    ["with counts that multiply", { pattern: "((a{1000}){1000}){1000}" }],
    ["with a pattern that is too long", { pattern: "a".repeat(5000) }],
    ["with a group that is not there", { group: 2 }],
    ["with an exception that cannot be run", { allow: ["(?!x)"] }],
    ["with a name that would break a placeholder", { id: "a]b" }],
  ] as const)("%s", ([, change]) => {
    expect(() => createScanner({ rules: [{ ...rule, ...change }] })).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
  });
});

test("a pattern that explodes elsewhere takes linear time here", () => {
  const evil: ScanRule = { id: "evil", keywords: ["aaa"], pattern: "(a+)+$" };
  const { status } = createScanner({ rules: [evil] }).scan(`${"a".repeat(5000)}!`, {
    maxLength: 10_000,
  });
  expect(["complete", "truncated"]).toContain(status);
});

const TOML = `
title = "rules"
[extend]
useDefault = false
[[rules]]
id = "Acme_Key"
description = "a key"
regex = '''(?i)(?:acme)[ =:"]{1,4}([a-z0-9]{16})\\b'''
keywords = ["acme"]
entropy = 2
[[rules.allowlists]]
regexes = ['''^0000''']
stopwords = ["example"]
[[rules]]
id = "paths"
path = '''\\.pem$'''
`;

test("reads rules of gitleaks", () => {
  expect(() => importGitleaks(TOML)).toThrow("no pattern");
  const { rules, skipped } = importGitleaks(TOML, { unsupported: "skip" });
  expect(skipped).toEqual([{ id: "paths", reason: expect.stringContaining("paths") }]);
  expect(rules).toMatchObject([{ id: "acme-key", keywords: ["acme"], group: 1, entropy: 2 }]);
  const text = 'acme = "abcd1234efgh5678" acme = "0000123412341234" acme = "example4efgh5678"';
  expect(found(rules, text)).toEqual(["abcd1234efgh5678"]);
});

test.for([
  ["no TOML", "[["],
  ["no rules", "title = 1"],
  ["a pattern without a linear form", "[[rules]]\nid='x'\nregex='(?=a)'\nkeywords=['abc']"],
  ["keywords that are none", "[[rules]]\nid='x'\nregex='a'\nkeywords='abc'"],
] as const)("refuses %s", ([, toml]) => {
  expect(() => importGitleaks(toml)).toThrow(
    expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
  );
});
