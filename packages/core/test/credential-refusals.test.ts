import { describe, expect, test, vi } from "vitest";
import type { ContextInput, InProcessPermit } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { PortcullisErrorCode } from "../src/errors.ts";
import { PortcullisError } from "../src/errors.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import type { CredentialVerifier, VerifiedCredential } from "../src/ports/credential-verifier.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { Refusal } from "../src/refusal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { fixturePolicy, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const look: ToolCall = { callId: "c1", tool: "look", args: {} };
const pay: ToolCall = { callId: "c2", tool: "pay", args: { amount: 7 } };
const context: ContextInput = { token: "t" };

const verified = (parts: Partial<VerifiedCredential> = {}): VerifiedCredential => ({
  principal,
  session: "task-1",
  bindArguments: async () => undefined,
  consume: async () => undefined,
  ...parts,
});

const throwing = (cause: unknown) => async (): Promise<never> => {
  throw cause;
};

async function setUp(parts: Partial<VerifiedCredential> | CredentialVerifier["verify"] = {}) {
  const sink = createMemoryDecisionSink({ maxRecords: 100 });
  const verify = vi.fn<CredentialVerifier["verify"]>(
    typeof parts === "function" ? parts : async () => verified(parts),
  );
  const guard = await createGuard({
    policy: fixturePolicy({ identity: "token" }),
    credentials: { verify },
    sink,
  });
  return { guard, sink, verify, run: vi.fn<() => string>(() => "done") };
}

const error = (code: PortcullisErrorCode, reason?: string): PortcullisError =>
  new PortcullisError(code, "secret detail", reason === undefined ? {} : { fields: { reason } });

describe("a verified token", () => {
  test("is asked about tool, risk and request, and is used up before the tool runs", async () => {
    const order: string[] = [];
    const { guard, verify } = await setUp({
      bindArguments: async (text) => void order.push(`bind ${text}`),
      consume: async () => void order.push("consume"),
    });
    const request = ["pay ann"];
    const bundle = await guard.policy();
    const outcome = await guard.execute(pay, { ...context, request }, () => order.push("run"));
    expect(outcome.kind).toBe("completed");
    expect(order).toEqual(['bind {"amount":7}', "consume", "run"]);
    expect(verify).toHaveBeenCalledExactlyOnceWith(
      { token: "t" },
      { tool: "pay", risk: "high", request, bundle },
    );
    await guard.execute(look, context, () => order.push("run"));
    expect(verify).toHaveBeenLastCalledWith(
      { token: "t" },
      { tool: "look", risk: "normal", bundle },
    );
  });

  test("a check binds arguments and uses nothing up", async () => {
    const consume = vi.fn<VerifiedCredential["consume"]>(async () => undefined);
    const bindArguments = vi.fn<VerifiedCredential["bindArguments"]>(async () => undefined);
    const { guard } = await setUp({ consume, bindArguments });
    expect(await guard.check(pay, context)).toMatchObject({ outcome: "permit" });
    expect(bindArguments).toHaveBeenCalledTimes(1);
    expect(consume).not.toHaveBeenCalled();
  });

  test("its task is the session, whatever calls it has", async () => {
    const { guard, sink, run } = await setUp((async (given) =>
      verified({
        session: "token" in given ? given.token : "",
      })) satisfies CredentialVerifier["verify"]);
    for (const token of ["a", "a", "b"]) await guard.execute(look, { token }, run);
    const [first, second, third] = sink.records
      .filter(({ phase }) => phase === "intent")
      .map(({ session }) => session);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test.for([
    { name: "the same session", session: { id: "task-1" }, expected: { kind: "completed" } },
    {
      name: "another session",
      session: { id: "task-2" },
      expected: { kind: "denied", denial: { code: "session-mismatch" } },
    },
    { name: "no session", session: undefined, expected: { kind: "completed" } },
  ])("with $name of the host", async ({ session, expected }) => {
    const { guard, run } = await setUp();
    const from = session === undefined ? context : { ...context, session };
    expect(await guard.execute(look, from, run)).toMatchObject(expected);
  });

  test("of nobody is invalid", async () => {
    const { guard, run } = await setUp({ principal: { ...principal, chain: [] } });
    expect(await guard.execute(look, context, run)).toMatchObject({
      denial: { code: "token-invalid" },
    });
  });
});

const setUpChain = async (verifyChain: CredentialVerifier["verifyChain"] | undefined) => {
  const verify = vi.fn<CredentialVerifier["verify"]>(async () => verified());
  const guard = await createGuard({
    policy: fixturePolicy({ identity: "token" }),
    credentials: verifyChain === undefined ? { verify } : { verify, verifyChain },
  });
  return { guard, verify };
};

describe("what authorises nothing", () => {
  const definitions = [{ name: "look" }, { name: "pay" }];

  test("asks for the chain, not for a call", async () => {
    const verifyChain = vi.fn<NonNullable<CredentialVerifier["verifyChain"]>>(async () =>
      verified({ principal: trustedPrincipal({ agent: { id: "bot" }, ceiling: ["look"] }) }),
    );
    const { guard, verify } = await setUpChain(verifyChain);
    expect(await guard.visibleTools(definitions, context)).toEqual([{ name: "look" }]);
    await guard.reportUsage(context, { inputTokens: 1, outputTokens: 1 });
    expect(verifyChain.mock.calls.map(([, { risk }]) => risk)).toEqual(["normal", "high", "high"]);
    expect(verify).not.toHaveBeenCalled();
    // Who is known but not allowed to call gets no call out of it.
    expect(await guard.check(look, context)).toMatchObject({ outcome: "permit" });
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("asks for the call where the verifier knows no chains", async () => {
    const { guard, verify } = await setUpChain(undefined);
    expect(await guard.visibleTools(definitions, context)).toEqual(definitions);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test.for([
    ["refuses", error("ERR_TOKEN_REVOKED")],
    ["fails", new Error("down")],
  ] as const)("shows nothing and counts nothing where it %s", async ([, cause]) => {
    const { guard } = await setUpChain(throwing(cause));
    expect(await guard.visibleTools(definitions, context)).toEqual([]);
    const usage = { inputTokens: 1, outputTokens: 1 };
    await expect(guard.reportUsage(context, usage)).rejects.toBeInstanceOf(Error);
  });

  test("of nobody shows nothing", async () => {
    const { guard } = await setUpChain(async () =>
      verified({ principal: { ...principal, chain: [] } }),
    );
    expect(await guard.visibleTools(definitions, context)).toEqual([]);
  });

  test("a permit is for its call alone", async () => {
    const verifyChain = vi.fn<NonNullable<CredentialVerifier["verifyChain"]>>();
    const { guard, verify } = await setUpChain(verifyChain);
    const credential = Object.freeze({}) as InProcessPermit;
    await guard.visibleTools(definitions, { credential });
    expect(verifyChain).not.toHaveBeenCalled();
    expect(verify).toHaveBeenCalledTimes(2);
  });
});

describe("what the records say of a token", () => {
  test("every hop and the purpose", async () => {
    const hop = { actor: "bot", tokenId: "jti", keyThumbprint: "key", confirmed: false };
    const { guard, sink, run } = await setUp({ delegation: [hop], purpose: "refund A1" });
    await guard.execute(look, context, run);
    expect(sink.records).toHaveLength(2);
    for (const record of sink.records) {
      expect(record).toMatchObject({ delegation: [hop], purpose: "refund A1" });
    }
  });
});

describe("an approval that a token names", () => {
  test("is the one of this call, or the call is refused", async () => {
    const terms = fixturePolicy().approval;
    const asked = { ...pay, requireApproval: true };
    const { guard } = await setUp();
    const decision = await guard.check(asked, context);
    const approval = decision.outcome === "approval-required" ? decision.approval.id : "";
    expect(approval).toMatch(/^[\w-]{43}$/);
    for (const [named, expected] of [
      [approval, { outcome: "approval-required" }],
      ["another", { outcome: "deny", denial: { code: "token-invalid" } }],
      ["", { outcome: "deny", denial: { code: "token-invalid" } }],
    ] as const) {
      const bound = await setUp({ approval: named });
      expect(await bound.guard.check(asked, context)).toMatchObject(expected);
    }
    expect(terms.scope).toBe("once");
  });
});

describe("what a verifier throws becomes a denial code", () => {
  const causes: readonly (readonly [string, unknown, string])[] = [
    ["a plain error", new Error("secret detail"), "token-unavailable"],
    ["a text", "secret detail", "token-unavailable"],
    ["an invalid token", error("ERR_TOKEN_INVALID"), "token-invalid"],
    ["an expired token", error("ERR_TOKEN_EXPIRED"), "token-expired"],
    ["a replayed token", error("ERR_TOKEN_REPLAYED"), "token-replayed"],
    ["a widened delegation", error("ERR_DELEGATION_WIDENED"), "delegation-widened"],
    [
      "a full replay store",
      error("ERR_TOKEN_UNAVAILABLE", "replay-store-full"),
      "replay-store-full",
    ],
    [
      "a cold replay store",
      error("ERR_TOKEN_UNAVAILABLE", "replay-store-cold"),
      "replay-store-cold",
    ],
    ["another reason", error("ERR_TOKEN_REVOKED", "issuer"), "token-revoked"],
    ["a tool that is not granted", error("ERR_TOKEN_INVALID", "tool-not-granted"), "not-delegated"],
    [
      "arguments that are not granted",
      error("ERR_TOKEN_INVALID", "arguments-not-granted"),
      "not-delegated",
    ],
    ["a code that is no denial", error("ERR_OPTIONS_INVALID"), "token-unavailable"],
    ["a refusal", new Refusal("delegation-too-deep"), "delegation-too-deep"],
  ];

  test.for(causes)("on verification: %s", async ([, cause, code]) => {
    const { guard, run } = await setUp(throwing(cause));
    const outcome = await guard.execute(look, context, run);
    expect(outcome).toMatchObject({ kind: "denied", denial: { code } });
    expect(JSON.stringify(outcome)).not.toContain("secret detail");
    expect(run).not.toHaveBeenCalled();
  });

  test.for(causes)("on its arguments: %s", async ([, cause, code]) => {
    const { guard, run } = await setUp({ bindArguments: throwing(cause) });
    expect(await guard.execute(look, context, run)).toMatchObject({ denial: { code } });
    expect(run).not.toHaveBeenCalled();
  });

  test.for(causes)("on its use: %s", async ([, cause, code]) => {
    const { guard, run } = await setUp({ consume: throwing(cause) });
    expect(await guard.execute(look, context, run)).toMatchObject({ denial: { code } });
    expect(run).not.toHaveBeenCalled();
  });
});

describe("what never reaches the verifier", () => {
  test.for<readonly [string, unknown, string]>([
    ["a principal that the host states", { principal }, "context-missing"],
    ["one in the place of a credential", { credential: principal }, "context-missing"],
    ["a copy of one", { credential: { ...principal } }, "context-missing"],
    ["no credential at all", {}, "context-missing"],
    ["an undefined credential", { credential: undefined }, "context-missing"],
    ["a credential that is null", { credential: null }, "context-missing"],
    ["a credential that is a text", { credential: "t" }, "context-missing"],
    ["an inherited token", Object.create({ token: "t" }), "context-missing"],
    ["a token beside a credential", { token: "t", credential: { token: "t" } }, "context-missing"],
  ])("%s", async ([, given, code]) => {
    const { guard, verify, run } = await setUp();
    expect(await guard.execute(look, given as ContextInput, run)).toMatchObject({
      denial: { code },
    });
    expect(verify).not.toHaveBeenCalled();
    expect(run).not.toHaveBeenCalled();
  });

  test("without a verifier a token is unavailable, not an error", async () => {
    const guard = await createGuard({ policy: fixturePolicy({ identity: "token" }) });
    expect(await guard.check(look, context)).toMatchObject({
      denial: { code: "token-unavailable" },
    });
  });

  test("an agent that a prototype claims is not the host's own word", async () => {
    const { guard, verify } = await setUp();
    const credential = Object.create({ agent: { id: "bot" } });
    await guard.check(look, { credential });
    expect(verify).toHaveBeenCalledExactlyOnceWith(credential, expect.anything());
  });
});

const schema = (validate: (value: unknown) => unknown) =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as NonNullable<
    GuardOptions["schemas"]
  >[string];

const guardWith = (schemas: NonNullable<GuardOptions["schemas"]>) =>
  createGuard({ policy: fixturePolicy(), schemas });

describe("the author's own schema", () => {
  const host: ContextInput = { principal };

  test.for<readonly [string, () => unknown, string]>([
    ["refuses", () => ({ issues: [{ message: "no", path: ["amount"] }] }), "arguments-invalid"],
    ["throws", throwing(new Error("secret detail")), "arguments-invalid"],
    ["makes no JSON of them", () => ({ value: { amount: new Date(0) } }), "arguments-not-plain"],
    [
      "makes of them what the catalogue refuses",
      () => ({ value: { amount: "7" } }),
      "arguments-invalid",
    ],
    ["makes a list of them", () => ({ value: [] }), "arguments-invalid"],
    ["makes nothing of them", () => ({ value: null }), "arguments-invalid"],
    ["makes a text of them", () => ({ value: "amount" }), "arguments-invalid"],
  ])("that %s", async ([, validate, code]) => {
    const guard = await guardWith({ pay: schema(validate) });
    expect(await guard.check(pay, host)).toMatchObject({ denial: { code } });
  });

  test("decides about what it made of them", async () => {
    const guard = await guardWith({ pay: schema(() => ({ value: { amount: 101 } })) });
    expect(await guard.check(pay, host)).toMatchObject({ denial: { code: "no-applicable-rule" } });
  });

  test.for([
    ["of another tool", { look: schema(() => ({ issues: [] })) }],
    ["of a prototype", Object.create({ pay: schema(() => ({ issues: [] })) })],
  ] as const)("%s is not asked", async ([, schemas]) => {
    const guard = await guardWith(schemas);
    expect(await guard.check(pay, host)).toMatchObject({ outcome: "permit" });
  });

  test("arguments that are no object fit no schema, not even one of anything", async () => {
    const guard = await createGuard({
      policy: fixturePolicy({ tools: { look: tool({ input: {} }) }, rules: [] }),
    });
    for (const args of [null, [], "x", 1, true]) {
      expect(await guard.check({ ...look, args }, host)).toMatchObject({
        denial: { code: "arguments-invalid" },
      });
    }
  });
});
