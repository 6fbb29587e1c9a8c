import { PortcullisError } from "@portcullis/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicyYaml } from "../src/index.ts";
import { policyText } from "./support/compile.ts";

const SEED = `${policyText('has(args.note) && args.note.startsWith("a") || size(args.tags) > 3 && args.tags.all(t, t in ["x"]) || args.n % 2 == 1')}limits:
  - { id: l, tools: [act], per: [agent, user], rate: [1/s, 5/min], budget: { unit: usd, amount: 5, window: 24h, cost: args.x } }
risk: { add: [{ when: '"a" in flow.session', points: 3, factor: f }], thresholds: { approval: [{ from: 3, expires: 5m }], deny: 80 } }
approval: { queue: q, approvers: { roles: [admin], count: 1 } }
audit: { level: strict }
`;

const RUNS = process.env["PORTCULLIS_LONG"] === "1" ? 20_000 : 300;

async function outcome(text: string): Promise<string> {
  try {
    await compilePolicyYaml({ file: "p.yaml", text });
    return "compiled";
  } catch (error) {
    if (!PortcullisError.isInstance(error)) throw error;
    const { issues = [] } = error.fields;
    const placed = issues.filter(
      ({ line = 0, column = 0, message }) => line > 0 && column > 0 && message !== "",
    );
    return issues.length > 0 && placed.length === issues.length
      ? error.code
      : "an issue without a place";
  }
}

const piece = fc.constantFrom(
  ..."{}[]:,-|>&*!%@`'\"#?~ \n\t\\\u0000\u202E\ud800é0(".split(""),
  "  ",
  "\n  - ",
  ": ",
  "&a ",
  "*a",
  "!!str ",
  "<<: ",
  "---\n",
  "args.",
  " && ",
  " in ",
  ".all(x, ",
  "__proto__",
  "null",
  "1e999",
  "0x",
);
const edit = fc.record({
  at: fc.nat(SEED.length),
  remove: fc.nat(12),
  insert: fc.oneof(piece, fc.string({ maxLength: 8 })),
});

test("the seed compiles", async () => {
  expect(await outcome(SEED)).toBe("compiled");
});

test(
  "mutations of a policy compile or are refused, nothing else",
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let text = SEED;
        for (const { at, remove, insert } of edits)
          text = text.slice(0, at) + insert + text.slice(at + remove);
        expect(["compiled", "ERR_POLICY_INVALID"]).toContain(await outcome(text));
      }),
      { numRuns: RUNS },
    );
  },
);

test("any text compiles or is refused, nothing else", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 60 }),
      async (pieces) => {
        expect(await outcome(pieces.join(""))).toBe("ERR_POLICY_INVALID");
      },
    ),
    { numRuns: RUNS },
  );
});

test("any condition compiles or is refused, nothing else", { timeout: 120_000 }, async () => {
  const word = fc.constantFrom(
    "args",
    ".id",
    ".n",
    ".tags",
    "[0]",
    "[",
    "]",
    "(",
    ")",
    " == ",
    " && ",
    " || ",
    "!",
    "-",
    " + ",
    " in ",
    " ? ",
    " : ",
    "1",
    "1.5",
    '"a"',
    "has(args.note)",
    ".all(t, ",
    ".exists(t, ",
    "t",
    "size(",
    ".size()",
    ".matches('a')",
    ".?note",
    ".orValue('')",
    "true",
    "null",
    "{",
    "}",
    ",",
    "flow.session",
    "now",
    "timestamp(",
    "context.a",
    "b'a'",
    "1u",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 20 }), async (words) => {
      expect(["compiled", "ERR_POLICY_INVALID"]).toContain(
        await outcome(policyText(words.join(""))),
      );
    }),
    { numRuns: RUNS },
  );
});

test.for<readonly [string, string]>([
  [
    "aliases",
    `portcullis: 1\na: &a [x]\n${Array.from({ length: 20 }, (_, index) => `b${index}: &b${index} [${Array.from({ length: 9 }, () => (index === 0 ? "*a" : `*b${index - 1}`)).join(", ")}]`).join("\n")}\n`,
  ],
  [
    "keys",
    `portcullis: 1\n${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n")}\n`,
  ],
  ["blanks", `portcullis: 1\nname: ${" ".repeat(900_000)}a\n`],
  ["quotes", `portcullis: 1\nname: ${'"'.repeat(50_000)}\n`],
  ["indentation", Array.from({ length: 1200 }, (_, index) => `${" ".repeat(index)}a:`).join("\n")],
  ["length", `portcullis: 1\nname: ${"a".repeat(2_000_000)}\n`],
  ["opened brackets", "[".repeat(100_000)],
  ["opened mappings", "{a: ".repeat(50_000)],
])("a bomb of %s is refused", { timeout: 60_000 }, async ([, text]) => {
  expect(await outcome(text)).toBe("ERR_POLICY_INVALID");
});
