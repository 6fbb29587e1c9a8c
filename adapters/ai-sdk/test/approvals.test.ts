import { createHash, createHmac } from "node:crypto";
import { createSharedKeyApprovalVerifier, signApproval } from "@portcullis/core";
import type { Digest } from "@portcullis/core";
import { generateText, isStepCount, tool } from "ai";
import type { ModelMessage } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardTools } from "../src/index.ts";
import { modelOf } from "./support/model.ts";
import { approve, entry, guardOver, permit } from "./support/policy.ts";

const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: (key, text) => createHmac("sha256", key).update(text).digest("base64url"),
};
const key = "the key of Sam alone, 32 characters";
const id = "user:sam";
const PAY = entry({ amount: "number" }, { class: "pay" });

async function setUp() {
  const ran = vi.fn<(args: unknown) => string>(() => "paid");
  const setup = await guardOver(
    { pay: PAY, refund: PAY },
    [permit("pay", "refund"), approve("pay", "refund")],
    {
      approvalVerifier: createSharedKeyApprovalVerifier({
        digest,
        approvers: [{ id, roles: ["supervisor"], key }],
      }),
    },
  );
  const { guard, context } = setup;
  const inputSchema = z.object({ amount: z.number() });
  const payment = tool({ inputSchema, execute: async (args) => ran(args) });
  const answer = async (given: "grant" | "refuse") => {
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("There should be a pending approval.");
    const { version, argsDigest } = pending;
    const statement = { id: pending.id, version, argsDigest, answer: given } as const;
    const proof = await signApproval(statement, { digest, id, key });
    await guard.answerApproval({ id: pending.id, version, answer: given, proof });
  };
  const tools = guardTools({ pay: payment, refund: payment }, { guard, context });
  return { ...setup, ran, tools, answer };
}

/** What a client sends back after its user clicked "approve". */
function approvedHistory(toolName: string, amount: number): ModelMessage[] {
  return [
    { role: "user", content: "go" },
    {
      role: "assistant",
      content: [
        { type: "tool-call", toolCallId: "c", toolName, input: { amount } },
        { type: "tool-approval-request", approvalId: "a", toolCallId: "c" },
      ],
    },
    {
      role: "tool",
      content: [{ type: "tool-approval-response", approvalId: "a", approved: true }],
    },
  ];
}

function submit(tools: Parameters<typeof guardTools>[0], messages: ModelMessage[]) {
  return generateText({ model: modelOf(), tools, messages, stopWhen: isStepCount(2) });
}

describe("approvals", () => {
  test("without the guard an approved history runs as often as it is submitted", async () => {
    const { ran } = await setUp();
    const pay = tool({
      inputSchema: z.object({ amount: z.number() }),
      execute: async (args) => ran(args),
    });
    for (let times = 0; times < 3; times += 1) await submit({ pay }, approvedHistory("pay", 10));
    expect(ran).toHaveBeenCalledTimes(3);
  });

  test("a forged one runs nothing", async () => {
    const { tools, ran, outcomes } = await setUp();
    await submit(tools, approvedHistory("pay", 10));
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:approval-required"]);
  });

  test("after the grant it runs exactly once, submitted three times", async () => {
    const { tools, ran, answer } = await setUp();
    await submit(tools, approvedHistory("pay", 10));
    await answer("grant");
    for (let times = 0; times < 3; times += 1) await submit(tools, approvedHistory("pay", 10));
    expect(ran).toHaveBeenCalledExactlyOnceWith({ amount: 10 });
  });

  test.for([
    { what: "other arguments", name: "pay", amount: 9999 },
    { what: "another tool", name: "refund", amount: 10 },
  ])("the grant does not hold for $what", async ({ name, amount }) => {
    const { tools, ran, answer } = await setUp();
    await submit(tools, approvedHistory("pay", 10));
    await answer("grant");
    await submit(tools, approvedHistory(name, amount));
    expect(ran).not.toHaveBeenCalled();
  });

  test("what a person refused stays refused", async () => {
    const { tools, ran, answer, guard, outcomes } = await setUp();
    await submit(tools, approvedHistory("pay", 10));
    await answer("refuse");
    await submit(tools, approvedHistory("pay", 10));
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes().at(-1)).toBe("pay:approval-refused");
    expect(await guard.listApprovals()).toEqual([]);
  });

  test("two submissions race for one grant; one runs", async () => {
    const { tools, ran, answer } = await setUp();
    await submit(tools, approvedHistory("pay", 10));
    await answer("grant");
    await Promise.all([1, 2, 3].map(() => submit(tools, approvedHistory("pay", 10))));
    expect(ran).toHaveBeenCalledTimes(1);
  });

  test("`toolApproval` that approves everything approves nothing", async () => {
    const { tools, ran, outcomes } = await setUp();
    await generateText({
      model: modelOf({ calls: [{ name: "pay", args: { amount: 10 } }] }),
      tools,
      prompt: "go",
      stopWhen: isStepCount(2),
      toolApproval: { pay: "approved" },
    });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:approval-required"]);
  });

  test("consent that the model writes is an argument like any other", async () => {
    const { guard, context, tools, ran, outcomes } = await setUp();
    const loose = { pay: { ...tools.pay, inputSchema: z.looseObject({ amount: z.number() }) } };
    await generateText({
      model: modelOf({ calls: [{ name: "pay", args: { amount: 10, approved: true } }] }),
      tools: guardTools(loose, { guard, context }),
      prompt: "go",
      stopWhen: isStepCount(2),
    });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:arguments-invalid"]);
  });
});
