import { describe, expect, test } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import type { DefinitionInspector } from "../src/ports/definition-inspector.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" } });
const session = { id: "s1", isNew: true };
const context: ContextInput = { principal, session };
const look: ToolCall = { callId: "c1", tool: "look", args: {} };

describe("shadow mode suspends the policy's verdict and nothing else", () => {
  test.for(["look", "pay"])("a ceiling without %s", async (name) => {
    const guard = await createGuard({ policy: fixturePolicy({ mode: "shadow" }) });
    const narrow = trustedPrincipal({ agent: { id: "bot" }, ceiling: ["other"] });
    const from = { principal: narrow, session };
    const call = { ...look, tool: name };
    expect(await guard.execute(call, from, () => 1)).toMatchObject({
      denial: { code: "not-delegated" },
    });
    expect(await guard.check(call, from)).toMatchObject({ outcome: "deny" });
  });

  test("an approval that the caller asks for", async () => {
    const guard = await createGuard({ policy: fixturePolicy({ mode: "shadow" }) });
    const call = { ...look, requireApproval: true };
    expect(await guard.execute(call, context, () => 1)).toMatchObject({
      kind: "approval-required",
    });
    expect(await guard.execute(look, context, () => 1)).toMatchObject({ kind: "completed" });
  });

  const scanner: Scanner = {
    id: "test",
    kinds: ["secret"],
    scan: (text) => ({
      status: "complete",
      findings: text.includes("SECRET")
        ? [{ kind: "secret", rule: "key", start: 0, end: text.length, confidence: "high" }]
        : [],
    }),
  };
  const redacts = {
    id: "r",
    effect: "require",
    tools: ["look"],
    obligations: [{ type: "redact", target: "result", kinds: ["secret"] }],
  } as const;

  test.for([
    { name: "no rule permits", rules: [redacts], value: "[REDACTED:key]" },
    {
      name: "a rule forbids",
      rules: [permit("p", ["look"]), redacts, { id: "f", effect: "forbid" } as const],
      value: "[REDACTED:key]",
    },
    {
      name: "a rule in shadow redacts",
      rules: [{ ...redacts, mode: "shadow" } as const],
      value: "SECRET",
    },
  ])("redaction of what $name", async ({ rules, value }) => {
    const policy = fixturePolicy({ mode: "shadow", rules });
    const guard = await createGuard({ policy, scanner });
    expect(await guard.execute(look, context, () => "SECRET")).toMatchObject({ value });
  });
});

describe("a definition that nobody shows", () => {
  const name = "mcp:crm/look";
  const policy = fixturePolicy({
    tools: { look: tool(), [name]: tool({ origin: "mcp" }) },
    rules: [permit("p", ["look", name])],
  });
  const definitions: DefinitionInspector = {
    inspect: () => ({ verdict: "clean", findings: [] }),
  };
  const call: ToolCall = { ...look, tool: name, origin: "mcp" };

  test("of a server's tool is not approved by the inspector", async () => {
    const guard = await createGuard({ policy, definitions });
    expect(await guard.execute(call, context, () => 1)).toMatchObject({
      denial: { code: "definition-unknown" },
    });
    const definition = { name: "look" };
    expect(await guard.execute({ ...call, definition }, context, () => 1)).toMatchObject({
      kind: "completed",
    });
  });

  test("of the host's own tool, or without an inspector, is not asked for", async () => {
    const guard = await createGuard({ policy, definitions });
    expect(await guard.execute(look, context, () => 1)).toMatchObject({ kind: "completed" });
    const plain = await createGuard({ policy });
    expect(await plain.execute(call, context, () => 1)).toMatchObject({ kind: "completed" });
  });
});

test("ids and names that a model makes long take no room in the records", async () => {
  const sink = createMemoryDecisionSink();
  const guard = await createGuard({ policy: fixturePolicy(), sink });
  const callId = "c".repeat(100_000);
  await guard.execute({ ...look, callId, parentCallId: callId }, context, () => 1);
  await guard.execute({ ...look, tool: callId }, context, () => 1);
  expect(JSON.stringify(sink.records).length).toBeLessThan(10_000);
});

test("a call whose members throw is denied", async () => {
  const guard = await createGuard({ policy: fixturePolicy() });
  const call: ToolCall = {
    ...look,
    get callId(): string {
      throw new Error("no");
    },
  };
  expect(await guard.execute(call, context, () => 1)).toMatchObject({ kind: "denied" });
  expect(await guard.check(call, context)).toMatchObject({ outcome: "deny" });
});
