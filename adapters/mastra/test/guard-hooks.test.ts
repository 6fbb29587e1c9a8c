import { createTool } from "@mastra/core/tools";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardHooks, guardMastraTools } from "../src/index.ts";
import { entryPointNames, entryPoints } from "./support/agent.ts";
import { argIs, entry, forbid, guardOver, permit } from "./support/policy.ts";

const RM = entry({ path: "string" }, { class: "delete" });

async function setUp() {
  const ran = vi.fn<(args: unknown) => unknown>(() => "done");
  const setup = await guardOver({ rm: RM }, [permit("rm"), forbid("rm", argIs("path", "/etc"))]);
  const rm = createTool({
    id: "rm",
    description: "rm",
    inputSchema: z.object({ path: z.string() }),
    execute: async (args) => ran(args),
  });
  return { ...setup, ran, plain: { rm } };
}

const calling = (path: string) => [{ calls: [{ name: "rm", args: { path } }] }];

describe.for(entryPointNames)("hooks in %s", (name) => {
  const run = entryPoints[name];

  test("refuse a call with the denial as output, on record", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const settings = { hooks: guardHooks({ guard, context }) };
    const { told } = await run({ tools: plain, turns: calling("/etc"), settings });
    expect(ran).not.toHaveBeenCalled();
    expect(JSON.parse(String(told[0]?.output))).toMatchObject({ code: "forbidden-by-rule" });
    expect(outcomes()).toEqual(["rm:forbidden-by-rule"]);
  });

  test("let a permitted call through to the app's own hooks, decided by the tool", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const before = vi.fn<() => void>();
    const after = vi.fn<() => void>();
    const hooks = guardHooks({
      guard,
      context,
      hooks: { beforeToolCall: before, afterToolCall: after },
    });
    const tools = guardMastraTools(plain, { guard, context });
    await run({ tools, turns: calling("a"), settings: { hooks } });
    expect([before, after, ran].map((mock) => mock.mock.calls.length)).toEqual([1, 1, 1]);
    expect(outcomes()).toEqual(["rm:completed"]);
  });

  test("replaced by those of the run, leave the tools guarded", async () => {
    const { plain, guard, context, ran } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const settings = { hooks: guardHooks({ guard, context }) };
    await run({ tools, turns: calling("/etc"), settings, run: { hooks: {} } });
    expect(ran).not.toHaveBeenCalled();
  });
});
