import { createTool } from "@mastra/core/tools";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { Agent } from "@mastra/core/agent";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardMastraTool } from "../src/index.ts";
import { agentOf, requestContextOf } from "./support/agent.ts";
import { modelOf } from "./support/model.ts";
import { argIs, entry, forbid, guardOver, permit } from "./support/policy.ts";

const RM = entry({ path: "string" }, { class: "delete" });

async function setUp() {
  const ran = vi.fn<(args: unknown) => unknown>(() => ({ ok: true }));
  const setup = await guardOver({ rm: RM }, [permit("rm"), forbid("rm", argIs("path", "/etc"))]);
  const plain = createTool({
    id: "rm",
    description: "rm",
    inputSchema: z.object({ path: z.string() }),
    outputSchema: z.object({ ok: z.boolean() }),
    execute: async (args) => ran(args) as { ok: boolean },
  });
  return { ...setup, ran, plain };
}

function workflowOf(tool: Parameters<typeof createStep>[0]) {
  return createWorkflow({
    id: "w",
    inputSchema: z.object({ path: z.string() }),
    outputSchema: z.object({ ok: z.boolean() }),
  })
    .then(createStep(tool as never) as never)
    .commit();
}

async function runWorkflow(tool: object, path: string, slot?: never) {
  const run = await workflowOf(tool as never).createRun();
  return run.start({ inputData: { path }, requestContext: requestContextOf(slot) });
}

describe("a workflow step", () => {
  test("unguarded, runs whatever it is given", async () => {
    const { plain, ran } = await setUp();
    await runWorkflow(plain, "/etc");
    expect(ran).toHaveBeenCalledOnce();
  });

  test("refused, ends the run as failed, and no denial is its output", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const result = await runWorkflow(guardMastraTool(plain, { guard, context }), "/etc");
    expect(result.status).toBe("failed");
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["rm:forbidden-by-rule"]);
  });

  test("permitted, gives the tool's result", async () => {
    const { plain, guard, context } = await setUp();
    const result = await runWorkflow(guardMastraTool(plain, { guard }), "a", context as never);
    expect(result).toMatchObject({ status: "success", result: { ok: true } });
  });
});

describe("a sub-agent", () => {
  test.for([
    ["unguarded tools run", false, 1],
    ["guarded tools are decided", true, 0],
  ] as const)("whose %s", async ([, isGuardedInside, times]) => {
    const { plain, guard, context, ran } = await setUp();
    const rm = isGuardedInside ? guardMastraTool(plain, { guard, context }) : plain;
    const inner = new Agent({
      id: "inner",
      name: "inner",
      description: "Removes files",
      instructions: "Remove.",
      model: modelOf([{ calls: [{ name: "rm", args: { path: "/etc" } }] }]) as never,
      tools: { rm },
    });
    const { agent } = agentOf({
      turns: [{ calls: [{ name: "agent-inner", args: { prompt: "remove it" } }] }],
      settings: { agents: { inner } },
    });
    await agent.generate("go");
    expect(ran).toHaveBeenCalledTimes(times);
  });
});
