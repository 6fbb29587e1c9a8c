import type { DecisionRecord } from "@portcullis/core";
import { createGuard, createMemoryDecisionSink, trustedPrincipal } from "@portcullis/core";
import { expect, test } from "vitest";
import { compilePolicyYaml, findExcessRights } from "../src/index.ts";

const POLICY = compilePolicyYaml({
  file: "policy.yaml",
  text: `portcullis: 1
name: desk
identity: host
roles:
  clerk: { agents: [clerk-bot] }
tools:
  look: { class: read, input: { type: object } }
  note: { class: write, input: { type: object } }
  pay: { class: pay, input: { type: object, properties: { amount: { type: number } } } }
  wipe: { class: delete, input: { type: object } }
rules:
  - { id: reads, effect: permit, tools: [look, note] }
  - { id: clerks-pay, effect: permit, agents: ["role:clerk"], tools: [pay], when: args.amount < 10 }
  - { id: nobody-wipes, effect: forbid, tools: [wipe] }
  - { id: wipes, effect: permit, tools: [wipe] }
`,
});

async function logOf(
  calls: readonly (readonly [agent: string, tool: string, args?: Record<string, number>])[],
): Promise<readonly DecisionRecord[]> {
  const sink = createMemoryDecisionSink();
  const guard = await createGuard({ policy: await POLICY, sink });
  for (const [agent, tool, args = {}] of calls) {
    const context = { principal: trustedPrincipal({ agent: { id: agent } }) };
    await guard.execute({ callId: "1", tool, args }, context, () => 1);
  }
  return sink.records;
}

test("says what was used, what never was, and what was refused", async () => {
  const log = await logOf([
    ["clerk-bot", "look"],
    ["clerk-bot", "look"],
    ["clerk-bot", "pay", { amount: 50 }],
    ["other-bot", "pay", { amount: 1 }],
    ["other-bot", "wipe"],
    ["other-bot", "format"],
  ]);
  expect(findExcessRights(await POLICY, log)).toEqual({
    records: 6,
    agents: [
      {
        agent: "clerk-bot",
        used: [{ tool: "look", calls: 2 }],
        unused: ["note", "pay"],
        gone: [],
        refused: [
          { tool: "pay", calls: 1, codes: { "no-applicable-rule": 1 }, wasPermitted: false },
        ],
      },
      {
        agent: "other-bot",
        used: [],
        unused: ["look", "note"],
        gone: [],
        refused: [
          { tool: "pay", calls: 1, codes: { "no-applicable-rule": 1 }, wasPermitted: false },
          { tool: "wipe", calls: 1, codes: { "forbidden-by-rule": 1 }, wasPermitted: false },
        ],
      },
    ],
    narrower: [
      { rule: "reads", at: expect.any(String), tools: ["look"], drop: ["note"] },
      { rule: "clerks-pay", at: expect.any(String), tools: [], drop: ["pay"] },
      { rule: "wipes", at: expect.any(String), tools: [], drop: ["wipe"] },
    ],
  });
});

test("counts a call once, and the outcome's word", async () => {
  const log = await logOf([["clerk-bot", "pay", { amount: 5 }]]);
  expect(log).toHaveLength(2);
  const { records, agents, narrower } = findExcessRights(await POLICY, log);
  expect(records).toBe(1);
  expect(agents[0]?.used).toEqual([{ tool: "pay", calls: 1 }]);
  expect(narrower.map(({ rule }) => rule)).toEqual(["reads", "wipes"]);
});

test("takes roles that are in no log, and leaves lists and unknown callers out", async () => {
  const log = await logOf([["temp-bot", "look"]]);
  const rights = findExcessRights(await POLICY, log, { roles: { "temp-bot": ["clerk"] } });
  expect(rights.agents[0]?.unused).toEqual(["note", "pay"]);
  const [first] = log;
  if (first === undefined) throw new Error("There is a record.");
  const { agent: _agent, ...nobody } = first;
  const others = [
    { ...first, listed: true as const },
    { ...nobody, decisionId: "d_2" },
  ];
  expect(findExcessRights(await POLICY, others)).toMatchObject({ records: 1, agents: [] });
});

test("names what ran under an earlier policy and may not any more", async () => {
  const [intent] = await logOf([["clerk-bot", "look"]]);
  if (intent === undefined) throw new Error("There is a record.");
  const log = [{ ...intent, tool: "wipe" }];
  expect(findExcessRights(await POLICY, log).agents[0]).toMatchObject({ used: [], gone: ["wipe"] });
});
