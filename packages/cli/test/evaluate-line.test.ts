import type { Guard } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import { expect, test } from "vitest";
import type { EvalLine } from "../src/eval-line.ts";
import { evaluateLine } from "../src/evaluate-line.ts";
import { createEvaluator } from "../src/evaluator.ts";
import { BANK_POLICY } from "./support/bank-policy.ts";

const LINE: EvalLine = {
  id: 1,
  principal: { agent: "a", roles: ["assistant"] },
  tool: "get_balance",
  usage: { inputTokens: 1, outputTokens: 2 },
};

async function start(policy: string = BANK_POLICY) {
  const document = await compilePolicyYaml({ file: "policy.yaml", text: policy });
  return await createEvaluator(document);
}

test("reports token use before the call", async () => {
  const { guard, document } = await start();
  const calls: string[] = [];
  const observed: Guard = {
    ...guard,
    reportUsage: async (context, usage) => {
      calls.push(`usage ${usage?.inputTokens} ${usage?.outputTokens}`);
      await guard.reportUsage(context, usage);
    },
    execute: async (call, context, run) => {
      calls.push("execute");
      return await guard.execute(call, context, run);
    },
  };
  expect((await evaluateLine(LINE, { guard: observed, document })).outcome).toBe("permit");
  expect(calls).toEqual(["usage 1 2", "execute"]);
});

test("a call whose token use cannot be counted is not permitted and does not run", async () => {
  const { guard, document } = await start();
  const broken: Guard = {
    ...guard,
    reportUsage: () => Promise.reject(new Error("down")),
    execute: () => Promise.reject(new Error("must not run")),
  };
  const evaluator = { guard: broken, document };
  await expect(evaluateLine(LINE, evaluator)).rejects.toMatchObject({ code: "internal" });
  const denied = await evaluateLine({ ...LINE, tool: "format_disk" }, evaluator);
  expect(denied).toMatchObject({ outcome: "deny", code: "tool-unknown" });
});

test("token budgets read what earlier lines and the line itself report", async () => {
  const evaluator = await start(
    BANK_POLICY.replace(
      "limits:\n",
      `limits:
  - { id: request, per: [agent], budget: { unit: tokens, amount: 100, window: request } }
  - { id: day, per: [agent], budget: { unit: tokens, amount: 250, window: 24h } }
`,
    ),
  );
  const answer = async (outputTokens: number | undefined): Promise<unknown> => {
    const usage = outputTokens === undefined ? undefined : { inputTokens: 0, outputTokens };
    return (await evaluateLine({ ...LINE, session: "s", usage }, evaluator)).code;
  };
  expect(await answer(undefined)).toBe("limit-unavailable");
  expect(await answer(100)).toBeNull();
  expect(await answer(101)).toBe("limit-exceeded");
  expect(await answer(49)).toBeNull();
  expect(await answer(undefined)).toBeNull();
  expect(await answer(1)).toBe("limit-exceeded");
});

test("a policy that wants tokens takes nobody's word", async () => {
  const evaluator = await start(BANK_POLICY.replace("identity: host", "identity: token"));
  expect(await evaluateLine(LINE, evaluator)).toMatchObject({ code: "context-missing" });
});

test("a name that cannot be one is the line's fault", async () => {
  const line = { ...LINE, principal: { agent: "", roles: [] } };
  await expect(evaluateLine(line, await start())).rejects.toMatchObject({ code: "invalid-member" });
});

test("rules in shadow mode are not among those that applied", async () => {
  const shadowed = BANK_POLICY.replace(
    "rules:\n",
    "rules:\n  - { id: shadowed, effect: forbid, tools: [get_balance], mode: shadow }\n",
  );
  const answer = await evaluateLine(LINE, await start(shadowed));
  expect(answer).toMatchObject({ outcome: "permit", rules: ["assistants-act"] });
});

test("an MCP tool comes from where the catalogue says", async () => {
  const text = `portcullis: 1
name: x
identity: host
tools:
  "mcp:crm/read": { class: read, input: { type: object } }
rules:
  - { id: r, effect: permit, tools: ["mcp:crm/read"] }
`;
  const answer = await evaluateLine({ ...LINE, tool: "mcp:crm/read" }, await start(text));
  expect(answer).toMatchObject({ outcome: "permit" });
});
