import fc from "fast-check";
import { expect, test } from "vitest";
import { createRedactor, type Scanner } from "../src/index.ts";
import { createStreamRedactor } from "../src/internal/redact-stream.ts";
import { numberPlaceholders } from "../src/redactor.ts";

/** Finds `sk-` tokens, words in groups and blocks, as a scanner does. */
const scanner: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan(text) {
    // Some are known only by their ends: before these have come, nothing is found.
    const pattern =
      /sk-[a-z0-9]{4,2000}|4111 1111 1111 1111|(?<=pass: )\w{4,40}|-----BEGIN KEY-----[^-]{0,16000}-----END KEY-----|key\([a-z]{4,2500}\)|(?:[A1b2]{64}\n){2,40}END/g;
    const findings = [...text.matchAll(pattern)].map(({ index, 0: found }) => ({
      kind: "secret" as const,
      rule: found.startsWith("-") ? "block" : "key",
      start: index,
      end: index + found.length,
      confidence: "high" as const,
    }));
    return { status: "complete", findings };
  },
};

function stream(parts: readonly string[]): { readonly shown: string; readonly first: string } {
  const redactor = createStreamRedactor(scanner, ["secret"], numberPlaceholders());
  const pushed = parts.map((part) => redactor.push(part)).join("");
  return { shown: pushed + redactor.end(), first: pushed };
}

const piece = fc.oneof(
  fc.constantFrom(
    "sk-abcd1234 ",
    "sk-abcd1234 ",
    "sk-zzzz9999 ",
    `sk-${"q".repeat(900)} `,
    "pay 4111 1111 1111 1111 now ",
    "pass: hunter22 ",
    `-----BEGIN KEY-----\n${"abcd\n".repeat(700)}-----END KEY----- `,
    `${`${"A1b2".repeat(16)}\n`.repeat(20)}END `,
    `key(${"q".repeat(1900)}) `,
  ),
  fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
  fc.constantFrom("words and more of them, ".repeat(30), "\n", " "),
);

test("says what redacting the whole text says, however it is cut", () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 25 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 }),
      (pieces, lengths) => {
        const text = pieces.join("");
        const parts: string[] = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const length = lengths[turn % lengths.length] ?? 1;
          parts.push(text.slice(at, at + length));
          at += length;
        }
        expect(stream(parts).shown).toBe(createRedactor(scanner).redact(text).text);
      },
    ),
  );
});

test("is not cut inside a finding with spaces, wherever the cut would fall", () => {
  for (let behind = 980; behind < 1060; behind += 1) {
    const text = `${"words ".repeat(100)}4111 1111 1111 1111 ${"x ".repeat(600).slice(0, behind)}`;
    expect(stream([text, " more"]).shown).toContain("words [REDACTED:key] x");
  }
});

test.for([
  ["a token that is known by its end", `key(${"q".repeat(1900)})`],
  ["a token in lines that is known by its end", `${`${"A1b2".repeat(16)}\n`.repeat(30)}END`],
  ["a block", `-----BEGIN KEY-----\n${"abcd efgh\n".repeat(300)}-----END KEY-----`],
] as const)("waits for %s", ([, secret]) => {
  const text = `${"before ".repeat(200)}${secret} ${"behind ".repeat(400)}`;
  const parts = text.match(/[^]{1,97}/g) ?? [];
  expect(stream(parts).shown).toBe(createRedactor(scanner).redact(text).text);
});

test("shows what is safe before the end", () => {
  expect(
    stream(Array.from({ length: 40 }, () => "words and more of them, ".repeat(4))).first,
  ).not.toBe("");
});

test("shows no part of a secret that comes letter by letter", () => {
  const secret = `sk-${"k3y".repeat(300)}`;
  const text = `${"before ".repeat(200)}${secret} ${"behind ".repeat(400)}`;
  const { shown, first } = stream(text.split(""));
  expect(shown).not.toContain("k3yk3y");
  expect(first).toContain("[REDACTED:key]");
});

test("a text that could not be scanned, or grows too large unseen, is not shown", () => {
  const failing: Scanner = { ...scanner, scan: () => ({ status: "truncated", findings: [] }) };
  const redactor = createStreamRedactor(failing, ["secret"], numberPlaceholders());
  expect(() => redactor.push("words ".repeat(500))).toThrow("scanned to its end");
  const endless = createStreamRedactor(scanner, ["secret"], numberPlaceholders());
  expect(() => endless.push("a".repeat(1_048_577))).toThrow(RangeError);
});
