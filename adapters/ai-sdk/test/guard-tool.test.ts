import { PortcullisConfigError, PortcullisError, trustedPrincipal } from "@portcullis/core";
import type { ContextInput, Guard } from "@portcullis/core";
import { dynamicTool, experimental_toolCaller, jsonSchema, tool, toolSearch } from "ai";
import type { Tool } from "ai";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { assertGuarded, guardTool, guardTools, isGuarded } from "../src/index.ts";
import { approve, argIs, entry, forbid, guardOver, permit, principal } from "./support/policy.ts";

const reason = "Measured to be safe in this test suite.";
const call = { toolCallId: "c1", messages: [], context: {} };
const READ = entry({ path: "string" });

function readFile(ran: (args: unknown) => unknown = () => "text") {
  return tool({
    description: "Reads a file",
    inputSchema: z.object({ path: z.string() }),
    execute: async (args) => ran(args),
  });
}

async function setUp(options: Parameters<typeof guardOver>[2] = {}) {
  const ran = vi.fn<(args: unknown) => unknown>(() => "text");
  const setup = await guardOver(
    { read: READ, erase: READ, pay: READ },
    [permit("read", "pay"), forbid("read", argIs("path", "/etc/passwd")), approve("pay")],
    options,
  );
  const { guard, context } = setup;
  const guardRead = (name = "read") => guardTool(readFile(ran), { guard, context, name });
  return { ...setup, ran, guardRead };
}

function codeOf(error: unknown): unknown {
  return JSON.parse(String(error)).code;
}

async function failure(work: unknown): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("It should have thrown.");
}

describe("the executable", () => {
  test("a permitted call runs once and gives the tool's value", async () => {
    const { guardRead, ran, outcomes } = await setUp();
    expect(await guardRead().execute({ path: "a.txt" }, call)).toBe("text");
    expect(ran).toHaveBeenCalledTimes(1);
    expect(outcomes()).toEqual(["read:completed"]);
  });

  test.for([
    { what: "a forbidden argument", name: "read", path: "/etc/passwd", code: "forbidden-by-rule" },
    { what: "no rule", name: "erase", path: "a", code: "no-applicable-rule" },
    { what: "a name outside the catalogue", name: "reаd", path: "a", code: "tool-unknown" },
    { what: "a pending approval", name: "pay", path: "a", code: "approval-required" },
  ])("a direct call with $what throws $code and never runs", async ({ name, path, code }) => {
    const { guardRead, ran } = await setUp();
    const error = await failure(guardRead(name).execute({ path }, call));
    expect(codeOf(error)).toBe(code);
    expect(PortcullisError.isInstance(error) && error.code).toBe(
      code === "approval-required" ? "ERR_APPROVAL_REQUIRED" : "ERR_POLICY_DENIED",
    );
    expect(ran).not.toHaveBeenCalled();
  });

  test("the denial's text is its JSON without rule, value or stack", async () => {
    const { guardRead } = await setUp();
    const error = await failure(guardRead().execute({ path: "/etc/passwd" }, call));
    expect(Object.keys(JSON.parse(String(error))).toSorted()).toEqual(
      ["error", "code", "message", "retryable", "hint", "decisionId"].toSorted(),
    );
    const seen = `${String(error)} ${error instanceof Error ? error.stack : ""}`;
    expect(seen).not.toMatch(/passwd|forbid-read|guard-tool|\bat /);
  });

  test("the tool gets the frozen arguments that were decided on, not the caller's object", async () => {
    const { guardRead, ran } = await setUp();
    const args = { path: "a.txt" };
    await guardRead().execute(args, call);
    const [given] = ran.mock.calls[0] ?? [];
    expect(given).toEqual({ path: "a.txt" });
    expect(given).not.toBe(args);
    expect(Object.isFrozen(given)).toBe(true);
  });

  test("with `thaw` the tool gets a private mutable copy", async () => {
    const { guard, context } = await setUp();
    const mutating = tool({
      inputSchema: z.object({ path: z.string() }),
      execute: (args) => {
        args.path += "!";
        return args.path;
      },
    });
    const thawed = guardTool(mutating, { guard, context, name: "read", thaw: true });
    expect(await thawed.execute({ path: "a" }, call)).toBe("a!");
    const frozen = guardTool(mutating, { guard, context, name: "read" });
    expect(await failure(frozen.execute({ path: "a" }, call))).toMatchObject({
      code: "ERR_TOOL_FAILED",
    });
  });

  test("arguments that change during the decision change nothing", async () => {
    const args = { path: "a.txt" };
    const { guardRead, ran } = await setUp({
      sink: {
        write: async () => {
          args.path = "/etc/passwd";
        },
      },
    });
    await guardRead().execute(args, call);
    expect(args.path).toBe("/etc/passwd");
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "a.txt" });
  });

  test("`this` and the SDK's options reach the tool", async () => {
    const { guard, context } = await setUp();
    const owner = {
      inputSchema: jsonSchema<{ path: string }>({ type: "object" }),
      secretField: 7,
      execute(this: { secretField: number }, _args: unknown, options: { toolCallId: string }) {
        return `${this.secretField} ${options.toolCallId}`;
      },
    };
    const guarded = guardTool(owner, { guard, context, name: "read" });
    const given = guarded.execute({ path: "a" }, call);
    expect(await Promise.resolve(given)).toBe("7 c1");
  });

  test("without a call id one is made", async () => {
    const { guard, context, records } = await setUp();
    let count = 0;
    const newId = () => `made-${(count += 1)}`;
    const guarded = guardTool(readFile(), { guard, context, name: "read", newId });
    await Reflect.apply(guarded.execute, guarded, [{ path: "a" }]);
    expect(records[0]?.callId).toBe("made-1");
  });

  test("an iterable from a tool that is no generator is drained to its last value", async () => {
    const { guard, context } = await setUp();
    const odd = tool({
      inputSchema: z.object({ path: z.string() }),
      execute: async () =>
        (async function* () {
          yield "one";
          yield "two";
        })(),
    });
    const guarded = guardTool(odd, { guard, context, name: "read" });
    expect(await guarded.execute({ path: "a" }, call)).toBe("two");
  });
});

describe("errors and aborts", () => {
  test("a tool's error keeps no stack", async () => {
    const { guard, context } = await setUp();
    const broken = readFile(() => {
      throw new TypeError("no such file\n    at readFile (/srv/app/secret.ts:1:1)");
    });
    const error = await failure(
      guardTool(broken, { guard, context, name: "read" }).execute({ path: "a" }, call),
    );
    expect(error).toMatchObject({ name: "PortcullisToolError", message: "no such file" });
    expect(String(error)).not.toContain("/srv/app");
    expect(error instanceof Error ? error.stack : "").not.toContain("/srv/app");
  });

  test("a guard that throws denies, and its error stays inside", async () => {
    const { guard, context, ran } = await setUp();
    const broken: Guard = { ...guard, execute: () => Promise.reject(new Error("db password")) };
    const error = await failure(
      guardTool(readFile(ran), { guard: broken, context, name: "read" }).execute(
        { path: "a" },
        call,
      ),
    );
    expect(codeOf(error)).toBe("evaluation-failed");
    expect(String(error)).not.toContain("password");
    expect(ran).not.toHaveBeenCalled();
  });

  test("a guard that is too slow denies, and the tool never starts later", async () => {
    const gate: { open?: () => void } = {};
    const { guard, context } = await setUp({
      timeoutMs: 5,
      roles: {
        resolve: () =>
          new Promise((resolve) => {
            gate.open = () => resolve([]);
          }),
      },
    });
    const ran = vi.fn<() => void>();
    const guarded = guardTool(readFile(ran), { guard, context, name: "read" });
    expect(codeOf(await failure(guarded.execute({ path: "a" }, call)))).toBe("timed-out");
    gate.open?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ran).not.toHaveBeenCalled();
  });

  test("an abort before the call rethrows the reason and decides nothing", async () => {
    const { guard, context, ran } = await setUp();
    const execute = vi.fn<() => never>();
    const stop = new Error("stop");
    const abortSignal = AbortSignal.abort(stop);
    const spied: Guard = { ...guard, execute };
    const guarded = guardTool(readFile(ran), { guard: spied, context, name: "read" });
    expect(await failure(guarded.execute({ path: "a" }, { ...call, abortSignal }))).toBe(stop);
    expect(execute).not.toHaveBeenCalled();
    expect(ran).not.toHaveBeenCalled();
  });

  test("an abort during the decision starts nothing", async () => {
    const controller = new AbortController();
    const stop = new Error("stop");
    const { guardRead, ran } = await setUp({
      roles: {
        resolve: () => {
          controller.abort(stop);
          return Promise.resolve([]);
        },
      },
    });
    const { signal: abortSignal } = controller;
    expect(await failure(guardRead().execute({ path: "a" }, { ...call, abortSignal }))).toBe(stop);
    expect(ran).not.toHaveBeenCalled();
  });

  test.for(["the framework's", "the context's"] as const)(
    "%s signal reaches the running tool and drops its late result",
    async (whose) => {
      const { guard, context } = await setUp();
      const controller = new AbortController();
      const { signal } = controller;
      const stop = new Error("stop");
      const seen = vi.fn<(reason: unknown) => void>();
      const slow = tool({
        inputSchema: z.object({ path: z.string() }),
        execute: async (_args, { abortSignal }) => {
          abortSignal?.addEventListener("abort", () => seen(abortSignal.reason));
          controller.abort(stop);
          return "late";
        },
      });
      const ours = whose === "the context's" ? { ...context, signal } : context;
      const theirs = whose === "the context's" ? call : { ...call, abortSignal: signal };
      const guarded = guardTool(slow, { guard, context: ours, name: "read" });
      expect(await failure(guarded.execute({ path: "a" }, theirs))).toBe(stop);
      expect(seen).toHaveBeenCalledExactlyOnceWith(stop);
    },
  );
});

describe("the context", () => {
  test.for([
    { what: "none", context: undefined },
    { what: "equal JSON", context: { principal: structuredClone({ ...principal }) } },
    {
      what: "a function that throws",
      context: () => {
        throw new Error("db password");
      },
    },
    { what: "a function without an answer", context: () => undefined },
  ])("$what is denied with `context-missing`", async ({ context }) => {
    const { guard, ran } = await setUp();
    const options = { guard, name: "read", ...(context === undefined ? {} : { context }) };
    const guarded = guardTool(readFile(ran), options as Parameters<typeof guardTool>[1]);
    const error = await failure(guarded.execute({ path: "a" }, call));
    expect(codeOf(error)).toBe("context-missing");
    expect(String(error)).not.toContain("password");
    expect(ran).not.toHaveBeenCalled();
  });

  test("a function gets the call and the SDK's own context", async () => {
    const { guard } = await setUp();
    const find = vi.fn<(call: object) => ContextInput>(() => ({ principal }));
    const guarded = guardTool(readFile(), { guard, name: "read", context: find });
    const messages = [{ role: "user" as const, content: "hi" }];
    await guarded.execute({ path: "a" }, { toolCallId: "c9", messages, context: { tenant: "t" } });
    expect(find).toHaveBeenCalledExactlyOnceWith({
      tool: "read",
      args: { path: "a" },
      callId: "c9",
      toolCallId: "c9",
      context: { tenant: "t" },
      messages,
    });
  });

  test("an identity named in the arguments is ignored", async () => {
    const { guard } = await setUp();
    const guarded = guardTool(readFile(), { guard, name: "read" });
    const args = { path: "a", principal: trustedPrincipal({ agent: { id: "root" } }) };
    expect(codeOf(await failure(guarded.execute(args, call)))).toBe("context-missing");
  });

  test("a nested call is decided on its own, with the outer identity and its id as parent", async () => {
    const { guard, context, records, outcomes } = await setUp();
    const ran = vi.fn<() => string>(() => "text");
    const inner = guardTool(readFile(ran), { guard, name: "read" });
    const hidden = guardTool(readFile(ran), { guard, name: "erase" });
    const outer = guardTool(
      tool({
        inputSchema: z.object({ path: z.string() }),
        execute: async () => {
          const good = await inner.execute({ path: "a" }, { ...call, toolCallId: "inner" });
          const bad = hidden.execute({ path: "a" }, { ...call, toolCallId: "hidden" });
          return [good, codeOf(await failure(bad))];
        },
      }),
      { guard, context, name: "read" },
    );
    expect(await outer.execute({ path: "b" }, { ...call, toolCallId: "outer" })).toEqual([
      "text",
      "no-applicable-rule",
    ]);
    expect(ran).toHaveBeenCalledTimes(1);
    expect(outcomes()).toEqual(["read:completed", "erase:no-applicable-rule", "read:completed"]);
    expect(records.find(({ callId }) => callId === "inner")?.parentCallId).toBe("outer");
    expect(records.find(({ callId }) => callId === "hidden")?.parentCallId).toBe("outer");
    expect(records.find(({ callId }) => callId === "outer")?.parentCallId).toBeUndefined();
  });
});

describe("input callbacks", () => {
  test("only `onInputAvailable` is called, after a permit, with the decided input", async () => {
    const { guard, context } = await setUp();
    const seen: string[] = [];
    const chatty = {
      ...readFile(() => seen.push("execute")),
      onInputStart: () => void seen.push("start"),
      onInputDelta: () => void seen.push("delta"),
      onInputAvailable: ({ input }: { input: { path: string } }) => {
        expect(Object.isFrozen(input)).toBe(true);
        seen.push(`available ${input.path}`);
      },
    };
    const guarded = guardTool(chatty, { guard, context, name: "read" });
    for (const name of ["onInputStart", "onInputDelta", "onInputAvailable"]) {
      expect(name in guarded).toBe(false);
    }
    await failure(guarded.execute({ path: "/etc/passwd" }, call));
    expect(seen).toEqual([]);
    await guarded.execute({ path: "a" }, call);
    expect(seen).toEqual(["available a", "execute"]);
  });

  test("callbacks of a prototype are hidden too", async () => {
    const { guard, context } = await setUp();
    const started = vi.fn<() => void>();
    class Reader {
      readonly inputSchema = jsonSchema<{ path: string }>({ type: "object" });
      onInputStart(): void {
        started();
      }
      execute(): string {
        return "text";
      }
    }
    const guarded = guardTool(new Reader() as Tool, { guard, context, name: "read" });
    expect(guarded.onInputStart).toBeUndefined();
    expect(codeOf(await failure(guarded.execute?.({ path: "/etc/passwd" }, call)))).toBe(
      "forbidden-by-rule",
    );
    expect(await guarded.execute?.({ path: "a" }, call)).toBe("text");
  });
});

describe("what counts as guarded", () => {
  test("the original is untouched; the guarded tool is a frozen copy", async () => {
    const { guard, context } = await setUp();
    const original = Object.freeze(readFile());
    const guarded = guardTool(original, { guard, context, name: "read" });
    expect(guarded).not.toBe(original);
    expect(Object.isFrozen(guarded)).toBe(true);
    expect(isGuarded(original)).toBe(false);
    expect(isGuarded(guarded)).toBe(true);
    expect(guarded.description).toBe("Reads a file");
    expect(guarded.inputSchema).toBe(original.inputSchema);
  });

  test("a guarded tool is returned as it is by the same guard and wrapped again by another", async () => {
    const { guard, context, outcomes, ran, guardRead } = await setUp();
    const once = guardRead();
    expect(guardTool(once, { guard, context, name: "read" })).toBe(once);
    expect(guardTools({ read: once }, { guard, context }).read).toBe(once);
    const other = await setUp();
    const twice = guardTool(once, { guard: other.guard, context, name: "read" });
    expect(isGuarded(twice, other.guard)).toBe(true);
    expect(isGuarded(twice, guard)).toBe(false);
    await twice.execute({ path: "a" }, call);
    expect(ran).toHaveBeenCalledTimes(1);
    expect([outcomes(), other.outcomes()]).toEqual([["read:completed"], ["read:completed"]]);
  });

  test("a clone is not guarded; guarding it again decides once", async () => {
    const { guard, context, outcomes, ran, guardRead } = await setUp();
    const clone = { ...guardRead() };
    expect(isGuarded(clone)).toBe(false);
    expect(() => assertGuarded({ clone }, guard)).toThrow(PortcullisConfigError);
    const again = guardTool(clone, { guard, context, name: "read" });
    expect(isGuarded(again, guard)).toBe(true);
    await again.execute({ path: "a" }, call);
    expect(ran).toHaveBeenCalledTimes(1);
    expect(outcomes()).toEqual(["read:completed"]);
  });

  test.for([
    { what: "the original's", own: undefined, expected: "original" },
    { what: "its own", own: "clone", expected: "clone" },
  ])("a clone that is guarded again keeps $what `onInputAvailable`", async ({ own, expected }) => {
    const { guard, context } = await setUp();
    const seen: string[] = [];
    const first = guardTool(
      { ...readFile(), onInputAvailable: () => void seen.push("original") },
      { guard, context, name: "read" },
    );
    const clone = own ? { ...first, onInputAvailable: () => void seen.push(own) } : { ...first };
    await guardTool(clone, { guard, context, name: "read" }).execute({ path: "a" }, call);
    expect(seen).toEqual([expected]);
  });

  test("a clone with another `execute` is a new tool", async () => {
    const { guard, context, guardRead } = await setUp();
    const evil = vi.fn<(args: unknown, options: unknown) => string>(() => "evil");
    const again = guardTool({ ...guardRead(), execute: evil }, { guard, context, name: "erase" });
    expect(codeOf(await failure(again.execute({ path: "a" }, call)))).toBe("no-applicable-rule");
    expect(evil).not.toHaveBeenCalled();
  });

  test.for([null, undefined, 1, "x", {}, () => 1])("%s is not guarded", (value) => {
    expect(isGuarded(value)).toBe(false);
  });

  test("assertGuarded takes guarded sets of this guard alone", async () => {
    const { guard, guardRead } = await setUp();
    const other = await setUp();
    expect(() => assertGuarded({ read: guardRead() }, guard)).not.toThrow();
    expect(() => assertGuarded({ read: guardRead() }, other.guard)).toThrow("`read`");
    expect(() => assertGuarded({ read: guardRead(), raw: readFile() }, guard)).toThrow("`raw`");
  });

  test("guardTools guards all by their keys, or none", async () => {
    const { guard, context, ran } = await setUp();
    const set = guardTools({ read: readFile(ran), erase: readFile(ran) }, { guard, context });
    expect(Object.isFrozen(set)).toBe(true);
    assertGuarded(set, guard);
    await set.read.execute({ path: "a" }, call);
    expect(codeOf(await failure(set.erase.execute({ path: "a" }, call)))).toBe(
      "no-applicable-rule",
    );
    const client = tool({ inputSchema: z.object({}), outputSchema: z.string() });
    expect(() => guardTools({ read: readFile(), client }, { guard, context })).toThrow("`client`");
  });
});

describe("tools that cannot be wrapped", () => {
  const client = tool({ inputSchema: z.object({}), outputSchema: z.string() });
  const providerRun = {
    type: "provider",
    id: "acme.search",
    args: {},
    isProviderExecuted: true,
    inputSchema: z.object({}),
    outputSchema: z.string(),
  } as const;
  const cases = [
    { what: "a tool without `execute`", option: "clientTools", raw: client },
    { what: "a tool that the provider runs", option: "providerTools", raw: providerRun },
    {
      what: "a tool without a type that the provider runs",
      option: "providerTools",
      raw: { inputSchema: z.object({}), isProviderExecuted: true, execute: () => "ran" },
    },
    {
      what: "a provider tool that does not say who runs it",
      option: "providerTools",
      raw: { ...providerRun, isProviderExecuted: undefined, execute: () => "ran" },
    },
    {
      what: "a tool run by the provider that has an `execute` as well",
      option: "providerTools",
      raw: { ...providerRun, execute: () => "ran" },
    },
    { what: "the SDK's search tool", option: "clientTools", raw: toolSearch() },
  ] as const;

  test.for(cases)("$what is refused", async ({ option, raw }) => {
    const { guard, context } = await setUp();
    const wrap = () => guardTool(raw as Tool, { guard, context, name: "odd" });
    expect(wrap).toThrow(PortcullisConfigError);
    expect(wrap).toThrow(option);
  });

  test.for(cases)("$what passes when `$option` names it with a reason", async ({ option, raw }) => {
    const { guard, context } = await setUp();
    const options = { guard, context, name: "odd", [option]: { permit: ["odd"], reason } };
    const passed = guardTool(raw as Tool, options);
    expect(isGuarded(passed)).toBe(false);
    expect(() => assertGuarded({ passed }, guard)).not.toThrow();
    expect(() => assertGuarded({ passed: { ...passed } }, guard)).toThrow(PortcullisConfigError);
    expect(passed.execute).toBeUndefined();
    expect(guardTool(passed, options)).toBe(passed);
  });

  test.for(["", "too short", "                          "])(
    "the reason %j does not do",
    async (short) => {
      const { guard, context } = await setUp();
      const clientTools = { permit: ["odd"], reason: short };
      expect(() => guardTool(client, { guard, context, name: "odd", clientTools })).toThrow(
        "reason",
      );
    },
  );

  test("a provider-defined tool that the app runs is guarded", async () => {
    const { guard, context } = await setUp();
    const ran = vi.fn<() => string>(() => "ran");
    const shell = { ...providerRun, isProviderExecuted: false, execute: ran } as const;
    const guarded = guardTool(shell as Tool, { guard, context, name: "erase" });
    expect(codeOf(await failure(guarded.execute?.({ path: "a" }, call)))).toBe(
      "no-applicable-rule",
    );
    expect(ran).not.toHaveBeenCalled();
  });
});

describe("tools of other kinds", () => {
  test("a dynamic tool of an MCP server is decided under the server's name", async () => {
    const ran = vi.fn<() => string>(() => "ran");
    const entries = {
      "mcp:github/list": entry({ path: "string" }, { origin: "mcp" }),
      list: READ,
    };
    const { guard, context, outcomes } = await guardOver(entries, [permit("mcp:github/list")]);
    const list = dynamicTool({ inputSchema: jsonSchema({ type: "object" }), execute: ran });
    const guarded = guardTool(list, { guard, context, name: "list", server: "github" });
    expect(guarded.type).toBe("dynamic");
    expect(await guarded.execute?.({ path: "a" }, call)).toBe("ran");
    const local = guardTool(list, { guard, context, name: "list" });
    expect(codeOf(await failure(local.execute?.({ path: "a" }, call)))).toBe("no-applicable-rule");
    expect(outcomes()).toEqual(["mcp:github/list:completed", "list:no-applicable-rule"]);
  });

  test.for([
    { name: "mcp:github/list", server: undefined },
    { name: "list", server: "Git Hub" },
  ])("the name $name of server $server is refused", async ({ name, server }) => {
    const { guard, context } = await setUp();
    const options = { guard, context, name, ...(server === undefined ? {} : { server }) };
    expect(() => guardTool(readFile(), options)).toThrow(PortcullisConfigError);
  });

  test("what a tool caller binds is guarded as well", async () => {
    const { guard, context, ran, guardRead } = await setUp();
    const caller = experimental_toolCaller(readFile(ran), {
      type: "local",
      bind: () => readFile(ran),
    });
    const guarded = guardTool(caller, { guard, context, name: "erase" });
    const definition = guarded.experimental_toolCaller;
    expect(Object.keys(guarded)).not.toContain("experimental_toolCaller");
    if (definition.type !== "local") throw new Error("It should be a local caller.");
    const bound = definition.bind({ read: guardRead() });
    expect(isGuarded(bound, guard)).toBe(true);
    expect(codeOf(await failure(bound.execute?.({ path: "a" }, call)))).toBe("no-applicable-rule");
    expect(ran).not.toHaveBeenCalled();
    expect(() => definition.bind({ raw: readFile(ran) })).toThrow("`raw`");
    expect(() => definition.bind({ clone: { ...guardRead() } })).not.toThrow();
  });
});

describe("the arguments", () => {
  const getter = vi.fn<() => string>(() => "a");
  const deep = (depth: number): unknown => (depth === 0 ? "a" : { path: deep(depth - 1) });
  const cyclic: Record<string, unknown> = {};
  cyclic["path"] = cyclic;
  class Path {
    readonly path = "a";
  }
  test.for([
    {
      what: "a getter",
      args: Object.defineProperty({}, "path", { get: getter, enumerable: true }),
    },
    { what: "`toJSON`", args: { path: "a", toJSON: getter } },
    { what: "a symbol key", args: { path: "a", [Symbol("x")]: 1 } },
    { what: "`__proto__`", args: JSON.parse('{"path":"a","__proto__":{"path":"b"}}') },
    { what: "an instance", args: new Path() },
    { what: "a date", args: { path: new Date(0) } },
    { what: "a big integer", args: { path: 1n } },
    { what: "not a number", args: { path: Number.NaN } },
    { what: "a cycle", args: cyclic },
    { what: "a depth of 200", args: deep(200) },
    { what: "1 MiB of text", args: { path: "a".repeat(2 ** 20 + 1) } },
    { what: "a key outside the schema", args: { path: "a", mode: "w" } },
    { what: "a missing object", args: undefined },
    { what: "a list", args: ["a"] },
  ])("$what is denied before anything runs", async ({ args }) => {
    const { guardRead, ran } = await setUp();
    const guarded = guardRead();
    const error = await failure(Reflect.apply(guarded.execute, guarded, [args, call]));
    expect(codeOf(error)).toMatch(/^arguments-/);
    expect(getter).not.toHaveBeenCalled();
    expect(ran).not.toHaveBeenCalled();
  });

  test("a proxy is read once; the snapshot is decided on and executed", async () => {
    const { guardRead, ran } = await setUp();
    const reads = vi.fn<() => void>();
    const path = () => {
      reads();
      return reads.mock.calls.length === 1 ? "a.txt" : "/etc/passwd";
    };
    const shifty = new Proxy(
      { path: "" },
      {
        get: path,
        getOwnPropertyDescriptor: () => ({ value: path(), enumerable: true, configurable: true }),
      },
    );
    await guardRead().execute(shifty, call);
    expect(ran).toHaveBeenCalledExactlyOnceWith({ path: "a.txt" });
    expect(reads).toHaveBeenCalledTimes(1);
  });
});

describe("pinned definitions", () => {
  test("the definition that the model sees is presented with the call", async () => {
    const { guard, context } = await setUp();
    const seen: unknown[] = [];
    const spy: Guard = {
      ...guard,
      execute: (toolCall, given, run) => {
        seen.push(toolCall.definition);
        return guard.execute(toolCall, given, run);
      },
    };
    const guarded = guardTool(readFile(), { guard: spy, context, name: "read" });
    await guarded.execute({ path: "a" }, call);
    expect(seen).toEqual([
      {
        name: "read",
        description: "Reads a file",
        inputSchema: expect.objectContaining({ properties: { path: { type: "string" } } }),
      },
    ]);
  });

  test("of a provider's tool it is what the provider is told", async () => {
    const { guard, context } = await setUp();
    const seen: unknown[] = [];
    const spy: Guard = {
      ...guard,
      execute: (toolCall, given, run) => {
        seen.push(toolCall.definition);
        return guard.execute(toolCall, given, run);
      },
    };
    const shell = {
      ...readFile(),
      type: "provider",
      id: "acme.shell",
      args: { os: "linux" },
      isProviderExecuted: false,
    } as const;
    const guarded = guardTool(shell as Tool, { guard: spy, context, name: "read" });
    await guarded.execute?.({ path: "a" }, call);
    expect(seen).toEqual([{ name: "read", id: "acme.shell", args: { os: "linux" } }]);
  });

  test("a description made by a function is made for the call", async () => {
    const { guard, context } = await setUp();
    const seen: unknown[] = [];
    const spy: Guard = {
      ...guard,
      execute: (toolCall, given, run) => {
        seen.push(toolCall.definition?.description);
        return guard.execute(toolCall, given, run);
      },
    };
    const dynamic = tool({
      description: ({ context: { tenant } }) => `Reads files of ${tenant}`,
      inputSchema: z.object({ path: z.string() }),
      contextSchema: z.object({ tenant: z.string() }),
      execute: () => "text",
    });
    const guarded = guardTool(dynamic, { guard: spy, context, name: "read" });
    await guarded.execute({ path: "a" }, { ...call, context: { tenant: "acme" } });
    expect(seen).toEqual(["Reads files of acme"]);
  });

  test.for([
    { what: "another definition", code: "definition-changed", schema: z.object({}) },
    {
      what: "a schema that cannot be told",
      code: "definition-unknown",
      schema: jsonSchema<Record<string, never>>(() => {
        throw new Error("no schema");
      }),
    },
  ])("$what of a pinned tool is denied with $code", async ({ code, schema }) => {
    const pin = "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const { guard, context } = await guardOver({ read: { ...READ, pin } }, [permit("read")]);
    const ran = vi.fn<() => string>(() => "ran");
    const pinned = guardTool(tool({ inputSchema: schema, execute: ran }), {
      guard,
      context,
      name: "read",
    });
    expect(codeOf(await failure(pinned.execute({}, call)))).toBe(code);
    expect(ran).not.toHaveBeenCalled();
  });
});
