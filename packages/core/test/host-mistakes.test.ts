import { describe, expect, test, vi } from "vitest";
import type { ContextInput } from "../src/call-context.ts";
import { createGuard } from "../src/create-guard.ts";
import type { PortcullisErrorCode } from "../src/errors.ts";
import { PortcullisError } from "../src/errors.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import type { Scanner } from "../src/ports/scanner.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { fixturePolicy, permit, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const look: ToolCall = { callId: "c1", tool: "look", args: {} };

async function setUp(options: Partial<GuardOptions> = {}) {
  const sink = createMemoryDecisionSink();
  const guard = await createGuard({ policy: fixturePolicy(), sink, ...options });
  return { guard, sink, run: vi.fn<() => number>(() => 1) };
}

const demand = (minAssurance: string) => ({
  id: `r-${minAssurance}`,
  effect: "require" as const,
  obligations: [{ type: "dryRun" as const, demand: { minAssurance } }],
});

const offline = async (): Promise<never> => {
  throw new Error("offline");
};

describe("a call", () => {
  test.for<readonly [string, unknown]>([
    ["without an id", { tool: "look", args: {} }],
    ["with a number for an id", { ...look, callId: 5 }],
    ["with a list for an id", { ...look, callId: ["c1"] }],
    ["with a list for a tool", { ...look, tool: ["look"] }],
    ["that is nothing", undefined],
    ["that is null", null],
    ["that is a text", "look"],
    [
      "that throws when it is read",
      {
        ...look,
        get tool(): string {
          throw new Error("no");
        },
      },
    ],
  ])("%s is refused and put on record", async ([, call]) => {
    const { guard, sink, run } = await setUp();
    const outcome = await guard.execute(call as ToolCall, context, run);
    expect(outcome).toMatchObject({ kind: "denied" });
    expect(run).not.toHaveBeenCalled();
    expect(sink.records).toHaveLength(1);
    expect(await guard.check(call as ToolCall, context)).toMatchObject({ outcome: "deny" });
  });

  test.for<readonly [unknown, boolean]>([
    [undefined, false],
    [false, false],
    [true, true],
    [null, true],
    [0, true],
    ["no", true],
  ])("with requireApproval %j", async ([requireApproval, asks]) => {
    const { guard } = await setUp();
    const call = { ...look, requireApproval } as ToolCall;
    expect((await guard.check(call, context)).outcome).toBe(asks ? "approval-required" : "permit");
  });

  test.for<readonly [unknown, string | undefined]>([
    ["c0", "c0"],
    [5, undefined],
    [undefined, undefined],
    ["x".repeat(300), "x".repeat(256)],
  ])("with the parent %j", async ([parentCallId, recorded]) => {
    const { guard, sink, run } = await setUp();
    await guard.execute({ ...look, parentCallId } as ToolCall, context, run);
    expect(sink.records.at(-1)?.parentCallId).toBe(recorded);
  });

  test("inside of another has that one as its parent", async () => {
    const { guard, sink, run } = await setUp();
    await guard.execute(look, context, () =>
      guard.execute({ ...look, callId: "inner" }, context, run),
    );
    const inner = sink.records.filter(({ callId }) => callId === "inner");
    expect(inner.map(({ parentCallId }) => parentCallId)).toEqual(["c1", "c1"]);
  });
});

describe("a signal that is none", () => {
  test.for<readonly [string, unknown]>([
    ["an object", {}],
    ["aborted in words", { aborted: true, reason: "stop" }],
    ["null", null],
    ["a text", "stop"],
  ])("%s: the call is refused before anything happens", async ([, signal]) => {
    const { guard, sink, run } = await setUp();
    const given = { ...context, signal } as ContextInput;
    expect(await guard.execute(look, given, run)).toMatchObject({
      kind: "denied",
      denial: { code: "context-missing" },
    });
    expect(run).not.toHaveBeenCalled();
    expect(sink.records.map(({ phase }) => phase)).toEqual(["outcome"]);
    expect(await guard.check(look, given)).toMatchObject({ outcome: "deny" });
  });
});

describe("a policy source that fails", () => {
  test.for<readonly [PortcullisErrorCode | "Error", string]>([
    ["ERR_BUNDLE_EXPIRED", "bundle-expired"],
    ["ERR_BUNDLE_INVALID", "bundle-invalid"],
    ["ERR_BUNDLE_UNAVAILABLE", "bundle-unavailable"],
    ["ERR_POLICY_INVALID", "bundle-invalid"],
    ["ERR_TOKEN_EXPIRED", "bundle-unavailable"],
    ["ERR_STORE_UNAVAILABLE", "bundle-unavailable"],
    ["Error", "bundle-unavailable"],
  ])("with %s denies with %s", async ([code, expected]) => {
    const current = (): never => {
      throw code === "Error" ? new Error("x") : new PortcullisError(code, "x");
    };
    const { guard } = await setUp({ policy: { current } });
    expect(await guard.check(look, context)).toMatchObject({ denial: { code: expected } });
  });

  test("is asked each time, and a policy is activated once for each version", async () => {
    const sourced = { document: fixturePolicy(), version: 1 };
    const current = vi.fn<() => typeof sourced>(() => ({ ...sourced }));
    const { guard } = await setUp({ policy: { current } });
    const first = await guard.policy();
    sourced.document = fixturePolicy({ serial: 7 });
    expect(await guard.policy()).toBe(first);
    sourced.version = 2;
    expect(await guard.policy()).toMatchObject({ serial: 7 });
    sourced.version = 3;
    sourced.document = fixturePolicy({ rules: [] });
    expect(await guard.check(look, context)).toMatchObject({ outcome: "deny" });
    expect(current).toHaveBeenCalledTimes(4);
  });

  test("with a broken version denies until there is a whole one", async () => {
    const sourced: { document: unknown; version: number } = { document: {}, version: 1 };
    const { guard } = await setUp({ policy: { current: () => sourced as never } });
    const code = async () => (await guard.check(look, context)).outcome;
    expect([await code(), await code()]).toEqual(["deny", "deny"]);
    Object.assign(sourced, { document: fixturePolicy(), version: 2 });
    expect(await code()).toBe("permit");
  });
});

describe("options", () => {
  test.for<readonly [Partial<GuardOptions>, boolean]>([
    [{ timeoutMs: 1 }, true],
    [{ timeoutMs: 600_000 }, true],
    [{ timeoutMs: 600_001 }, false],
    [{ timeoutMs: Infinity }, false],
    [{ timeoutMs: -1 }, false],
    [{ deploymentKey: "k".repeat(32) }, true],
    [{ deploymentKey: "k".repeat(31) }, false],
    [{ deploymentKey: "" }, false],
  ])("%o", async ([options, isGood]) => {
    const made = await createGuard({ policy: fixturePolicy(), ...options }).catch(
      (cause: unknown) => cause,
    );
    expect(PortcullisError.isInstance(made) ? made.code : "made").toBe(
      isGood ? "made" : "ERR_OPTIONS_INVALID",
    );
  });

  const scanner: Scanner = {
    id: "test",
    kinds: ["secret"],
    scan: () => ({ status: "complete", findings: [] }),
  };
  test.for<readonly [string, readonly string[], Scanner | undefined, string | undefined]>([
    ["a scanner that finds the kind", ["secret"], scanner, undefined],
    ["no scanner", ["secret"], undefined, "needs a configured scanner"],
    ["a scanner that finds one of two", ["secret", "pii"], scanner, "does not find: pii"],
  ])("redaction with %s", async ([, kinds, given, refusal]) => {
    const policy = fixturePolicy({
      rules: [
        permit("p", ["look"]),
        {
          id: "r",
          effect: "require",
          obligations: [
            { type: "notify", channel: "c", priority: "low", required: false },
            { type: "redact", target: "args", kinds },
          ],
        },
      ],
    });
    const parts = given === undefined ? { policy } : { policy, scanner: given };
    const made = await createGuard(parts).catch((cause: unknown) => cause);
    const issues = PortcullisError.isInstance(made) ? made.fields.issues : undefined;
    expect(issues?.map(({ path }) => path)).toEqual(
      refusal === undefined ? undefined : ["/rules/1/obligations/1"],
    );
    expect(issues?.[0]?.message ?? "").toContain(refusal ?? "");
  });

  test("a schema that cannot be compiled is named with its tool", async () => {
    const tools = { look: tool({ input: { type: "object", properties: { a: { type: "int" } } } }) };
    const policy = fixturePolicy({ tools, rules: [permit("p", ["look"])], context: { type: 5 } });
    await expect(createGuard({ policy })).rejects.toMatchObject({
      fields: {
        issues: [
          expect.objectContaining({ path: "/tools/look/input/properties/a/type" }),
          expect.objectContaining({ path: "/context/type" }),
        ],
      },
    });
  });
});

describe("whom nobody told", () => {
  const tooRisky = fixturePolicy({
    risk: { ...fixturePolicy().risk, deny: { from: 5, notify: { channel: "security" } } },
  });

  test("is told of a call that is refused for its risk, and of no other", async () => {
    const notify = vi.fn<() => Promise<void>>(async () => undefined);
    const { guard, run } = await setUp({ policy: tooRisky, notifier: { notify } });
    await guard.execute({ ...look, tool: "rm" }, context, run);
    await guard.execute(look, undefined, run);
    expect(notify).not.toHaveBeenCalled();
    await guard.execute(look, context, run);
    expect(notify).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ channel: "security", priority: "critical", event: "call-refused" }),
    );
  });

  test("is not told where the policy names nobody, and the call is refused all the same", async () => {
    const notify = vi.fn<() => Promise<void>>(async () => undefined);
    const policy = { ...tooRisky, risk: { ...tooRisky.risk, deny: { from: 5 } } };
    const { guard, run } = await setUp({ policy, notifier: { notify } });
    expect(await guard.execute(look, context, run)).toMatchObject({
      denial: { code: "risk-too-high" },
    });
    expect(notify).not.toHaveBeenCalled();
  });

  test.for<readonly [string, boolean, string]>([
    ["must be told", true, "denied"],
    ["should be told", false, "completed"],
  ])("a broken notifier where somebody %s", async ([, required, kind]) => {
    const policy = fixturePolicy({
      rules: [
        permit("p", ["look"]),
        {
          id: "r",
          effect: "require",
          obligations: [{ type: "notify", channel: "c", priority: "low", required }],
        },
      ],
    });
    const { guard, run } = await setUp({ policy, notifier: { notify: offline } });
    expect(await guard.execute(look, context, run)).toMatchObject({ kind });
  });
});

describe("a dry run", () => {
  const once = fixturePolicy({ rules: [permit("p", ["look"]), demand("captured")] });

  test.for<readonly [string, unknown, string | undefined]>([
    ["that is fine", { ok: true, assurance: "rehearsed", effects: {} }, undefined],
    ["that is refused", { ok: false, assurance: "none", effects: {} }, "dry-run-refused"],
    ["that fails", undefined, "dry-run-unavailable"],
  ])("%s", async ([, report, code]) => {
    const dryRun = vi.fn<() => Promise<never>>(async () => {
      if (report === undefined) throw new Error("no sandbox");
      return report as never;
    });
    const { guard, run } = await setUp({ policy: once, dryRunner: { dryRun } });
    expect(await guard.execute(look, context, run)).toMatchObject(
      code === undefined ? { kind: "completed" } : { kind: "denied", denial: { code } },
    );
    expect(run).toHaveBeenCalledTimes(code === undefined ? 1 : 0);
  });

  test("that captured its effects commits them in place of a run", async () => {
    const commit = vi.fn<() => Promise<string>>(async () => "committed");
    const report = { ok: true, assurance: "captured", effects: {}, commit } as const;
    const { guard, run } = await setUp({
      policy: once,
      dryRunner: { dryRun: async () => report },
    });
    expect(await guard.execute(look, context, run)).toMatchObject({ value: "committed" });
    expect(run).not.toHaveBeenCalled();
    expect(commit).toHaveBeenCalledTimes(1);
  });

  test("of two different kinds at once is refused", async () => {
    const policy = fixturePolicy({
      rules: [permit("p", ["look"]), demand("captured"), demand("rehearsed")],
    });
    const dryRun = vi.fn<() => Promise<never>>();
    const { guard, run } = await setUp({ policy, dryRunner: { dryRun } });
    expect(await guard.execute(look, context, run)).toMatchObject({ kind: "denied" });
    expect(dryRun).not.toHaveBeenCalled();
    expect(run).not.toHaveBeenCalled();
  });
});
