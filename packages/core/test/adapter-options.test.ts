import { describe, expect, test } from "vitest";
import type { AdapterOptions, ContextOption, PermittedNames } from "../src/adapter-options.ts";
import {
  createGuardRegistry,
  isPermittedName,
  policyName,
  resolveContext,
  thaw,
} from "../src/adapter-options.ts";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { Guard } from "../src/guard.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { fixturePolicy } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" } });
const call = { tool: "look", args: {}, callId: "c1" };
const unused = (): never => {
  throw new Error("not asked");
};
const guard = { currentScope: () => undefined, execute: unused } as unknown as Guard;

describe("where a context comes from", () => {
  const own: ContextInput = { principal, session: { id: "own" } };
  const slotted: ContextInput = { principal, session: { id: "slot" } };

  test.for<readonly [string, ContextOption | undefined, unknown, ContextInput | undefined]>([
    ["the option", own, undefined, own],
    ["the option, not the slot", own, slotted, own],
    ["what the option's function gives", () => own, slotted, own],
    ["what the option's function promises", async () => own, slotted, own],
    ["nothing, where the option's function gives nothing", () => undefined, slotted, undefined],
    ["the slot", undefined, slotted, slotted],
    ["a slot with a token", undefined, { token: "t" }, { token: "t" }],
    ["a slot with a credential", undefined, { credential: principal }, { credential: principal }],
    ["no slot", undefined, undefined, undefined],
    ["a slot of null", undefined, null, undefined],
    ["a slot of text", undefined, "principal", undefined],
    ["a slot that names nobody", undefined, { session: { id: "s" } }, undefined],
    ["a slot that inherits its identity", undefined, Object.create({ principal: "x" }), undefined],
  ])("%s", async ([, context, slot, expected]) => {
    const options = context === undefined ? { guard } : { guard, context };
    expect(await resolveContext(options, call, { slot })).toEqual(expected);
  });

  test("the function sees the call", async () => {
    const seen: unknown[] = [];
    const context = (given: object): undefined => void seen.push(given);
    await resolveContext({ guard, context }, { ...call, extra: 1 });
    expect(seen).toEqual([{ ...call, extra: 1 }]);
  });

  test("a call inside of another takes the context of the outer one", async () => {
    const outer = await createGuard({ policy: fixturePolicy() });
    const inner = () => resolveContext({ guard: outer }, call);
    const inside = await outer.execute(call, own, inner);
    expect(inside).toMatchObject({ kind: "completed", value: { session: { id: "own" } } });
  });

  test("a thrown error of the function is the host's", async () => {
    await expect(resolveContext({ guard, context: unused }, call)).rejects.toThrow("not asked");
  });
});

describe("the framework's thread is the session", () => {
  const thread = "t1";
  test.for<readonly [string, unknown, string | undefined]>([
    ["of a principal", { principal }, "t1"],
    ["of a principal as credential", { credential: principal }, "t1"],
    ["but not where one is named", { principal, session: { id: "own" } }, "own"],
    ["not of a token, which names its own", { token: "t" }, undefined],
    ["not of a token as credential", { credential: { token: "t" } }, undefined],
    ["not of JSON that looks like a principal", { principal: { ...principal } }, undefined],
    ["not of an identity that is missing", { request: [] }, undefined],
  ])("%s", async ([, context, expected]) => {
    const option = { guard, context: context as ContextInput };
    expect((await resolveContext(option, call, { thread }))?.session?.id).toBe(expected);
  });

  test("and without a thread there is none", async () => {
    expect(await resolveContext({ guard, context: { principal } }, call)).toEqual({ principal });
  });
});

describe("the name that the policy sees", () => {
  test.for([
    [undefined, "search", "search"],
    [undefined, "mcp", "mcp"],
    [undefined, "MCP:github/search", "MCP:github/search"],
    ["github", "search", "mcp:github/search"],
    ["git-hub2", "a/b", "mcp:git-hub2/a/b"],
    ["github", "mcp:files/read", "mcp:github/mcp:files/read"],
  ] as const)("server %s, tool %s: %s", ([server, name, expected]) => {
    expect(policyName(server === undefined ? {} : { server }, name)).toBe(expected);
  });

  test.for([
    [undefined, "mcp:github/search"],
    [undefined, "mcp-method:github/ping"],
    ["", "search"],
    ["GitHub", "search"],
    ["git/hub", "search"],
    ["-git", "search"],
    ["git hub", "search"],
    ["github\n", "search"],
    ["gïthub", "search"],
  ] as const)("server %s, tool %s is refused", ([server, name]) => {
    const options: Pick<AdapterOptions, "server"> = server === undefined ? {} : { server };
    expect(() => policyName(options, name)).toThrow(
      expect.objectContaining({ code: "ERR_OPTIONS_INVALID" }),
    );
  });
});

describe("names that run unguarded", () => {
  const reason = "The browser draws it itself.";
  test.for<readonly [string, PermittedNames | undefined, boolean]>([
    ["no list", undefined, false],
    ["a list with the name", { permit: ["draw"], reason }, true],
    ["a list without the name", { permit: ["drawn"], reason }, false],
    ["an empty list", { permit: [], reason }, false],
    ["a reason of 20 characters", { permit: ["draw"], reason: "x".repeat(20) }, true],
  ])("%s", ([, names, expected]) => {
    expect(isPermittedName("clientTools", names, "draw")).toBe(expected);
  });

  test.for<readonly [string, unknown]>([
    ["19 characters", "x".repeat(19)],
    ["only blanks around", ` ${"x".repeat(18)}   `],
    ["none", undefined],
    ["no text", { trim: () => "x".repeat(20) }],
  ])("a reason of %s is refused", ([, given]) => {
    const names = { permit: ["draw"], reason: given } as PermittedNames;
    expect(() => isPermittedName("providerTools", names, "draw")).toThrow("providerTools");
  });
});

describe("arguments that may be changed", () => {
  test("are a deep copy of the frozen ones", () => {
    const args = { list: [{ a: 1 }, "b", null], map: { deep: { c: true } }, n: 2 };
    const copy = thaw(args);
    expect(copy).toEqual(args);
    expect(copy).not.toBe(args);
    expect(copy["list"]).not.toBe(args.list);
    expect(copy["map"]).not.toBe(args.map);
    expect(Object.values(copy["map"] as object)[0]).not.toBe(args.map.deep);
    expect((copy["list"] as unknown[])[0]).not.toBe(args.list[0]);
  });

  test("keep a name that would be a prototype", () => {
    const copy = thaw(JSON.parse('{"a":{"__proto__":{"b":1}}}'));
    expect(JSON.stringify(copy)).toBe('{"a":{"__proto__":{"b":1}}}');
    expect(Object.getPrototypeOf(copy["a"])).toBe(Object.prototype);
  });
});

describe("what is guarded already", () => {
  const other: Guard = { ...guard };
  const registry = createGuardRegistry();
  const guarded = registry.add({ name: "look" }, guard);
  const run = registry.add(() => 1, guard);

  test.for<readonly [string, unknown, Guard | undefined, boolean]>([
    ["by any guard", guarded, undefined, true],
    ["by this guard", guarded, guard, true],
    ["by another guard", guarded, other, false],
    ["a function", run, guard, true],
    ["an equal object", { ...guarded }, undefined, false],
    ["another function", () => 1, undefined, false],
    ["null", null, undefined, false],
    ["a text", "look", undefined, false],
    ["nothing", undefined, undefined, false],
  ])("%s", ([, value, by, expected]) => {
    expect(registry.has(value, by)).toBe(expected);
  });

  test("is known to its own registry alone", () => {
    expect(createGuardRegistry().has(guarded)).toBe(false);
  });
});
