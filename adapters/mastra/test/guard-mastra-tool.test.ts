import { createTool } from "@mastra/core/tools";
import {
  PortcullisConfigError,
  PortcullisDeniedError,
  PortcullisToolError,
} from "@portcullis/core";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { assertGuarded, guardMastraTool, guardMastraTools, isGuarded } from "../src/index.ts";
import { entryPointNames, entryPoints } from "./support/agent.ts";
import { argIs, entry, forbid, guardOver, permit, redactResult } from "./support/policy.ts";
import { scanner } from "./support/scanner.ts";

const RM = entry({ path: "string" }, { class: "delete" });

async function setUp() {
  const ran = vi.fn<(args: unknown) => unknown>(() => "done");
  const setup = await guardOver(
    { rm: RM, echo: RM },
    [permit("rm", "echo"), forbid("rm", argIs("path", "/etc")), redactResult("rm")],
    { scanner },
  );
  const inputSchema = z.object({ path: z.string() });
  const make = (id: string) =>
    createTool({ id, description: id, inputSchema, execute: async (args) => ran(args) });
  return { ...setup, ran, plain: { rm: make("rm"), echo: make("echo") } };
}

async function over(inputSchema: z.ZodType, properties: Record<string, string>) {
  const ran = vi.fn<(args: unknown) => unknown>(() => "done");
  const setup = await guardOver({ set: entry(properties) }, [permit("set")]);
  const tool = createTool({
    id: "set",
    description: "set",
    inputSchema,
    execute: async (args) => ran(args),
  });
  return { ...setup, ran, tool: guardMastraTool(tool, setup) };
}

async function sessionOf(frame: object, session?: { readonly id: string }) {
  const { plain, guard, context, records } = await setUp();
  const { principal } = context as never as { principal: never };
  const given = session === undefined ? { principal } : { principal, session };
  const tool = guardMastraTool(plain.rm, { guard, context: given });
  await tool.execute?.({ path: "a" }, frame as never);
  return records[0]?.session;
}

const denied = { error: "portcullis.denied", code: "forbidden-by-rule" };

describe.for(entryPointNames)("an agent's %s", (name) => {
  const run = entryPoints[name];

  test("unguarded, every call runs", async () => {
    const { plain, ran } = await setUp();
    await run({ tools: plain, turns: [{ calls: [{ name: "rm", args: { path: "/etc" } }] }] });
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "/etc" });
  });

  test("a permitted call runs with the decided arguments", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const turns = [{ calls: [{ name: "rm", args: { path: "/tmp/a" } }] }];
    const { text, told } = await run({ tools, turns });
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "/tmp/a" });
    expect(told).toEqual([{ tool: "rm", output: "done" }]);
    expect(text).toBe("done");
    expect(outcomes()).toEqual(["rm:completed"]);
  });

  test("of parallel calls only the permitted run, and each denial answers its call", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const calls = [
      { name: "rm", args: { path: "/etc" } },
      { name: "echo", args: { path: "b" } },
      { name: "rm", args: { path: "c" } },
    ];
    const { text, told } = await run({ tools, turns: [{ calls }] });
    expect(ran.mock.calls.map(([args]) => args)).toEqual([{ path: "b" }, { path: "c" }]);
    expect(JSON.parse(String(told[0]?.output))).toMatchObject(denied);
    expect(text).toBe("done");
    expect(outcomes().toSorted()).toEqual([
      "echo:completed",
      "rm:completed",
      "rm:forbidden-by-rule",
    ]);
  });

  test("two calls with one id are decided apart", async () => {
    const { plain, guard, context, ran } = await setUp();
    const tools = guardMastraTools(plain, { guard, context });
    const calls = [
      { id: "same", name: "rm", args: { path: "/etc" } },
      { id: "same", name: "rm", args: { path: "a" } },
    ];
    await run({ tools, turns: [{ calls }] });
    for (const [args] of ran.mock.calls) expect(args).toEqual({ path: "a" });
  });

  test("a toolset of the run is guarded like the agent's own tools", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const toolsets = { extra: guardMastraTools(plain, { guard, context }) };
    const turns = [{ calls: [{ name: "rm", args: { path: "/etc" } }] }];
    await run({ turns, run: { toolsets } });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["rm:forbidden-by-rule"]);
  });

  test("the identity may stand in the request context", async () => {
    const { plain, guard, context, ran } = await setUp();
    const tools = guardMastraTools(plain, { guard });
    const turns = [{ calls: [{ name: "rm", args: { path: "a" } }] }];
    await run({ tools, turns, slot: context });
    expect(ran).toHaveBeenCalledOnce();
  });

  test.for([
    ["no identity at all", undefined],
    [
      "JSON equal to a principal",
      { principal: { agent: { id: "bot" }, user: { id: "user:ann" } } },
    ],
  ])("%s is denied", async ([, slot]) => {
    const { plain, guard, ran, outcomes } = await setUp();
    const tools = guardMastraTools(plain, { guard });
    const turns = [{ calls: [{ name: "rm", args: { path: "a", principal: "admin" } }] }];
    await run({ tools, turns, slot: slot as never });
    expect(ran).not.toHaveBeenCalled();
    expect(outcomes()).toEqual(["rm:context-missing"]);
  });

  test("an error of the tool reaches the model without its secret and its stack", async () => {
    const { guard, context } = await setUp();
    const boom = createTool({
      id: "rm",
      description: "rm",
      inputSchema: z.object({ path: z.string() }),
      execute: async () => {
        throw new Error("password hunter2 at line 7");
      },
    });
    const tools = { rm: guardMastraTool(boom, { guard, context }) };
    const { told } = await run({
      tools,
      turns: [{ calls: [{ name: "rm", args: { path: "a" } }] }],
    });
    expect(JSON.stringify(told)).not.toMatch(/hunter2|at .*\.ts/);
    expect(told).toHaveLength(1);
  });
});

describe("a direct call", () => {
  test("is decided as any other", async () => {
    const { plain, guard, context, ran } = await setUp();
    const { execute } = guardMastraTool(plain.rm, { guard, context });
    await expect(execute?.({ path: "/etc" }, {} as never)).rejects.toBeInstanceOf(
      PortcullisDeniedError,
    );
    expect(await execute?.({ path: "a" }, {} as never)).toBe("done");
    expect(ran).toHaveBeenCalledOnce();
  });

  test("without a frame is decided too", async () => {
    const { plain, guard, context } = await setUp();
    const { execute } = guardMastraTool(plain.rm, { guard, context });
    expect(await execute?.({ path: "a" }, undefined as never)).toBe("done");
  });

  test("an abort before it starts nothing and rejects with its reason", async () => {
    const { plain, guard, context, ran } = await setUp();
    const { execute } = guardMastraTool(plain.rm, { guard, context });
    const abortSignal = AbortSignal.abort(new Error("stop"));
    await expect(execute?.({ path: "a" }, { abortSignal } as never)).rejects.toThrow("stop");
    expect(ran).not.toHaveBeenCalled();
  });

  test("a tool that throws rejects with its redacted failure", async () => {
    const { plain, guard, context, ran } = await setUp();
    ran.mockImplementation(() => {
      throw new Error("hunter2");
    });
    const call = guardMastraTool(plain.rm, { guard, context }).execute?.(
      { path: "a" },
      {} as never,
    );
    await expect(call).rejects.toBeInstanceOf(PortcullisToolError);
    await expect(call).rejects.not.toThrow("hunter2");
  });
});

describe("schemas", () => {
  test("defaults are decided, recorded and run alike", async () => {
    const schema = z.object({ size: z.number().default(5) });
    const { tool, ran, records } = await over(schema, { size: "integer" });
    await tool.execute?.({}, {} as never);
    expect(ran).toHaveBeenCalledExactlyOnceWith({ size: 5 });
    expect(records.at(-1)).toMatchObject({ result: "completed" });
  });

  test("a schema that changes its own output runs nothing", async () => {
    const schema = z.object({ size: z.number().transform((size) => size + 1) });
    const { tool, ran } = await over(schema, { size: "integer" });
    await expect(tool.execute?.({ size: 1 }, {} as never)).rejects.toBeInstanceOf(
      PortcullisToolError,
    );
    expect(ran).not.toHaveBeenCalled();
  });

  test("what the schema refuses runs nothing, also where the policy would take it", async () => {
    const schema = z.object({ size: z.number().max(3) });
    const { tool, ran } = await over(schema, { size: "integer" });
    await expect(tool.execute?.({ size: 9 }, {} as never)).rejects.toBeInstanceOf(
      PortcullisToolError,
    );
    expect(ran).not.toHaveBeenCalled();
  });

  test("nothing at all runs nothing, where the schema wants something", async () => {
    const { tool, ran } = await over(z.object({ size: z.number() }), { size: "integer" });
    await expect(tool.execute?.({}, {} as never)).rejects.toBeInstanceOf(PortcullisToolError);
    expect(ran).not.toHaveBeenCalled();
  });

  test("arguments that change during the decision run as they were decided", async () => {
    const { plain, guard, context, ran } = await setUp();
    const args = { path: "a" };
    const call = guardMastraTool(plain.rm, { guard, context }).execute?.(args, {} as never);
    args.path = "/etc";
    await call;
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "a" });
  });
});

describe("the session", () => {
  const memory = { MastraMemory: { thread: { id: "t1" }, resourceId: "r" } };

  test("is the memory thread, wherever Mastra tells it", async () => {
    const places = [{ agent: { threadId: "t1" } }, { threadId: "t1" }, { requestContext: memory }];
    const found = await Promise.all(places.map((frame) => sessionOf(frame)));
    expect(new Set(found).size).toBe(1);
    expect(await sessionOf({ threadId: "t2" })).not.toBe(found[0]);
    expect(await sessionOf({})).not.toBe(found[0]);
  });

  test("is the host's own where the host gives one", async () => {
    const explicit = { id: "task-9" };
    expect(await sessionOf({ threadId: "t1" }, explicit)).toBe(await sessionOf({}, explicit));
  });
});

describe("wrapping", () => {
  test("leaves the original alone, freezes the copy, and does it once", async () => {
    const { plain, guard, context } = await setUp();
    const once = guardMastraTool(plain.rm, { guard, context });
    expect(once).not.toBe(plain.rm);
    expect(Object.isFrozen(once)).toBe(true);
    expect(Object.getPrototypeOf(once)).toBe(Object.getPrototypeOf(plain.rm));
    expect(guardMastraTool(once, { guard, context })).toBe(once);
  });

  test("a clone is not guarded until it is wrapped again, and then decided once", async () => {
    const { plain, guard, context, ran, outcomes } = await setUp();
    const clone = Object.assign({}, guardMastraTool(plain.rm, { guard, context }));
    expect(isGuarded(clone, guard)).toBe(false);
    expect(() => assertGuarded({ clone }, guard)).toThrow(PortcullisConfigError);
    const again = guardMastraTool(clone, { guard, context });
    expect(isGuarded(again, guard)).toBe(true);
    assertGuarded({ again }, guard);
    await again.execute?.({ path: "a" }, {} as never);
    expect(ran).toHaveBeenCalledOnce();
    expect(outcomes()).toEqual(["rm:completed"]);
  });

  test("a clone with another function is guarded around that function", async () => {
    const { plain, guard, context } = await setUp();
    const evil = vi.fn<(...args: unknown[]) => Promise<string>>(async () => "evil");
    const own = guardMastraTool(plain.rm, { guard, context });
    const clone = Object.assign({}, own, { execute: evil });
    const again = guardMastraTool(clone, { guard, context });
    await expect(again.execute({ path: "/etc" }, {})).rejects.toBeInstanceOf(PortcullisDeniedError);
    expect(evil).not.toHaveBeenCalled();
  });

  test.for([
    ["has no `execute`", { execute: undefined }, "clientTools"],
    ["is run by the provider", { type: "provider-defined" }, "providerTools"],
    ["is run by the provider, in the newer form", { type: "provider" }, "providerTools"],
  ] as const)("a tool that %s is refused unless it is named", async ([, members, option]) => {
    const { plain, guard } = await setUp();
    const tool = Object.assign(Object.create(plain.rm), plain.rm, members) as typeof plain.rm;
    expect(() => guardMastraTool(tool, { guard })).toThrow(
      expect.objectContaining({ fields: { option } }),
    );
    const reason = "It only shows a map to the person.";
    const named = { guard, [option]: { permit: ["rm"], reason } };
    const permitted = guardMastraTool(tool, named);
    expect(permitted.execute).toBeUndefined();
    assertGuarded({ permitted }, guard);
    expect(() =>
      guardMastraTool(tool, { guard, [option]: { permit: ["rm"], reason: "" } }),
    ).toThrow(PortcullisConfigError);
  });

  test("callbacks with undecided input are dropped, and called after a permit", async () => {
    const { plain, guard, context, ran } = await setUp();
    const seen = vi.fn<(options: { input: unknown }) => void>();
    const start = vi.fn<() => void>();
    const tool = Object.assign(Object.create(plain.rm), plain.rm, {
      onInputStart: start,
      onInputAvailable: seen,
    }) as typeof plain.rm;
    const { execute, onInputStart, onInputAvailable } = guardMastraTool(tool, { guard, context });
    expect([onInputStart, onInputAvailable]).toEqual([undefined, undefined]);
    await expect(execute?.({ path: "/etc" }, {} as never)).rejects.toBeInstanceOf(
      PortcullisDeniedError,
    );
    expect(seen).not.toHaveBeenCalled();
    await execute?.({ path: "a" }, {} as never);
    expect(seen.mock.calls[0]?.[0].input).toEqual({ path: "a" });
    expect(start).not.toHaveBeenCalled();
    expect(ran).toHaveBeenCalledOnce();
  });

  test("an MCP server's tool is known by the server's configured key", async () => {
    const { plain, guard, context, outcomes } = await setUp();
    const tool = guardMastraTool(plain.rm, { guard, context, server: "files" });
    await expect(tool.execute?.({ path: "a" }, {} as never)).rejects.toBeInstanceOf(
      PortcullisDeniedError,
    );
    expect(outcomes()).toEqual(["mcp:files/rm:tool-unknown"]);
  });

  test("`thaw` gives the tool a copy that it may change", async () => {
    const { plain, guard, context, ran } = await setUp();
    ran.mockImplementation((args) => Object.isFrozen(args));
    const isFrozen = async (thaw: boolean) =>
      guardMastraTool(plain.rm, { guard, context, thaw }).execute?.({ path: "a" }, {} as never);
    // Mastra's own schema pass gives every tool a fresh object.
    expect(await isFrozen(true)).toBe(false);
  });
});

test("a tool that calls another one is decided twice, the inner call under the outer", async () => {
  const { plain, guard, context, ran, records } = await setUp();
  const rm = guardMastraTool(plain.rm, { guard });
  const outer = createTool({
    id: "echo",
    description: "echo",
    inputSchema: z.object({ path: z.string() }),
    execute: async ({ path }) => rm.execute?.({ path }, {} as never),
  });
  const { execute } = guardMastraTool(outer, { guard, context });
  await expect(execute?.({ path: "/etc" }, {} as never)).rejects.toBeInstanceOf(
    PortcullisToolError,
  );
  expect(ran).not.toHaveBeenCalled();
  expect(records.map(({ tool, code }) => [tool, code])).toContainEqual(["rm", "forbidden-by-rule"]);
  expect(records.find(({ tool }) => tool === "rm")?.parentCallId).toBeDefined();
});
