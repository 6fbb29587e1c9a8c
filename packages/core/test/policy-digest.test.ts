import { describe, expect, test } from "vitest";
import { canonicalize } from "../src/canonical-json.ts";
import { parsePolicy } from "../src/parse-policy.ts";
import { policyDigestText } from "../src/policy-digest.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import * as b from "./support/policy-builders.ts";

const { rule, lit, path, op2, word } = b;
const AT = { at: "p.yaml:1:1", text: "written" };

const plain: PolicyDocument = b.documentOf({
  tools: { act: b.toolEntry({ facts: { d: { type: "word@1", at: "/x" } } }) },
  rules: [
    rule("a", "permit"),
    rule("b", "forbid", {
      when: op2("eq", word("/x", "text", "string"), lit("at")),
      message: "No.",
    }),
  ],
  limits: [
    { id: "k", per: ["agent"], concurrent: 1 },
    { id: "l", per: ["agent"], concurrent: 2 },
  ],
  risk: {
    ...b.documentOf().risk,
    add: [{ when: op2("eq", path("args.text"), lit(1)), points: 1, factor: "f" }],
  },
});

test("is canonical JSON of the whole document", () => {
  expect(policyDigestText(plain)).toBe(canonicalize(plain).text);
});

describe("equal policies have one text", () => {
  test.for<readonly [string, PolicyDocument]>([
    [
      "positions and texts of rules",
      { ...plain, rules: plain.rules.map((one) => ({ ...one, ...AT })) },
    ],
    [
      "positions of limits",
      { ...plain, limits: plain.limits.map((one) => ({ ...one, at: AT.at })) },
    ],
    [
      "positions of risk additions",
      { ...plain, risk: { ...plain.risk, add: plain.risk.add.map((one) => ({ ...one, ...AT })) } },
    ],
    ["the order of rules", { ...plain, rules: plain.rules.toReversed() }],
    ["the order of limits", { ...plain, limits: plain.limits.toReversed() }],
    [
      "the order of members",
      Object.fromEntries(Object.entries(plain).toReversed()) as unknown as PolicyDocument,
    ],
    ["having been parsed", parsePolicy(plain)],
  ])("whatever %s", ([, document]) => {
    expect(policyDigestText(document)).toBe(policyDigestText(plain));
  });
});

describe("different policies have different texts", () => {
  const [first, second] = plain.rules as [
    PolicyDocument["rules"][number],
    PolicyDocument["rules"][number],
  ];
  const fact = (more: object): PolicyDocument => ({
    ...plain,
    rules: [first, { ...second, when: op2("eq", word("/x", "text", "string", more), lit("at")) }],
  });
  test.for<readonly [string, PolicyDocument]>([
    ["the version of a fact provider", fact({ type: "word@2" })],
    ["the pointer of a fact, which is called `at` too", fact({ at: "/y" })],
    ["the options of a fact", fact({ options: { a: 1 } })],
    [
      "the pointer of a declared fact",
      { ...plain, tools: { act: b.toolEntry({ facts: { d: { type: "word@1", at: "/y" } } }) } },
    ],
    [
      "the version of a declared fact",
      { ...plain, tools: { act: b.toolEntry({ facts: { d: { type: "word@2", at: "/x" } } }) } },
    ],
    ["a message", { ...plain, rules: [first, { ...second, message: "Never." }] }],
    ["a mode", { ...plain, rules: [{ ...first, mode: "shadow" }, second] }],
    ["a rule less", { ...plain, rules: [first] }],
    ["a schema", { ...plain, tools: { act: b.toolEntry({ input: { type: "object" } }) } }],
    ["a limit", { ...plain, limits: [] }],
    ["a role's member", { ...plain, roles: { ...plain.roles, admin: { users: ["user:eve"] } } }],
    [
      "the points of a risk addition",
      {
        ...plain,
        risk: { ...plain.risk, add: plain.risk.add.map((one) => ({ ...one, points: 2 })) },
      },
    ],
    ["the audit level", { ...plain, audit: { level: "strict" } }],
    ["the name", { ...plain, name: "other" }],
    ["the serial", { ...plain, serial: 1 }],
  ])("%s", ([, document]) => {
    expect(policyDigestText(document)).not.toBe(policyDigestText(plain));
  });
});
