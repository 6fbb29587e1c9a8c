import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import type { Json, JsonObject } from "@portcullis/core";
import { linearMatcher } from "@portcullis/inspect";
import { compilePolicyYaml, importProgentPolicy } from "@portcullis/policy";
import type { ImportProgentOptions } from "@portcullis/policy";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const DATA = join(
  process.env["PORTCULLIS_DATA"] ?? join(import.meta.dirname, "../../../shared/data"),
  "agentdojo",
);
const hasData = existsSync(DATA);
const RUNS = process.env["PORTCULLIS_LONG"] === "1" ? 3000 : 80;

type Rule = readonly [number, 0 | 1, Readonly<Record<string, Json>>, 0 | 1 | 2];
type Policy = Readonly<Record<string, readonly Rule[]>>;
type Verdict = "permit" | "deny" | "approval-required";
interface Call {
  readonly tool: string;
  readonly args: JsonObject;
}

const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });

/** What the published interpreter decides: the first rule that fits, by priority. */
function referenceOf(policy: Policy, { tool, args }: Call): Verdict {
  const rules = Object.hasOwn(policy, tool) ? (policy[tool] ?? []) : [];
  let asked = false;
  for (const [, effect, restrictions, fallback] of rules.toSorted(
    (a, b) => a[0] - b[0] || b[1] - a[1],
  )) {
    const fits = Object.entries(restrictions).every(
      ([name, restriction]) => !Object.hasOwn(args, name) || fitsOne(restriction, args[name]),
    );
    if (!fits) continue;
    if (effect === 0) return asked ? "approval-required" : "permit";
    // Asked, the user may say yes, and then the rules behind it are looked at.
    if (fallback === 2) asked = true;
    else return "deny";
  }
  return "deny";
}

function fitsOne(restriction: Json, value: unknown): boolean {
  if (typeof restriction === "string") {
    return typeof value === "string" && new RegExp(withLineEnds(`^(?:${restriction})`)).test(value);
  }
  const text = JSON.stringify(restriction, (key, member) =>
    key === "pattern" ? withLineEnds(member) : member,
  );
  return ajv.validate(JSON.parse(text), value);
}

/** In Python `$` also matches before a line break at the end. */
function withLineEnds(expression: string): string {
  return expression.replaceAll("$", "(?=\\n?(?![^]))");
}

async function deciding(policy: Policy, options: ImportProgentOptions = {}) {
  const result = await importProgentPolicy(
    { file: "p.json", text: JSON.stringify(policy) },
    options,
  );
  if (!result.ok)
    throw new Error(result.issues.map(({ path, message }) => `${path} ${message}`).join("\n"));
  const document = await compilePolicyYaml({ file: "policy.yaml", text: result.text });
  const guard = await createGuard({ policy: document, matcher: linearMatcher() });
  const context = { principal: trustedPrincipal({ agent: { id: "agent" } }) };
  return async ({ tool, args }: Call): Promise<Verdict> =>
    (await guard.check({ callId: "1", tool, args }, context)).outcome;
}

test.runIf(process.env["CI"] === "true")("the data is there in CI", () => {
  expect(hasData).toBe(true);
});

describe.skipIf(!hasData)("the published banking policy (skipped without PORTCULLIS_DATA)", () => {
  test("translates, and decides every call of the suite as its interpreter does", async () => {
    const text = readFileSync(join(DATA, "progent-banking-policy.json"), "utf8");
    const tools = readFileSync(join(DATA, "banking.json"), "utf8");
    const policy: Policy = JSON.parse(text).banking;
    const recorded: readonly Call[] = callsOf(JSON.parse(tools));
    const calls = [...recorded, ...recorded.flatMap(variants)];
    expect(recorded.length).toBeGreaterThan(40);
    const open = await deciding(policy);
    const typed = await deciding(policy, { tools: { file: "banking.json", text: tools } });
    const seen = { permit: 0, deny: 0, "approval-required": 0 };
    for (const call of calls) {
      const expected = referenceOf(policy, call);
      seen[expected] += 1;
      expect([call, await open(call)]).toEqual([call, expected]);
    }
    // With the tools' own schemas a call must also fit those; the recorded ones do.
    for (const call of recorded)
      expect([call, await typed(call)]).toEqual([call, referenceOf(policy, call)]);
    expect(seen.permit).toBeGreaterThan(20);
    expect(seen.deny).toBeGreaterThan(20);
  });
});

function callsOf(suite: {
  readonly userTasks: readonly { readonly calls: readonly Call[] }[];
  readonly injectionTasks: readonly { readonly calls: readonly Call[] }[];
}): readonly Call[] {
  return [...suite.userTasks, ...suite.injectionTasks].flatMap(({ calls }) =>
    calls.map(({ tool, args }) => ({ tool, args })),
  );
}

/** The call without each of its arguments, and with others of the same type in their place. */
function variants({ tool, args }: Call): readonly Call[] {
  return Object.keys(args).flatMap((name) => {
    const { [name]: value, ...rest } = args;
    const others: readonly Json[] =
      typeof value === "string" ? ["", `${value} `, value.toLowerCase(), "x"] : [];
    return [
      { tool, args: rest },
      ...others.map((other) => ({ tool, args: { ...args, [name]: other } })),
    ];
  });
}

const TEXTS = ["", "a", "b", "ab", "a\n", "ba", "é"];
const NUMBERS = [-1, 0, 1, 2, 3, 10];

/** Restrictions of a text, a whole number, a list of texts and a text that may be null. */
const leaf = {
  text: fc.oneof(
    fc.constantFrom<Json>({}, true, { type: "string" }, { type: "integer" }, { const: "a" }),
    fc.subarray(TEXTS, { minLength: 1 }).map((values): Json => ({ enum: values })),
    fc.constantFrom<Json>({ pattern: "^a" }, { pattern: "a$" }, { pattern: "b" }, "a", "b|a$", ""),
    fc.nat(3).map((length): Json => ({ minLength: length })),
    fc.nat(3).map((length): Json => ({ maxLength: length })),
  ),
  number: fc.oneof(
    fc.constantFrom<Json>({}, { type: "integer" }, { type: "number" }, { type: "string" }),
    fc.subarray(NUMBERS, { minLength: 1 }).map((values): Json => ({ enum: values })),
    fc.constantFrom(...NUMBERS).map((value): Json => ({ minimum: value })),
    fc.constantFrom(...NUMBERS).map((value): Json => ({ exclusiveMaximum: value, const: 1 })),
  ),
};

function deepen(restriction: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const schema = restriction.filter((each) => typeof each !== "string");
  return fc.oneof(
    { arbitrary: restriction, weight: 4 },
    { arbitrary: schema.map((each): Json => ({ not: each })), weight: 1 },
    {
      arbitrary: fc
        .array(schema, { minLength: 1, maxLength: 3 })
        .map((each): Json => ({ anyOf: each })),
      weight: 1,
    },
    {
      arbitrary: fc
        .array(schema, { minLength: 1, maxLength: 3 })
        .map((each): Json => ({ allOf: each })),
      weight: 1,
    },
    {
      arbitrary: fc
        .array(schema, { minLength: 1, maxLength: 3 })
        .map((each): Json => ({ oneOf: each })),
      weight: 1,
    },
  );
}

const restrictions = fc.record(
  {
    text: deepen(leaf.text),
    number: deepen(leaf.number),
    maybe: deepen(leaf.text),
    list: leaf.text
      .filter((each) => typeof each !== "string")
      .chain((items) =>
        fc.constantFrom<Json>({ items }, { contains: items }, { minItems: 1 }, { maxItems: 1 }),
      ),
    at: leaf.text
      .filter((each) => typeof each !== "string")
      .map((each): Json => ({ properties: { city: each }, required: ["zip"] })),
  },
  { requiredKeys: [] },
);

const generated: fc.Arbitrary<Policy> = fc
  .array(
    fc.tuple(
      fc.nat(3),
      fc.constantFrom<0 | 1>(0, 1),
      restrictions,
      fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    ),
    { minLength: 1, maxLength: 5, size: "max" },
  )
  .map((rules) => ({ act: rules }));

const args: fc.Arbitrary<JsonObject> = fc.record(
  {
    text: fc.constantFrom(...TEXTS),
    number: fc.constantFrom(...NUMBERS),
    maybe: fc.constantFrom(...TEXTS, null),
    list: fc.array(fc.constantFrom(...TEXTS), { maxLength: 3 }),
    at: fc.record(
      { city: fc.constantFrom(...TEXTS), zip: fc.constantFrom(...TEXTS) },
      { requiredKeys: ["city"] },
    ),
  },
  { requiredKeys: [] },
);

const TOOLS = {
  file: "tools.json",
  text: JSON.stringify({
    tools: [
      {
        name: "act",
        inputSchema: {
          type: "object",
          properties: {
            text: { type: "string" },
            number: { type: "integer" },
            maybe: { type: ["string", "null"] },
            list: { type: "array", items: { type: "string" } },
            at: {
              type: "object",
              properties: { city: { type: "string" }, zip: { type: "string" } },
              required: ["city"],
            },
          },
        },
      },
    ],
  }),
};

test("generated policies decide as their interpreter does", { timeout: 600_000 }, async () => {
  const seen = { permit: 0, deny: 0, "approval-required": 0 };
  await fc.assert(
    fc.asyncProperty(
      generated,
      fc.array(args, { minLength: 4, maxLength: 8, size: "max" }),
      async (policy, calls) => {
        const decide = await deciding(policy, { tools: TOOLS });
        for (const each of calls) {
          const call = { tool: "act", args: each };
          const expected = referenceOf(policy, call);
          seen[expected] += 1;
          expect(await decide(call)).toBe(expected);
        }
      },
    ),
    { numRuns: RUNS },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(RUNS / 40);
});
