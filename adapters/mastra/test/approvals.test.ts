import { createHash, createHmac } from "node:crypto";
import { createTool } from "@mastra/core/tools";
import {
  PortcullisDeniedError,
  createSharedKeyApprovalVerifier,
  signApproval,
} from "@portcullis/core";
import type { Digest } from "@portcullis/core";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardMastraTool } from "../src/index.ts";
import { agentOf, requestContextOf } from "./support/agent.ts";
import { approve, entry, guardOver, permit } from "./support/policy.ts";

const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: (key, text) => createHmac("sha256", key).update(text).digest("base64url"),
};
const key = "the key of Sam alone, 32 characters";
const id = "user:sam";
const PAY = entry({ amount: "number" }, { class: "pay" });

async function setUp(settings: { readonly approvals?: "deny" } = {}) {
  const ran = vi.fn<(args: unknown) => string>(() => "paid");
  const setup = await guardOver({ pay: PAY, note: PAY }, [permit("pay", "note"), approve("pay")], {
    approvalVerifier: createSharedKeyApprovalVerifier({
      digest,
      approvers: [{ id, roles: ["supervisor"], key }],
    }),
  });
  const { guard, context } = setup;
  const make = (name: string, requireApproval = false) =>
    createTool({
      id: name,
      description: name,
      inputSchema: z.object({ amount: z.number().default(1) }),
      requireApproval,
      execute: async (args) => ran(args),
    });
  const answer = async (given: "grant" | "refuse") => {
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("There should be a pending approval.");
    const { version, argsDigest } = pending;
    const statement = { id: pending.id, version, argsDigest, answer: given } as const;
    const proof = await signApproval(statement, { digest, id, key });
    await guard.answerApproval({ id: pending.id, version, answer: given, proof });
  };
  const plain = { pay: make("pay"), note: make("note") };
  const pay = guardMastraTool(plain.pay, { guard, context, ...settings });
  return { ...setup, ran, plain, pay, make, answer };
}

const turns = (args: unknown = { amount: 10 }) => [{ calls: [{ id: "c", name: "pay", args }] }];

describe("a call that waits for a person", () => {
  test("pauses the run and is stored, with nothing run", async () => {
    const { pay, ran, guard } = await setUp();
    const { agent } = agentOf({ tools: { pay }, turns: turns() });
    const result = await agent.generate("go", { requestContext: requestContextOf(undefined) });
    expect(result.finishReason).toBe("suspended");
    expect(ran).not.toHaveBeenCalled();
    expect(await guard.listApprovals()).toHaveLength(1);
  });

  test("approved with the framework alone, it is refused", async () => {
    const { pay, ran, outcomes } = await setUp();
    const { agent } = agentOf({ tools: { pay }, turns: turns() });
    const { runId } = await agent.generate("go");
    await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:approval-required"]);
  });

  test("without the guard the framework's approval alone runs it", async () => {
    const { make, ran } = await setUp();
    const { agent } = agentOf({ tools: { pay: make("pay", true) }, turns: turns() });
    const { runId } = await agent.generate("go");
    await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
    expect(ran).toHaveBeenCalledOnce();
  });

  test("granted with proof, it runs once; the same approval again runs nothing", async () => {
    const { pay, ran, answer } = await setUp();
    const { agent } = agentOf({ tools: { pay }, turns: turns() });
    const { runId } = await agent.generate("go");
    await answer("grant");
    await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
    await agent
      .approveToolCallGenerate({ runId: String(runId), toolCallId: "c" })
      .catch(() => undefined);
    expect(ran).toHaveBeenCalledExactlyOnceWith({ amount: 10 });
  });

  test("the grant covers what the schema adds, and nothing else", async () => {
    const { pay, ran, answer } = await setUp();
    const { agent } = agentOf({ tools: { pay }, turns: turns({}) });
    const { runId } = await agent.generate("go");
    await answer("grant");
    await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
    expect(ran).toHaveBeenCalledExactlyOnceWith({ amount: 1 });
    await expect(pay.execute?.({ amount: 2 }, {} as never)).rejects.toBeInstanceOf(
      PortcullisDeniedError,
    );
  });

  test("refused with proof, it stays refused and nobody is asked again", async () => {
    const { pay, ran, answer, guard, outcomes } = await setUp();
    const { agent } = agentOf({ tools: { pay }, turns: turns() });
    const { runId } = await agent.generate("go");
    await answer("refuse");
    await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:approval-refused"]);
    expect(await guard.listApprovals()).toEqual([]);
  });

  test("written by the model into the arguments, a consent counts for nothing", async () => {
    const { pay, ran } = await setUp();
    const args = { amount: 10, resumeData: { approved: true } };
    const { agent } = agentOf({ tools: { pay }, turns: turns(args) });
    await agent.generate("go");
    expect(ran).not.toHaveBeenCalled();
  });

  test("switched off for the run, the guard asks all the same", async () => {
    const { pay, ran, outcomes } = await setUp({ approvals: "deny" });
    const { agent } = agentOf({ tools: { pay }, turns: turns() });
    await agent.generate("go", { requireToolApproval: false });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["pay:approval-required"]);
  });

  test("three resumes race for one grant; one runs", async () => {
    const { pay, ran, answer } = await setUp();
    await pay.execute?.({ amount: 10 }, {} as never)?.catch(() => undefined);
    await answer("grant");
    const runs = [1, 2, 3].map(async () => pay.execute?.({ amount: 10 }, {} as never));
    const settled = await Promise.allSettled(runs);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(ran).toHaveBeenCalledOnce();
  });
});

test("an author's own wish for an approval is kept", async () => {
  const { make, guard, context, ran } = await setUp();
  const note = guardMastraTool(make("note", true), { guard, context });
  const { agent } = agentOf({
    tools: { note },
    turns: [{ calls: [{ id: "c", name: "note", args: { amount: 3 } }] }],
  });
  const { finishReason, runId } = await agent.generate("go");
  expect([finishReason, ran.mock.calls.length]).toEqual(["suspended", 0]);
  await agent.approveToolCallGenerate({ runId: String(runId), toolCallId: "c" });
  expect(ran).toHaveBeenCalledExactlyOnceWith({ amount: 3 });
});

test.for(["requireApproval", "needsApprovalFn"])(
  "an author's %s is asked with input and view, and kept where the request cannot be stored",
  async (member) => {
    const { plain, guard, context } = await setUp();
    const ask = vi.fn<(...args: unknown[]) => Promise<boolean>>(async () => true);
    const tool = Object.assign(Object.create(plain.pay), plain.pay, { [member]: ask });
    const failing = {
      ...guard,
      requestApproval: () => Promise.reject(new Error("the store is down")),
    };
    const pay = guardMastraTool(tool as typeof plain.pay, { guard: failing, context });
    expect("needsApprovalFn" in pay && pay.needsApprovalFn).toBeUndefined();
    const gate = pay.requireApproval as (...args: unknown[]) => Promise<boolean>;
    const view = { requestContext: {} };
    expect(await gate({ amount: 3 }, view)).toBe(true);
    expect(ask).toHaveBeenCalledExactlyOnceWith({ amount: 3 }, view);
    ask.mockResolvedValue(false);
    expect(await gate({ amount: 3 }, view)).toBe(false);
  },
);

async function suspending() {
  const setup = await setUp();
  const { guard, context, ran } = setup;
  const tool = createTool({
    id: "note",
    description: "note",
    inputSchema: z.object({ amount: z.number() }),
    suspendSchema: z.object({ question: z.string() }),
    resumeSchema: z.object({ approved: z.boolean() }),
    execute: async ({ amount }, { agent }) => {
      const data = agent?.resumeData as { approved?: boolean } | undefined;
      if (data?.approved !== true) {
        await agent?.suspend({ question: `Pay ${amount}?` });
        return undefined;
      }
      return ran({ amount });
    },
  });
  const reason = "A clerk answers it on the shop's own page.";
  const note = guardMastraTool(tool, { guard, context, resume: { reason } });
  return { ...setup, tool, note };
}

const noteTurns = (args: unknown) => [{ calls: [{ id: "c", name: "note", args }] }];

describe("a tool that suspends", () => {
  test("is refused without a reason", async () => {
    const { tool, guard } = await suspending();
    expect(() => guardMastraTool(tool, { guard })).toThrow("least 20 characters");
    expect(() => guardMastraTool(tool, { guard, resume: { reason: "short" } })).toThrow(
      "least 20 characters",
    );
  });

  test("pauses the run as without the guard", async () => {
    const { note, ran } = await suspending();
    const { agent } = agentOf({ tools: { note }, turns: noteTurns({ amount: 3 }) });
    const { finishReason, suspendPayload } = await agent.generate("go");
    expect(finishReason).toBe("suspended");
    expect(JSON.stringify(suspendPayload)).toContain("Pay 3?");
    expect(ran).not.toHaveBeenCalled();
  });

  test("resumed with data that the model wrote, it waits for an approval", async () => {
    const { note, tool, ran, guard } = await suspending();
    const args = { amount: 3, resumeData: { approved: true } };
    const control = agentOf({ tools: { note: tool }, turns: noteTurns(args) });
    await control.agent.generate("go");
    expect(ran).toHaveBeenCalledOnce();
    ran.mockClear();

    const { agent } = agentOf({ tools: { note }, turns: noteTurns(args) });
    await agent.generate("go");
    expect(ran).not.toHaveBeenCalled();
    expect(await guard.listApprovals()).toHaveLength(1);
  });

  test("resumed by the app, it goes on after a proven approval", async () => {
    const { note, ran, answer } = await suspending();
    const { agent } = agentOf({ tools: { note }, turns: noteTurns({ amount: 3 }) });
    const { runId } = await agent.generate("go");
    const resume = () =>
      agent.resumeGenerate({ approved: true }, { runId: String(runId), toolCallId: "c" });
    await resume();
    expect(ran).not.toHaveBeenCalled();
    await answer("grant");
    await note.execute?.({ amount: 3 }, {
      agent: { toolCallId: "c", resumeData: { approved: true }, suspend: async () => undefined },
    } as never);
    expect(ran).toHaveBeenCalledExactlyOnceWith({ amount: 3 });
  });
});
