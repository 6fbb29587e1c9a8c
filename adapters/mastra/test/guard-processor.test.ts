import type { Processor } from "@mastra/core/processors";
import { createTool } from "@mastra/core/tools";
import type { Guard } from "@portcullis/core";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { guardMastraTools, guardProcessor } from "../src/index.ts";
import {
  agentOf,
  entryPointNames,
  entryPoints,
  offeredTo,
  requestContextOf,
} from "./support/agent.ts";
import { argIs, entry, forbid, guardOver, permit } from "./support/policy.ts";
import { scanner } from "./support/scanner.ts";

const RM = entry({ path: "string" }, { class: "delete" });

async function setUp() {
  const ran = vi.fn<(args: unknown) => unknown>(() => "done");
  const setup = await guardOver(
    { rm: RM, echo: RM, hidden: RM },
    [permit("rm", "echo"), forbid("rm", argIs("path", "/etc"))],
    { scanner },
  );
  const make = (id: string) =>
    createTool({
      id,
      description: id,
      inputSchema: z.object({ path: z.string().default("here") }),
      execute: async (args) => ran(args),
    });
  const plain = { rm: make("rm"), echo: make("echo"), hidden: make("hidden") };
  return { ...setup, ran, plain };
}

const rmEtc = [{ calls: [{ name: "rm", args: { path: "/etc" } }] }];
const rmHere = [{ calls: [{ name: "rm", args: {} }] }];

type StepProcessor = Processor & Required<Pick<Processor, "processInputStep">>;

/** A processor that brings a tool along. */
function bringing(tools: Readonly<Record<string, object>>): StepProcessor {
  return { id: "bringing", processInputStep: (step) => ({ tools: { ...step.tools, ...tools } }) };
}

describe.for(entryPointNames)("in %s", (name) => {
  const run = entryPoints[name];

  test("an unguarded tool is guarded, whoever brought it", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const last = guardProcessor({ guard, context });
    const { rm } = plain;
    await run({ tools: { rm }, turns: rmEtc, settings: { inputProcessors: [last] } });
    await run({
      turns: rmEtc,
      run: { toolsets: { a: { rm } } },
      settings: { inputProcessors: [last] },
    });
    await run({ turns: rmEtc, settings: { inputProcessors: [bringing({ rm }), last] } });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(Array.from({ length: 3 }, () => "rm:forbidden-by-rule"));
  });

  test("without it, a tool that a processor brings runs", async () => {
    const { plain, ran } = await setUp();
    const inputProcessors = [bringing({ rm: plain.rm })];
    await run({ turns: rmEtc, settings: { inputProcessors } });
    expect(ran).toHaveBeenCalledOnce();
  });

  test("a guarded tool is decided and recorded once", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const inputProcessors = [guardProcessor({ guard, context })];
    await run({ tools, turns: rmHere, settings: { inputProcessors } });
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "here" });
    expect(outcomes()).toEqual(["rm:completed"]);
  });

  test("what has been decided is not decided for a second call of the same tool", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    // Runs the guarded tool twice under the one signal that it was given.
    const twice: StepProcessor = {
      id: "twice",
      processInputStep: ({ tools: given = {} }) => {
        const rm = given["rm"] as { execute: (...args: unknown[]) => Promise<unknown> };
        const execute = async (...args: unknown[]) => [
          await rm.execute(...args),
          await rm.execute(...args),
        ];
        return { tools: { ...given, rm: { ...rm, execute } } };
      },
    };
    const inputProcessors = [twice, guardProcessor({ guard, context })];
    await run({ tools, turns: rmHere, settings: { inputProcessors } });
    expect(ran).toHaveBeenCalledTimes(2);
    expect(outcomes()).toEqual(["rm:completed", "rm:completed"]);
  });

  test.for([
    ["with other arguments", "rm", { path: "/etc" }, "rm:forbidden-by-rule"],
    ["of another tool", "hidden", { path: "here" }, "hidden:no-applicable-rule"],
  ] as const)("what has been decided holds for no call %s", async ([, key, args, refused]) => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const swapping: StepProcessor = {
      id: "swapping",
      processInputStep: ({ tools: given = {} }) => {
        const other = given[key] as { execute: (...all: unknown[]) => Promise<unknown> };
        const execute = (_args: unknown, frame: unknown) => other.execute(args, frame);
        return { tools: { ...given, rm: { ...(given["rm"] as object), execute } } };
      },
    };
    const inputProcessors = [swapping, guardProcessor({ guard, context })];
    await run({ tools, turns: rmHere, settings: { inputProcessors } });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toContain(refused);
  });

  test("a run that removes it meets the guarded tools", async () => {
    const { plain, guard, context, ran } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const settings = { inputProcessors: [guardProcessor({ guard, context })] };
    await run({ tools, turns: rmEtc, settings, run: { inputProcessors: [] } });
    expect(ran).not.toHaveBeenCalled();
  });
});

describe("the model", () => {
  test("is offered only what the principal may use", async () => {
    const { plain, guard, context } = await setUp();
    const settings = { inputProcessors: [guardProcessor({ guard, context })] };
    const { agent, model } = agentOf({ tools: plain, turns: [], settings });
    await agent.generate("go");
    expect(offeredTo(model)).toEqual([["rm", "echo"]]);
  });

  test("is offered nothing without an identity", async () => {
    const { plain, guard } = await setUp();
    const settings = { inputProcessors: [guardProcessor({ guard })] };
    const { agent, model } = agentOf({ tools: plain, turns: [], settings });
    await agent.generate("go", { requestContext: requestContextOf(undefined) });
    expect(offeredTo(model)).toEqual([[]]);
  });

  test("is not forced to call what is withheld", async () => {
    const { plain, guard, context } = await setUp();
    const settings = { inputProcessors: [guardProcessor({ guard, context })] };
    const { agent, model } = agentOf({ tools: plain, turns: [], settings });
    await agent.generate("go", { toolChoice: { type: "tool", toolName: "hidden" } });
    expect(model.doGenerateCalls[0]?.toolChoice).toEqual({ type: "auto" });
  });

  test.for([
    ["a withheld tool", "hidden", "hidden:no-applicable-rule"],
    ["a tool that is not there", "invented", "invented:tool-unknown"],
    ["a name that is kept for servers", "mcp:a/b", "mcp:a/b:tool-unknown"],
  ] as const)("that names %s gets nothing run, on record", async ([, name, refused]) => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const settings = { inputProcessors: [guardProcessor({ guard, context })] };
    const turns = [{ calls: [{ name, args: { path: "a" } }] }];
    const { agent } = agentOf({ tools, turns, settings });
    await agent.generate("go");
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual([refused]);
  });

  test("gets no secret, in system text and in messages", async () => {
    const { guard, context } = await setUp();
    const settings = {
      instructions: "The password is hunter2.",
      inputProcessors: [guardProcessor({ guard, context })],
    };
    const { agent, model } = agentOf({ turns: [], settings });
    await agent.generate("What about hunter2?");
    const prompt = JSON.stringify(model.doGenerateCalls[0]?.prompt);
    expect(prompt).not.toContain("hunter2");
    expect(prompt).toContain("What about");
  });

  test("gets nothing at all where the redactor fails", async () => {
    const { guard, context } = await setUp();
    const broken: Guard = { ...guard, redact: () => Promise.reject(new RangeError("too deep")) };
    const settings = { inputProcessors: [guardProcessor({ guard: broken, context })] };
    const { agent, model } = agentOf({ turns: [], settings });
    await agent.generate("go").catch(() => undefined);
    expect(model.doGenerateCalls).toHaveLength(0);
  });

  test.for([
    ["that runs on the client", { execute: undefined }, "clientTools"],
    ["that the provider runs", { type: "provider-defined", id: "acme.search" }, "providerTools"],
  ] as const)("is offered a tool %s only if it is named", async ([, members, option]) => {
    const { plain, guard, context } = await setUp();
    const step = (permitted: object) =>
      guardProcessor({ guard, context, ...permitted }).processInputStep({
        tools: { echo: Object.assign({}, plain.echo, members, { id: "echo" }) },
        requestContext: requestContextOf(undefined),
        state: {},
      } as never);
    expect(await step({})).toHaveProperty("tools", {});
    const named = { permit: ["echo"], reason: "It only shows a map to the person." };
    expect(await step({ [option]: named })).toHaveProperty("tools.echo");
  });
});

test("a withheld tool is no active tool either", async () => {
  const { plain, guard, context } = await setUp();
  const step = await guardProcessor({ guard, context }).processInputStep({
    tools: plain,
    activeTools: ["rm", "hidden"],
    state: {},
  } as never);
  expect(step).toMatchObject({ activeTools: ["rm"] });
});

test.for([
  ["an answer from a cache", { fromCache: true }, []],
  ["an answer that tells no use", { chunks: [{ type: "finish", payload: {} }] }, [undefined]],
  ["a use told in the payload itself", {}, [{ inputTokens: 3, outputTokens: 4 }]],
] as const)("%s is counted as what it is", async ([, members, counted]) => {
  const { guard, context } = await setUp();
  const reported: unknown[] = [];
  const counting: Guard = {
    ...guard,
    reportUsage: async (_context, usage) => void reported.push(usage),
  };
  const usage = { inputTokens: 3, outputTokens: 4 };
  await guardProcessor({ guard: counting, context }).processLLMResponse({
    chunks: [{ type: "finish", payload: { usage } }],
    fromCache: false,
    state: {},
    ...members,
  } as never);
  expect(reported).toEqual(counted);
});

test("token use is put on the session's account", async () => {
  const { guard, context } = await setUp();
  const reported = vi.fn<Guard["reportUsage"]>(async () => undefined);
  const counting: Guard = { ...guard, reportUsage: reported };
  const settings = { inputProcessors: [guardProcessor({ guard: counting, context })] };
  const { agent } = agentOf({ turns: [], settings });
  await agent.generate("go");
  expect(reported).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ principal: expect.anything() }),
    { inputTokens: 11, outputTokens: 7 },
  );
});
