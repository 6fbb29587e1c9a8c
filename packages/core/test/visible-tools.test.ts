import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { DefinitionVerdict } from "../src/ports/definition-inspector.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall, ToolDefinition } from "../src/tool-call.ts";
import { platform } from "#platform";
import { amountAtMost, fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const look: ToolDefinition = { name: "look", description: "Looks.", inputSchema: {} };
const pay: ToolDefinition = { name: "pay" };

const sha256 = async (text: string): Promise<string> =>
  `sha256:${await platform.digest.sha256(text)}`;
const pinned = await sha256('{"description":"Looks.","inputSchema":{},"name":"look"}');

const create = (options: Partial<GuardOptions> = {}) =>
  createGuard({ policy: fixturePolicy(), ...options });
const inspecting = (verdict: DefinitionVerdict["verdict"]): Partial<GuardOptions> => ({
  definitions: { inspect: () => ({ verdict, findings: [] }) },
});
const failing: Partial<GuardOptions> = {
  definitions: {
    inspect() {
      throw new Error("no table");
    },
  },
};
const withPin = (pin: string): Partial<GuardOptions> => ({
  policy: fixturePolicy({ tools: { look: tool({ pin }) }, rules: [permit("p", ["look"])] }),
});

describe("a tool's definition decides whether it is shown and whether it runs", () => {
  test.for<readonly [string, Partial<GuardOptions>, ToolDefinition, string | undefined]>([
    ["no pin and no inspector", {}, look, undefined],
    ["the pinned one", withPin(pinned), look, undefined],
    [
      "the pinned one with its members in another order and one without a value",
      withPin(pinned),
      { inputSchema: {}, name: "look", title: undefined, description: "Looks." },
      undefined,
    ],
    ["another text", withPin(pinned), { ...look, description: "looks." }, "definition-changed"],
    ["a member more", withPin(pinned), { ...look, title: "Look" }, "definition-changed"],
    ["found clean", inspecting("clean"), look, undefined],
    ["found suspicious", inspecting("suspicious"), look, "definition-suspicious"],
    ["found poisoned", inspecting("poisoned"), look, "definition-poisoned"],
    ["found changed", inspecting("changed"), look, "definition-changed"],
    ["not known to the inspector", inspecting("unknown"), look, "definition-unknown"],
    ["an inspector that throws", failing, look, "definition-unavailable"],
    [
      "pinned, but found poisoned",
      { ...withPin(pinned), ...inspecting("poisoned") },
      look,
      "definition-poisoned",
    ],
    [
      "clean, but not the pinned one",
      { ...withPin(pinned), ...inspecting("clean") },
      { name: "look" },
      "definition-changed",
    ],
  ])("%s", async ([, options, definition, code]) => {
    const guard = await create(options);
    const shown = await guard.visibleTools([definition as { name: string }], context);
    expect(shown).toEqual(code === undefined ? [definition] : []);
    const call: ToolCall = { callId: "c", tool: "look", args: {}, definition };
    expect(await guard.check(call, context)).toMatchObject(
      code === undefined ? { outcome: "permit" } : { outcome: "deny", denial: { code } },
    );
  });

  test("a remote tool whose definition nobody saw does not run under an inspector", async () => {
    const policy = fixturePolicy({
      tools: { look: tool(), "mcp:a/look": tool({ origin: "mcp" }) },
      rules: [permit("p", ["look", "mcp:a/look"])],
    });
    const guard = await create({ policy, ...inspecting("clean") });
    const remote: ToolCall = { callId: "c", tool: "mcp:a/look", args: {}, origin: "mcp" };
    expect(await guard.check(remote, context)).toMatchObject({
      denial: { code: "definition-unknown" },
    });
    expect(await guard.check({ ...remote, definition: look }, context)).toMatchObject({
      outcome: "permit",
    });
    const local: ToolCall = { callId: "c", tool: "look", args: {} };
    expect(await guard.check(local, context)).toMatchObject({ outcome: "permit" });
  });

  test("the inspector sees the policy's name and every member", async () => {
    const seen: unknown[] = [];
    const definitions: NonNullable<GuardOptions["definitions"]> = {
      inspect(name, definition) {
        seen.push([name, definition]);
        return { verdict: "clean", findings: [] };
      },
    };
    const guard = await create({ definitions });
    const given = { name: "LOOK", title: "Look" };
    await guard.visibleTools([given], context, { nameOf: () => "look" });
    expect(seen).toEqual([["look", given]]);
  });
});

const names = async (
  options: Partial<GuardOptions>,
  more: Parameters<Awaited<ReturnType<typeof create>>["visibleTools"]>[2] = {},
  from: ContextInput | undefined = context,
): Promise<readonly string[]> => {
  const definitions = [look, pay, { name: "rm" }, { name: "__proto__" }, { name: "toString" }];
  const guard = await create(options);
  return (await guard.visibleTools(definitions, from, more)).map(({ name }) => name);
};

const nameOf = (name: string): string => {
  if (name === "look") throw new Error("no such server");
  return name;
};

const current = (): never => {
  throw new Error("offline");
};

describe("what is shown", () => {
  test("what the catalogue has, in the order given", async () => {
    expect(await names({})).toEqual(["look", "pay"]);
  });

  test("by the policy's name", async () => {
    expect(await names({}, { nameOf: (name) => (name === "rm" ? "look" : name) })).toEqual([
      "look",
      "pay",
      "rm",
    ]);
  });

  test("nothing whose name cannot be told", async () => {
    expect(await names({}, { nameOf })).toEqual(["pay"]);
  });

  test("nothing of another origin", async () => {
    expect(await names({}, { origin: "mcp" })).toEqual([]);
    const policy = fixturePolicy({
      tools: { look: tool({ origin: "provider" }), pay: tool() },
      rules: [permit("p", ["look", "pay"])],
    });
    expect(await names({ policy })).toEqual(["pay"]);
    expect(await names({ policy }, { origin: "provider" })).toEqual(["look"]);
  });

  test("nothing without a permit, or with a forbid that always applies", async () => {
    const policy = fixturePolicy({ rules: [permit("p", ["look"])] });
    expect(await names({ policy })).toEqual(["look"]);
    const forbid = { id: "f", effect: "forbid", tools: ["look"] } as const;
    expect(await names({ policy: { ...policy, rules: [...policy.rules, forbid] } })).toEqual([]);
  });

  test("a tool that only some arguments are permitted or forbidden for", async () => {
    const rules = [
      permit("p", ["look", "pay"], amountAtMost(5)),
      { id: "f", effect: "forbid", tools: ["pay"], when: amountAtMost(1) } as const,
    ];
    expect(await names({ policy: fixturePolicy({ rules }) })).toEqual(["look", "pay"]);
  });

  test.for<readonly [string, unknown]>([
    ["nobody", undefined],
    ["somebody who is only described", { principal: { ...principal } }],
    ["a token that nobody verifies", { token: "t" }],
    ["facts that are none", { principal, facts: 1 }],
  ])("nothing to %s", async ([, from]) => {
    const guard = await create();
    expect(await guard.visibleTools([look, pay], from as ContextInput)).toEqual([]);
  });

  test("nothing while there is no policy", async () => {
    expect(await names({ policy: { current } })).toEqual([]);
  });
});

describe("prompts", () => {
  const scanner: Scanner = {
    id: "test",
    kinds: ["secret", "pii"],
    scan: (text) => ({
      status: "complete",
      findings: [...text.matchAll(/sk-\d{4}|ann@x/g)].map(({ 0: found, index }) => ({
        kind: found === "ann@x" ? "pii" : "secret",
        rule: "key",
        start: index,
        end: index + found.length,
        confidence: "high",
      })),
    }),
  };

  test("without anything to hide pass as the same object", async () => {
    const messages = { tools: [look], text: "hello", odd: [null, 1, true, undefined] };
    expect(await (await create()).redact(messages, context)).toBe(messages);
    expect(await (await create({ scanner })).redact(messages, context)).toBe(messages);
  });

  test("lose the secrets in texts and names, and no personal data", async () => {
    const guard = await create({ scanner });
    const messages = { "sk-1234": ["my key is sk-5678, I am ann@x"], at: new Date(0) };
    expect(await guard.redact(messages, context)).toEqual({
      "[REDACTED:key]": ["my key is [REDACTED:key:2], I am ann@x"],
      at: messages.at,
    });
  });

  const schema = { parameters: {} };
  test.for<readonly [string, unknown, unknown]>([
    ["tools", { tools: [{ name: "rm", ...schema }, look] }, { tools: [look] }],
    ["functions", { functions: [{ name: "rm", ...schema }] }, { functions: [] }],
    ["toolDefinitions", { toolDefinitions: [{ name: "rm", ...schema }] }, { toolDefinitions: [] }],
    ["an input schema", { tools: [{ name: "rm", inputSchema: {} }] }, { tools: [] }],
    ["an input schema in snake case", { tools: [{ name: "rm", input_schema: {} }] }, { tools: [] }],
    ["a nested function", { tools: [{ function: { name: "rm", ...schema } }] }, { tools: [] }],
    ["deep inside", [{ a: { tools: [{ name: "rm", ...schema }] } }], [{ a: { tools: [] } }]],
    [
      "a definition inside of one that stays",
      { tools: [{ ...look, more: { tools: [{ name: "rm", ...schema }] } }] },
      { tools: [{ ...look, more: { tools: [] } }] },
    ],
  ])("lose the definitions of withheld tools: %s", async ([, messages, expected]) => {
    const guard = await create();
    const before = structuredClone(messages);
    expect(await guard.redact(messages, context)).toEqual(expected);
    expect(messages).toEqual(before);
  });

  test.for<readonly [string, unknown]>([
    ["a list with another name", { results: [{ name: "rm", ...schema }] }],
    ["an entry without a schema", { tools: [{ name: "rm" }] }],
    ["an entry without a name", { tools: [{ ...schema }] }],
    ["a name that is no text", { tools: [{ name: 5, ...schema }] }],
    ["entries that are no objects", { tools: ["rm", null, 5] }],
    ["a function that is no object", { tools: [{ function: "rm", name: "rm", ...schema }] }],
    ["no list", { tools: { name: "rm", ...schema } }],
    ["an inherited schema", { tools: [Object.assign(Object.create(schema), { name: "rm" })] }],
  ])("keep what is no definition: %s", async ([, messages]) => {
    expect(await (await create()).redact(messages, context)).toBe(messages);
  });

  test("keep the class, the symbols and the accessors of what they change", async () => {
    class Request {
      tools = [{ name: "rm", ...schema }];
      get size(): number {
        return this.tools.length;
      }
    }
    const mark = Symbol("mark");
    const given = Object.assign(new Request(), { [mark]: 1 });
    Object.defineProperty(given, "hidden", { get: () => "x", enumerable: false });
    const redacted = await (await create()).redact(given, context);
    expect(redacted).toBeInstanceOf(Request);
    expect(redacted).toMatchObject({ tools: [], size: 0, [mark]: 1, hidden: "x" });
    expect(given.size).toBe(1);
  });

  test("reject what is nested too deeply or refers to itself and would change", async () => {
    const guard = await create({ scanner });
    let deep: unknown = "text";
    for (let depth = 0; depth < 64; depth += 1) deep = { deep };
    await expect(guard.redact(deep, context)).resolves.toBe(deep);
    await expect(guard.redact({ deep: { deep } }, context)).rejects.toThrow("deep");
    const own: Record<string, unknown> = { text: "no secret" };
    own["own"] = own;
    await expect(guard.redact(own, context)).rejects.toThrow(RangeError);
  });
});
