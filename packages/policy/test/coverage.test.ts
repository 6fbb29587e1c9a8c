import { describe, expect, test } from "vitest";
import { isCovered, runPolicyTests } from "../src/index.ts";
import type { PolicyCoverage } from "../src/index.ts";
import { compileText } from "./support/compile.ts";

const POLICY = `portcullis: 1
name: coverage
tools:
  act: { class: write, input: { type: object, properties: { n: { type: integer }, m: { type: integer } }, required: [n] } }
  other: { class: read, input: { type: object, properties: {} } }
rules:
  - { id: everyone, effect: permit, tools: [act] }
  - { id: agent, effect: permit, agents: [bot], tools: [other] }
  - { id: both, effect: forbid, tools: [act], when: args.n > 10 && (args.n > 20 || !(args.n == 12 && args.n < 100)) }
  - { id: erring, effect: require, tools: [act], when: args.m > 1, obligations: [{ approval: {} }] }
`;

async function cover(calls: readonly string[], given = ""): Promise<PolicyCoverage> {
  const policy = await compileText(POLICY);
  const tests = calls.map((call, index) => {
    const agent = call.startsWith("other") ? call.split(" ")[1] : "bot";
    const args = call.startsWith("other") ? "{}" : call;
    const tool = call.startsWith("other") ? "other" : "act";
    return `  - { name: "${index}", principal: { agent: ${agent} }, ${given}call: { tool: ${tool}, args: ${args} }, expect: { outcome: deny } }\n`;
  });
  const text = `portcullis: 1\ntests:\n${tests.join("")}`;
  const report = await runPolicyTests({ policy, tests: [{ file: "t.yaml", text }] });
  return report.coverage;
}

test("lists every clause in the order of the condition, also under a negation", async () => {
  const { details, clauses, rules } = await cover(["{ n: 1, m: 0 }"]);
  expect(details.map(({ id }) => id)).toEqual(["everyone", "agent", "both", "erring"]);
  expect(details[2]?.clauses.map(({ text }) => text)).toEqual([
    "args.n > 10",
    "args.n > 20",
    "args.n == 12",
    "args.n < 100",
  ]);
  expect(details[2]?.source).toBe("p.yaml:9:53");
  expect(clauses).toEqual({ covered: 0, total: 5 });
  expect(rules).toEqual({ covered: 1, total: 4 });
});

test("a clause is seen where && and || have been decided already", async () => {
  const { details } = await cover(["{ n: 1, m: 0 }", "{ n: 12, m: 0 }", "{ n: 200, m: 0 }"]);
  const seen = details[2]?.clauses.map(({ seenTrue, seenFalse }) => [seenTrue, seenFalse]);
  expect(seen).toEqual([
    [true, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
  expect(details[2]).toMatchObject({ seenApplying: true, seenNotApplying: true, covered: true });
});

describe("a rule is covered", () => {
  test.for([
    ["without conditions by one call of its tools", ["{ n: 1 }"], "everyone", true],
    ["not by calls of other tools", ["other bot"], "everyone", false],
    ["not by the agents that it names alone", ["other bot"], "agent", false],
    ["not by other agents alone", ["other else"], "agent", false],
    ["by both", ["other bot", "other else"], "agent", true],
    [
      "not where other tools are called instead of other agents",
      ["other bot", "{ n: 1 }"],
      "agent",
      false,
    ],
    ["not where its condition never holds", ["{ n: 1 }"], "both", false],
    ["not where its condition always holds", ["{ n: 50 }"], "both", false],
  ] as const)("%s", async ([, calls, id, covered]) => {
    const { details } = await cover(calls);
    expect(details.find((rule) => rule.id === id)?.covered).toBe(covered);
  });
});

test("an error covers neither side of a clause, though the rule applies", async () => {
  const { details } = await cover(["{ n: 1 }"]);
  expect(details[3]).toMatchObject({
    seenApplying: true,
    seenNotApplying: false,
    clauses: [{ text: "args.m > 1", seenTrue: false, seenFalse: false, seenError: true }],
  });
});

test("steps before the asserted call cover nothing", async () => {
  const given = "given: [{ call: { tool: other }, principal: { agent: bot } }], ";
  const { details } = await cover(["{ n: 1 }"], given);
  expect(details[1]).toMatchObject({ seenApplying: false, seenNotApplying: false });
});

test("a call that no rule was asked about covers nothing", async () => {
  const { details } = await cover(["{ n: x }"], "");
  expect(details[0]?.seenApplying).toBe(false);
  const { details: refused } = await cover(["{ n: 1 }"], "ceiling: [], ");
  expect(refused[0]?.seenApplying).toBe(false);
});

test.for([
  [9, 10, 90, true],
  [9, 10, 91, false],
  [0, 0, 100, true],
  [2, 3, 66.67, false],
  [0, 5, 0, true],
] as const)("%i of %i reaches %f: %s", ([covered, total, percent, expected]) => {
  expect(isCovered({ covered, total }, percent)).toBe(expected);
});
