import type { ContextInput, PolicyDocument, ToolCall } from "@portcullis/core";
import { createGuard, createMemoryDecisionSink, trustedPrincipal } from "@portcullis/core";
import { describe, expect, test, vi } from "vitest";
import { fixturePolicy, permit, tool } from "../../core/test/support/fixture-policy.ts";
import { createMemoryRevocationView, createTaskTokenMint, NOTHING_REVOKED } from "../src/index.ts";
import type { TaskTokenVerifierOptions } from "../src/index.ts";
import { AUDIENCE, createWorld, ISSUER, KEYS, sha256, TOOL } from "./support/forge.ts";

const TXN = "01a1f840-41cc-7e95-a9e7-59538bb39de0";
const refund = (amount: number, callId = "c1"): ToolCall => ({
  callId,
  tool: TOOL,
  args: { order: "A1", amount },
});

const policyWith = (overrides: Partial<PolicyDocument> = {}): PolicyDocument =>
  fixturePolicy({
    identity: "token",
    tools: {
      [TOOL]: tool({
        class: "pay",
        input: {
          type: "object",
          properties: { order: { type: "string" }, amount: { type: "number" } },
          required: ["order", "amount"],
        },
      }),
      "ledger.read": tool(),
    },
    rules: [permit("refunds", [TOOL]), permit("reads", ["ledger.read"])],
    ...overrides,
  });

const clamp = (max: number) => ({
  id: "clamp",
  effect: "require" as const,
  tools: [TOOL],
  obligations: [{ type: "clamp" as const, path: "/amount", max }],
});

async function setUp(
  policy: PolicyDocument = policyWith(),
  options: Partial<TaskTokenVerifierOptions> = {},
) {
  const world = await createWorld();
  const { clock } = world;
  const revocation = createMemoryRevocationView({ clock, snapshot: NOTHING_REVOKED });
  const verifier = world.verifier({ revocation, ...options });
  const sink = createMemoryDecisionSink({ maxRecords: 100 });
  const guard = await createGuard({ policy, credentials: verifier, sink, clock });
  const run = vi.fn<(args: unknown) => string>(() => "done");
  return { world, revocation, verifier, guard, sink, run };
}

const clamped = async (max: number) => {
  const rules = [permit("refunds", [TOOL]), clamp(max)];
  const { world, guard, run } = await setUp(policyWith({ rules }));
  const outcome = await guard.execute(refund(20), { token: await world.chain() }, run);
  return { outcome, run };
};

describe("a guard with task tokens", () => {
  test("runs the call that its token is for, once, with the arguments that were signed", async () => {
    const { world, guard, run } = await setUp();
    const token = await world.chain();
    const outcome = await guard.execute(refund(20), { token }, run);
    expect(outcome.kind).toBe("completed");
    expect(run).toHaveBeenCalledExactlyOnceWith({ amount: 20, order: "A1" }, expect.anything());
    expect(await guard.execute(refund(20), { token }, run)).toMatchObject({
      denial: { code: "token-replayed" },
    });
    expect(run).toHaveBeenCalledTimes(1);
  });

  test.for<readonly [string, ToolCall, string]>([
    ["other arguments", refund(21), "token-invalid"],
    ["another tool", { callId: "c", tool: "ledger.read", args: {} }, "token-invalid"],
  ])("%s are refused before anything runs", async ([, call, code]) => {
    const { world, guard, run } = await setUp();
    const outcome = await guard.execute(call, { token: await world.chain() }, run);
    expect(outcome).toMatchObject({ kind: "denied", denial: { code } });
    expect(run).not.toHaveBeenCalled();
  });

  test("a host's own word is not enough", async () => {
    const { guard } = await setUp();
    const principal = trustedPrincipal({ agent: { id: "agent:refunder" } });
    expect(await guard.check(refund(20), { principal })).toMatchObject({
      denial: { code: "context-missing" },
    });
  });

  test("a check uses nothing up", async () => {
    const { world, guard, run } = await setUp();
    const token = await world.chain();
    expect(await guard.check(refund(20), { token })).toMatchObject({ outcome: "permit" });
    expect(await guard.check(refund(20), { token })).toMatchObject({ outcome: "permit" });
    expect(await guard.execute(refund(20), { token }, run)).toMatchObject({ kind: "completed" });
  });

  test("the task is the session", async () => {
    const { world, guard } = await setUp();
    const token = await world.chain();
    expect(await guard.check(refund(20), { token, session: { id: TXN } })).toMatchObject({
      outcome: "permit",
    });
    expect(await guard.check(refund(20), { token, session: { id: "other" } })).toMatchObject({
      denial: { code: "session-mismatch" },
    });
  });

  test("records hold every hop, and nothing holds a token", async () => {
    const { world, guard, sink, run } = await setUp();
    const token = await world.chain({
      payloads: { grant: (claims) => ({ ...claims, purpose: "A1" }) },
    });
    const outcome = await guard.execute(refund(20), { token }, run);
    expect(sink.records).toHaveLength(2);
    for (const record of sink.records) {
      expect(record).toMatchObject({
        agent: "agent:refunder",
        user: "user:alice",
        chain: ["agent:refunder", "agent:planner"],
        purpose: "A1",
        delegation: [
          { actor: "agent:refunder", confirmed: false },
          { actor: "agent:planner", confirmed: true },
        ],
      });
    }
    const all = JSON.stringify([sink.records, outcome]);
    for (const part of token.split(/[.~]/)) expect(all).not.toContain(part);
  });

  test.for<readonly [string, string]>([
    ["agent:refunder", "forbidden-by-rule"],
    ["agent:planner", "forbidden-by-rule"],
    ["agent:other", "permit"],
  ])("policy speaks for each actor: %s forbidden", async ([agent, expected]) => {
    const forbid = { id: "no", effect: "forbid", tools: [TOOL], agents: [agent] } as const;
    const { world, guard } = await setUp(
      policyWith({ rules: [permit("refunds", [TOOL]), forbid] }),
    );
    const decision = await guard.check(refund(20), { token: await world.chain() });
    expect(decision.outcome === "deny" ? decision.denial.code : decision.outcome).toBe(expected);
  });

  test("a delegate spends its delegator's budget", async () => {
    const limit = {
      id: "calls",
      per: ["agent"],
      budget: { unit: "calls", amount: 1, windowSeconds: 60 },
    };
    const limits = [limit] as unknown as PolicyDocument["limits"];
    const { world, guard, verifier, run } = await setUp(policyWith({ limits }));
    const mint = createTaskTokenMint({ clock: world.clock });
    const issuer = { url: ISSUER, key: KEYS.issuer };
    const grant = await mint.issueGrant(issuer, {
      subject: "user:alice",
      agent: "agent:planner",
      publicJwk: KEYS.planner.publicJwk,
      audience: [AUDIENCE],
      tools: { [TOOL]: {} },
    });
    const to = { agent: "agent:refunder", publicJwk: KEYS.refunder.publicJwk };
    const delegated = await mint.delegateTask(grant, KEYS.planner, to);
    const use = async (chain: string) =>
      guard.execute(refund(1), await verifier.taskContext(chain)({ ...refund(1) }), run);
    expect(await use(delegated)).toMatchObject({ kind: "completed" });
    expect(await use(grant)).toMatchObject({ denial: { code: "limit-exceeded" } });
  });

  test("a person who is disabled is stopped at the next call, also between check and run", async () => {
    const { world, guard, revocation, verifier, run, sink } = await setUp();
    const contextOf = verifier.taskContext(await world.chain({ isOpen: true }));
    const call = refund(20);
    expect(await guard.execute(call, await contextOf({ ...call }), run)).toMatchObject({
      kind: "completed",
    });
    const prepared = await contextOf({ ...call });
    expect(await guard.check(call, prepared)).toMatchObject({ outcome: "permit" });
    revocation.revoke({ sub: "user:alice", disabled: true });
    for (const context of [prepared, await contextOf({ ...call })]) {
      expect(await guard.execute(call, context, run)).toMatchObject({
        denial: { code: "token-revoked" },
      });
      // Whose right ended is on record all the same.
      expect(sink.records.at(-1)).toMatchObject({
        user: "user:alice",
        chain: ["agent:refunder", "agent:planner"],
        delegation: [{ actor: "agent:refunder" }, { actor: "agent:planner" }],
      });
    }
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("a token that runs out between approval and run is refused", async () => {
    const { world, guard } = await setUp();
    const token = await world.chain();
    world.clock.advance(8000);
    expect(await guard.check(refund(20), { token })).toMatchObject({
      denial: { code: "token-expired" },
    });
  });

  test("a grant wants its bundle and the words it was given for", async () => {
    const { world, guard } = await setUp();
    const { name, digest } = await guard.policy();
    const request = ["refund A1"];
    const bound = (policy: object) => ({
      payloads: {
        grant: (claims: Record<string, unknown>) => ({
          ...claims,
          policy,
          request_s256: sha256(JSON.stringify(request)),
        }),
      },
    });
    const good = { token: await world.chain(bound({ name, min_serial: 0, digest })), request };
    expect(await guard.check(refund(20), good)).toMatchObject({ outcome: "permit" });
    const others: readonly ContextInput[] = [
      { ...good, request: ["refund everything"] },
      { token: good.token },
      { token: await world.chain(bound({ name, min_serial: 1 })), request },
      { token: await world.chain(bound({ name: "other", min_serial: 0 })), request },
    ];
    for (const context of others) {
      expect(await guard.check(refund(20), context)).toMatchObject({
        denial: { code: "token-invalid" },
      });
    }
  });

  test("a clamp stays within the ceiling under the same token", async () => {
    const { outcome, run } = await clamped(10);
    expect(outcome.kind).toBe("completed");
    expect(run).toHaveBeenCalledExactlyOnceWith({ amount: 10, order: "A1" }, expect.anything());
    expect((await clamped(-1)).outcome).toMatchObject({ denial: { code: "not-delegated" } });
  });

  test("tools are shown by ceiling and policy, of a chain that authorises no call", async () => {
    const { world, guard, verifier, run } = await setUp();
    const token = await world.chain({ isOpen: true });
    const definitions = [{ name: TOOL }, { name: "ledger.read" }, { name: "unknown" }];
    const context = await verifier.taskContext(token)({});
    expect(await guard.visibleTools(definitions, context)).toEqual([{ name: TOOL }]);
    expect(await guard.execute(refund(20), { token }, run)).toMatchObject({
      denial: { code: "token-invalid" },
    });
    const tools = definitions.map((each) => ({ ...each, parameters: {} }));
    expect(await guard.redact({ tools }, context)).toEqual({ tools: [tools[0]] });
    await guard.reportUsage(context, { inputTokens: 1, outputTokens: 1 });
  });
});

describe("a context function", () => {
  test.for<readonly [string, object, string]>([
    ["a tool that is not granted", { tool: "ledger.read", args: {} }, "not-delegated"],
    [
      "arguments beyond the ceiling",
      { tool: TOOL, args: { order: "A1", amount: 51 } },
      "not-delegated",
    ],
    [
      "arguments that are not plain",
      { tool: TOOL, args: { order: new Date(0) } },
      "arguments-not-plain",
    ],
  ])("%s", async ([, call, code]) => {
    const { world, guard, verifier, run } = await setUp();
    const contextOf = verifier.taskContext(await world.chain({ isOpen: true }));
    const given = { callId: "c", ...call } as ToolCall;
    expect(await guard.execute(given, await contextOf(given), run)).toMatchObject({
      denial: { code },
    });
    expect(run).not.toHaveBeenCalled();
  });

  test("gives each call a permit of its own, which is for no other", async () => {
    const { world, guard, verifier, run } = await setUp();
    const contextOf = verifier.taskContext(await world.chain({ isOpen: true }), {
      session: { id: TXN, isNew: true },
    });
    const context = await contextOf({ ...refund(20) });
    expect(JSON.stringify(context)).toBe(
      JSON.stringify({ session: { id: TXN, isNew: true }, credential: {} }),
    );
    expect(await guard.execute(refund(21), context, run)).toMatchObject({
      denial: { code: "token-invalid" },
    });
    expect(await guard.execute(refund(20), context, run)).toMatchObject({ kind: "completed" });
    expect(await guard.execute(refund(20), context, run)).toMatchObject({
      denial: { code: "token-invalid" },
    });
  });
});
