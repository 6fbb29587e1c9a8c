import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { importProgentPolicy } from "../src/index.ts";
import type { ImportProgentOptions } from "../src/index.ts";

const TOOLS = {
  file: "tools.json",
  text: JSON.stringify([
    {
      name: "pay",
      inputSchema: {
        type: "object",
        properties: {
          to: { type: "string" },
          amount: { type: "number" },
          count: { type: "integer" },
          note: { type: ["string", "null"] },
          mixed: { type: ["string", "integer"] },
          kind: { enum: ["a", "b"] },
          tags: { type: "array", items: { type: "string" } },
          at: {
            type: "object",
            properties: { city: { type: "string" }, zip: { type: "string" } },
            required: ["city"],
          },
          any: {},
        },
        required: ["to", "at"],
      },
    },
  ]),
};

async function convert(policy: unknown, options: ImportProgentOptions = {}) {
  return importProgentPolicy({ file: "p.json", text: JSON.stringify(policy) }, options);
}

/** The conditions that restrictions of one allow come to. */
async function whenOf(restrictions: object): Promise<string | undefined> {
  const result = await convert({ pay: [[1, 0, restrictions, 0]] }, { tools: TOOLS });
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join("\n"));
  return parse(result.text).rules[0]?.when;
}

describe("a restriction as a condition", () => {
  test.for<readonly [object, string | undefined]>([
    [{}, undefined],
    [{ to: {} }, undefined],
    [{ to: true }, undefined],
    [{ to: { type: "string", title: "To", format: "iban" } }, undefined],
    [{ to: { enum: ["x", 5] } }, 'args.to == "x"'],
    [{ to: { const: "x" } }, 'args.to == "x"'],
    [{ to: { enum: ["x", "y"] } }, 'args.to in ["x","y"]'],
    [{ to: { pattern: "^GB[0-9]+" } }, 'args.to.matches("^GB[0-9]+")'],
    [{ to: { pattern: "x$" } }, 'args.to.matches("x\\\\n?$")'],
    [{ to: { pattern: "[$]\\$" } }, 'args.to.matches("[$]\\\\$")'],
    [{ to: "GB|SE" }, 'args.to.matches("^(?:GB|SE)")'],
    [{ to: { minLength: 2, maxLength: 4 } }, "size(args.to) >= 2 && size(args.to) <= 4"],
    [{ to: { not: { const: "x" } } }, '!(args.to == "x")'],
    [{ kind: { enum: ["a", "z"] } }, '!has(args.kind) || args.kind == "a"'],
    [
      { amount: { exclusiveMinimum: 0, maximum: 9.5 } },
      "!has(args.amount) || (args.amount > 0 && args.amount <= 9.5)",
    ],
    [{ count: { type: "integer", minimum: 1 } }, "!has(args.count) || args.count >= 1"],
    [{ note: { type: "string" } }, "!has(args.note) || args.note != null"],
    [{ note: { type: "null" } }, "!has(args.note) || args.note == null"],
    [{ note: { minLength: 1 } }, "!has(args.note) || args.note == null || size(args.note) >= 1"],
    [{ note: "x" }, '!has(args.note) || (args.note != null && args.note.matches("^(?:x)"))'],
    [{ tags: { items: { enum: ["a"] } } }, '!has(args.tags) || args.tags.all(v1, v1 == "a")'],
    [
      { tags: { contains: { enum: ["a"] }, maxItems: 3 } },
      '!has(args.tags) || (args.tags.exists(v1, v1 == "a") && size(args.tags) <= 3)',
    ],
    [
      { at: { properties: { city: { const: "x" }, zip: { const: "y" } }, required: ["zip"] } },
      'args.at.city == "x" && (!has(args.at.zip) || args.at.zip == "y") && has(args.at.zip)',
    ],
    [
      { to: { oneOf: [{ const: "x" }, { pattern: "y" }] } },
      '(args.to == "x" && !(args.to.matches("y"))) || (args.to.matches("y") && !(args.to == "x"))',
    ],
    [{ any: { enum: ["x", null] } }, '!has(args.any) || args.any == null || args.any == "x"'],
  ])("%j", async ([restrictions, when]) => {
    const found = await whenOf(restrictions);
    expect(found?.replaceAll(/[()]/g, "")).toBe(when?.replaceAll(/[()]/g, ""));
  });

  test("that nothing fits leaves the rule out, and says so", async () => {
    const result = await convert(
      { pay: [[1, 0, { to: { type: "number" } }, 0]] },
      { tools: TOOLS },
    );
    expect(result).toMatchObject({ ok: true, text: expect.stringContaining("rules: []") });
    expect(result.ok && result.notes).toContain("Rule 1 of `pay` never decides, and is left out.");
  });
});

describe("priorities", () => {
  test("a forbid is for what no allow before it fits, and goes before allows of its own", async () => {
    const result = await convert({
      pay: [
        [3, 1, {}, 0],
        [2, 0, { to: { enum: ["b"] } }, 0],
        [1, 0, { to: { enum: ["a"] } }, 0],
        [2, 1, { to: { enum: ["b"] } }, 2],
      ],
    });
    if (!result.ok) throw new Error("refused");
    const rules = [
      ...result.text.matchAll(/id: (.*)\n {4}effect: (.*)\n(?:.*\n)?(?: {4}when: (.*)\n)?/g),
    ];
    expect(rules.map(([, id, effect]) => [id, effect])).toEqual([
      ["progent/pay/1", "permit"],
      ["progent/pay/2", "require"],
      ["progent/pay/3", "permit"],
      ["progent/pay/4", "forbid"],
    ]);
  });

  test("a forbid behind an allow of everything is left out", async () => {
    const result = await convert({
      pay: [
        [1, 0, {}, 0],
        [2, 1, {}, 1],
      ],
    });
    expect(result.ok && result.text).not.toContain("forbid");
    expect(result.ok && result.notes).toEqual(
      expect.arrayContaining([
        "Rule 2 of `pay` never decides, and is left out.",
        "A forbid that ends the run there refuses the call here, and the run goes on.",
      ]),
    );
  });
});

test("names the policy and its agents", async () => {
  const result = await convert({ bank: { pay: [[1, 0, {}, 0]] } }, { agents: ["bot"] });
  expect(result.ok && result.text).toMatch(/name: bank\n[^]*agents: \[bot\]/);
  expect(result.ok && result.notes).toEqual([
    "Every tool is of class `execute`: say what each does at worst.",
  ]);
});

describe("refuses, with the place", () => {
  test.for<readonly [string, unknown, string, string]>([
    ["no object", [], "", "an object of tools"],
    ["an effect that there is not", { pay: [[1, 2, {}, 0]] }, "/pay/0/1", "An effect is 0"],
    ["a fallback that there is not", { pay: [[1, 0, {}, 3]] }, "/pay/0/3", "A fallback is 0"],
    ["a rule of three", { pay: [[1, 0, {}]] }, "/pay/0", "4 entries"],
    ["an unknown tool", { pey: [[1, 0, {}, 0]] }, "/pey", "did you mean `pay`"],
    ["an unknown argument", { pay: [[1, 0, { too: {} }, 0]] }, "/pay/0/2/too", "did you mean `to`"],
    [
      "an unknown keyword",
      { pay: [[1, 0, { to: { if: {} } }, 0]] },
      "/pay/0/2/to/if",
      "no counterpart",
    ],
    [
      "a keyword within another",
      { pay: [[1, 0, { to: { not: { anyOf: [{ $ref: "#" }] } } }, 0]] },
      "/pay/0/2/to/not/anyOf/0/$ref",
      "no counterpart",
    ],
    ["no restriction", { pay: [[1, 0, { to: 5 }, 0]] }, "/pay/0/2/to", "a JSON Schema"],
    [
      "a look-ahead",
      { pay: [[1, 0, { to: { pattern: "(?=a)" } }, 0]] },
      "/pay/0/2/to/pattern",
      "RE2",
    ],
    [
      "whole numbers of any",
      { pay: [[1, 0, { amount: { type: "integer" } }, 0]] },
      "/pay/0/2/amount/type",
      "declare the argument as integer",
    ],
    [
      "one of several types",
      { pay: [[1, 0, { mixed: { type: "string" } }, 0]] },
      "/pay/0/2/mixed/type",
      "cannot be told apart",
    ],
    [
      "a length of several types",
      { pay: [[1, 0, { mixed: { minLength: 1 } }, 0]] },
      "/pay/0/2/mixed/minLength",
      "cannot be told apart",
    ],
    [
      "a type of an untyped argument",
      { pay: [[1, 0, { any: { type: "string" } }, 0]] },
      "/pay/0/2/any/type",
      "not known",
    ],
    [
      "an object to compare with",
      { pay: [[1, 0, { at: { const: {} } }, 0]] },
      "/pay/0/2/at/const",
      "cannot be compared",
    ],
  ])("%s", async ([, policy, path, message]) => {
    const result = await convert(policy, { tools: TOOLS });
    const issues = result.ok ? [] : result.issues;
    expect(issues.map((issue) => [issue.path, issue.file])).toContainEqual([path, "p.json"]);
    expect(issues.map((issue) => issue.message).join("\n")).toContain(message);
    expect(issues.every(({ line, column }) => line === 1 && (column ?? 0) > 0)).toBe(true);
  });

  test("a choice of suites that is not made, or wrong", async () => {
    const suites = { bank: { pay: [] }, travel: { book: [] } };
    for (const [options, message] of [
      [{}, "Choose one of the suites `bank`, `travel`."],
      [{ suite: "bnk" }, "did you mean `bank`?"],
    ] as const) {
      const result = await convert(suites, options);
      expect(result.ok ? "" : result.issues[0]?.message).toContain(message);
    }
    const flat = await convert({ pay: [] }, { suite: "bank" });
    expect(flat.ok ? "" : flat.issues[0]?.message).toContain("leave the suite out");
  });

  test("what is no JSON, and definitions that are none", async () => {
    const bad = await importProgentPolicy({ file: "p.json", text: '{ "a": [], "a": [] }' });
    expect(bad.ok ? [] : bad.issues).toHaveLength(1);
    const tools = await convert({ pay: [] }, { tools: { file: "t.json", text: "{}" } });
    expect(tools.ok ? [] : tools.issues).toMatchObject([{ file: "t.json" }]);
  });
});
