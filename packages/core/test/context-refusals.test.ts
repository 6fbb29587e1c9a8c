import { describe, expect, test, vi } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import type { RoleResolver } from "../src/ports/credential-verifier.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { fixturePolicy, permit } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const look: ToolCall = { callId: "c1", tool: "look", args: {} };

const missing = (name: string) => ({
  denial: { code: "context-missing", message: expect.stringContaining(name) },
});

async function setUp(options: Partial<GuardOptions> = {}) {
  const sink = createMemoryDecisionSink({ maxRecords: 100 });
  const guard = await createGuard({ policy: fixturePolicy(), sink, ...options });
  const sessionOf = async (context: ContextInput): Promise<string | undefined> => {
    await guard.execute(look, context, () => 1);
    return sink.records.at(-1)?.session;
  };
  return { guard, sink, sessionOf };
}

describe("the session's id", () => {
  test.for<readonly [string, unknown, boolean]>([
    ["empty", "", false],
    ["one character", "x", true],
    ["256 characters", "x".repeat(256), true],
    ["257 characters", "x".repeat(257), false],
    ["a number", 12, false],
    ["a list that has a length", ["x"], false],
    ["nothing", undefined, false],
  ])("%s", async ([, id, isGood]) => {
    const { guard } = await setUp();
    const context = { principal, session: { id } } as ContextInput;
    expect(await guard.check(look, context)).toMatchObject(
      isGood ? { outcome: "permit" } : { denial: { code: "session-mismatch" } },
    );
  });
});

describe("the key of a session", () => {
  const other = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:bob" } });
  const session = { id: "s1" };
  test.for<readonly [string, ContextInput, ContextInput, boolean]>([
    ["the same", { principal, session }, { principal, session }, true],
    ["another id", { principal, session }, { principal, session: { id: "s2" } }, false],
    ["another person", { principal, session }, { principal: other, session }, false],
    ["an id instead of none", { principal, session }, { principal }, false],
    [
      "another tenant",
      { principal, session, facts: { tenant: "a" } },
      { principal, session, facts: { tenant: "b" } },
      false,
    ],
    [
      "a tenant instead of none",
      { principal, session, facts: { tenant: "a" } },
      { principal, session },
      false,
    ],
    [
      "another fact",
      { principal, session, facts: { shift: "a" } },
      { principal, session, facts: { shift: "b" } },
      true,
    ],
  ])("%s", async ([, one, two, isSame]) => {
    const { sessionOf } = await setUp();
    const [first, second] = [await sessionOf(one), await sessionOf(two)];
    expect(first).toMatch(/^[\w-]{43}$/);
    expect(first === second).toBe(isSame);
  });
});

describe("the user's words", () => {
  test.for<readonly [string, unknown, boolean]>([
    ["a list of texts", ["pay ann", ""], true],
    ["an empty list", [], true],
    ["a text", "pay ann", false],
    ["a list with a number", ["pay ann", 7], false],
    ["an object with a length", { length: 1, 0: "x", every: () => true }, false],
    ["null", null, false],
  ])("%s", async ([, request, isGood]) => {
    const { guard } = await setUp();
    expect(await guard.check(look, { principal, request } as ContextInput)).toMatchObject(
      isGood ? { outcome: "permit" } : missing("`request`"),
    );
  });
});

describe("the host's facts", () => {
  const typed = fixturePolicy({
    context: {
      type: "object",
      properties: { tenant: { type: "string" } },
      required: ["tenant"],
    },
  });
  test.for<readonly [string, unknown, boolean, boolean]>([
    ["an object", { tenant: "a" }, true, true],
    ["none", undefined, true, false],
    ["an empty object", {}, true, false],
    ["an object of another type", { tenant: 1 }, true, false],
    ["a list", ["a"], false, false],
    ["a text", "a", false, false],
    ["null", null, true, false],
    ["a number", 1, false, false],
    ["no JSON", { tenant: "a", at: new Date(0) }, false, false],
    ["a member without a value", { tenant: "a", at: undefined }, true, true],
  ])("%s", async ([, facts, isGood, fitsSchema]) => {
    for (const [policy, expected] of [
      [fixturePolicy(), isGood],
      [typed, fitsSchema],
    ] as const) {
      const { guard } = await setUp({ policy });
      expect(await guard.check(look, { principal, facts } as ContextInput)).toMatchObject(
        expected ? { outcome: "permit" } : missing("facts"),
      );
    }
  });

  test("are frozen before anything is decided", async () => {
    const facts = { tenant: "a" };
    const resolve = vi.fn<RoleResolver["resolve"]>(async () => {
      facts.tenant = "b";
      return [];
    });
    const { guard, sink } = await setUp({ roles: { resolve } });
    const unaware = await setUp();
    await guard.execute(look, { principal, session: { id: "s" }, facts }, () => 1);
    const before = await unaware.sessionOf({
      principal,
      session: { id: "s" },
      facts: { tenant: "a" },
    });
    expect(sink.records.at(-1)?.session).toBe(before);
  });
});

const hasRole = (name: string) =>
  ({
    op: "in",
    t: "bool",
    a: { op: "lit", t: "string", value: name },
    b: { op: "var", t: { list: "string" }, name: "principal", path: ["user", "roles"] },
  }) as const;

describe("live roles", () => {
  const policy = fixturePolicy({
    rules: [{ ...permit("p", ["look"], hasRole("support")) }],
  });

  test("of the person count", async () => {
    const resolve = vi.fn<RoleResolver["resolve"]>(async (kind) =>
      kind === "user" ? ["support"] : [],
    );
    const { guard } = await setUp({ policy, roles: { resolve } });
    expect(await guard.check(look, { principal })).toMatchObject({ outcome: "permit" });
    expect(resolve.mock.calls).toEqual([
      ["agent", "bot"],
      ["user", "user:ann"],
    ]);
  });

  test("nobody is looked up where no person is behind the call", async () => {
    const resolve = vi.fn<RoleResolver["resolve"]>(async () => []);
    const { guard } = await setUp({ roles: { resolve } });
    const alone = trustedPrincipal({ agent: { id: "bot" } });
    expect(await guard.check(look, { principal: alone })).toMatchObject({ outcome: "permit" });
    expect(resolve.mock.calls).toEqual([["agent", "bot"]]);
  });

  test.for<readonly [string, unknown]>([
    ["a list with a number", ["support", 1]],
    ["a set", new Set(["support"])],
    [
      "an object that has every role",
      { every: () => true, [Symbol.iterator]: [][Symbol.iterator] },
    ],
    ["nothing", undefined],
  ])("%s instead of names refuses the identity", async ([, answer]) => {
    const { guard } = await setUp({ roles: { resolve: async () => answer as string[] } });
    expect(await guard.check(look, { principal })).toMatchObject({
      denial: { code: "identity-unavailable" },
    });
  });
});
