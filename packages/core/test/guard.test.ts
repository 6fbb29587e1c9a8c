import { describe, expect, test, vi } from "vitest";
import { createGuard } from "../src/create-guard.ts";
import { toModelText } from "../src/denial.ts";
import { PortcullisError } from "../src/errors.ts";
import type { GuardOptions } from "../src/guard-options.ts";
import type { ContextInput } from "../src/call-context.ts";
import { createMemoryDecisionSink } from "../src/memory/decision-sink.ts";
import { createMemorySessionStore } from "../src/memory/session-store.ts";
import { createMemoryLimitStore } from "../src/memory/limit-store.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import { trustedPrincipal } from "../src/principal.ts";
import type { Node } from "../src/rule-ast.ts";
import type { ToolCall } from "../src/tool-call.ts";
import { platform } from "#platform";
import { createFakeClock } from "./support/fake-clock.ts";
import { amountAtMost, fixturePolicy, permit, TERMS, tool } from "./support/fixture-policy.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
const context: ContextInput = { principal, session: { id: "s1", isNew: true } };
const look: ToolCall = { callId: "c1", tool: "look", args: {} };
const pay = (amount: unknown): ToolCall => ({ callId: "c1", tool: "pay", args: { amount } });

async function setUp(options: Partial<GuardOptions> = {}) {
  const sink = createMemoryDecisionSink({ maxRecords: 1000 });
  const guard = await createGuard({ policy: fixturePolicy(), sink, ...options });
  const run = vi.fn<(args: unknown) => unknown>((args) => args);
  return { guard, sink, run };
}

const broken = (): never => {
  throw new Error("secret detail at /etc/passwd");
};
const never = (): Promise<never> => new Promise(() => undefined);

const clamped = (max: number) =>
  fixturePolicy({
    rules: [
      permit("p", ["pay"]),
      {
        id: "r",
        effect: "require",
        tools: ["pay"],
        obligations: [{ type: "clamp", path: "/amount", max }],
      },
      {
        id: "f",
        effect: "forbid",
        tools: ["pay"],
        when: { op: "not", t: "bool", a: amountAtMost(1000) },
      },
    ],
  });

const soft = (rules: PolicyDocument["rules"]): PolicyDocument =>
  fixturePolicy({
    rules,
    approval: { ...TERMS, queue: "spending" },
    limits: [
      {
        id: "spent",
        per: ["agent"],
        budget: {
          unit: "usd",
          amount: 100,
          windowSeconds: 3600,
          cost: { op: "var", t: "double", name: "args", path: ["amount"] },
          soft: { at: 0.5 },
        },
      },
    ],
  });

describe("a permitted call", () => {
  test("runs once with the frozen canonical arguments and gives the tool's value", async () => {
    const { guard, sink, run } = await setUp();
    const args = { to: "b", amount: 7 };
    const outcome = await guard.execute({ ...pay(7), args }, context, run);
    expect(outcome).toMatchObject({ kind: "completed", value: { amount: 7, to: "b" } });
    expect(run).toHaveBeenCalledTimes(1);
    const given = run.mock.calls[0]?.[0];
    expect(given).not.toBe(args);
    expect(Object.isFrozen(given)).toBe(true);
    expect(sink.records.map(({ phase, action, result }) => [phase, action, result])).toEqual([
      ["intent", "permit", undefined],
      ["outcome", "permit", "completed"],
    ]);
  });

  test.for([
    { when: "before the arguments are read", hook: "roles", ran: undefined },
    { when: "after the arguments are read", hook: "sessions", ran: { amount: 7 } },
  ])("what is decided is what runs: changed $when", async ({ hook, ran }) => {
    const args = { amount: 7 };
    const tamper = (): void => {
      args.amount = 1_000_000;
    };
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const open: typeof sessions.open = (request) => {
      tamper();
      return sessions.open(request);
    };
    const resolve = async (): Promise<readonly string[]> => {
      tamper();
      return [];
    };
    const { guard, run } = await setUp(
      hook === "roles" ? { roles: { resolve } } : { sessions: { ...sessions, open } },
    );
    await guard.execute({ ...pay(7), args }, context, run);
    expect(run.mock.calls[0]?.[0]).toEqual(ran);
  });

  test("check has no effect: no history, no record, no run", async () => {
    const { guard, sink } = await setUp();
    const decision = await guard.check(pay(7), context);
    expect(decision).toMatchObject({ outcome: "permit", args: { amount: 7 }, verdict: "permit" });
    expect(sink.records).toEqual([]);
  });
});

describe("refusals", () => {
  const cases: readonly {
    readonly name: string;
    readonly code: string;
    readonly call?: ToolCall;
    readonly context?: unknown;
    readonly options?: Partial<GuardOptions>;
  }[] = [
    { name: "unknown tool", code: "tool-unknown", call: { ...look, tool: "rm" } },
    { name: "prototype name", code: "tool-unknown", call: { ...look, tool: "__proto__" } },
    { name: "other case", code: "tool-unknown", call: { ...look, tool: "Look" } },
    { name: "another origin", code: "tool-unknown", call: { ...look, origin: "mcp" } },
    { name: "no context", code: "context-missing", context: undefined },
    { name: "null context", code: "context-missing", context: null },
    { name: "text as context", code: "context-missing", context: "user:ann" },
    { name: "equal JSON", code: "context-missing", context: { principal: { ...principal } } },
    {
      name: "JSON round trip",
      code: "context-missing",
      context: { principal: JSON.parse(JSON.stringify(principal)) },
    },
    { name: "two identities", code: "context-missing", context: { principal, token: "t" } },
    { name: "no verifier for a token", code: "token-unavailable", context: { token: "t" } },
    {
      name: "host's word under identity: token",
      code: "context-missing",
      options: { policy: fixturePolicy({ identity: "token" }) },
    },
    { name: "facts that are no JSON", code: "context-missing", context: { principal, facts: [1] } },
    {
      name: "request that is no list",
      code: "context-missing",
      context: { principal, request: 1 },
    },
    {
      name: "empty session id",
      code: "session-mismatch",
      context: { principal, session: { id: "" } },
    },
    { name: "wrong type", code: "arguments-invalid", call: pay("7") },
    { name: "extra argument", code: "arguments-invalid", call: { ...look, args: { x: 1 } } },
    { name: "a list as arguments", code: "arguments-invalid", call: { ...look, args: [] } },
    { name: "no arguments", code: "arguments-not-plain", call: { ...look, args: undefined } },
    { name: "a date", code: "arguments-not-plain", call: { ...look, args: { to: new Date(0) } } },
    { name: "NaN", code: "arguments-not-plain", call: pay(Number.NaN) },
    {
      name: "too large",
      code: "arguments-too-large",
      call: { ...look, args: { to: "x".repeat(2_000_000) } },
    },
    { name: "no permit applies", code: "no-applicable-rule", call: pay(101) },
    {
      name: "absent argument in a permit",
      code: "no-applicable-rule",
      call: { ...pay(1), args: {} },
    },
    {
      name: "a forbid applies",
      code: "forbidden-by-rule",
      options: {
        policy: fixturePolicy({
          rules: [permit("p", ["look"]), { id: "f", effect: "forbid", message: "Not today." }],
        }),
      },
    },
    {
      name: "a forbid errs",
      code: "forbidden-by-rule",
      options: {
        policy: fixturePolicy({
          rules: [permit("p", ["look"]), { id: "f", effect: "forbid", when: amountAtMost(1) }],
        }),
      },
    },
    {
      name: "risk above the threshold",
      code: "risk-too-high",
      options: {
        policy: fixturePolicy({ risk: { ...fixturePolicy().risk, deny: { from: 5 } } }),
      },
    },
    {
      name: "outside the ceiling",
      code: "not-delegated",
      context: { principal: trustedPrincipal({ agent: { id: "bot" }, ceiling: ["pay"] }) },
    },
    {
      name: "an empty ceiling",
      code: "not-delegated",
      context: { principal: trustedPrincipal({ agent: { id: "bot" }, ceiling: [] }) },
    },
    {
      name: "a pinned tool without its definition",
      code: "definition-unknown",
      options: {
        policy: fixturePolicy({
          tools: { look: tool({ pin: `sha256:${"A".repeat(43)}` }) },
          rules: [],
        }),
      },
    },
    {
      name: "a changed definition",
      code: "definition-changed",
      call: { ...look, definition: { name: "look", description: "new" } },
      options: {
        policy: fixturePolicy({
          tools: { look: tool({ pin: `sha256:${"A".repeat(43)}` }) },
          rules: [],
        }),
      },
    },
    {
      name: "a role resolver that fails",
      code: "identity-unavailable",
      options: { roles: { resolve: broken } },
    },
    {
      name: "a role resolver that lies",
      code: "identity-unavailable",
      options: { roles: { resolve: async () => "admin" as unknown as string[] } },
    },
    {
      name: "a policy source that fails",
      code: "bundle-unavailable",
      options: { policy: { current: broken } },
    },
    {
      name: "a policy source with a broken policy",
      code: "bundle-invalid",
      options: {
        policy: { current: () => ({ document: {} as never, version: 1 }) },
      },
    },
    {
      name: "a session store that fails",
      code: "session-unavailable",
      options: {
        sessions: { ...createMemorySessionStore({ clock: platform.clock }), open: broken },
      },
    },
    {
      name: "a sink that fails",
      code: "record-unavailable",
      options: { sink: { write: broken } },
    },
    {
      name: "a limit store that fails",
      code: "limit-unavailable",
      options: {
        policy: fixturePolicy({
          limits: [{ id: "l", per: ["agent"], rates: [{ count: 1, windowSeconds: 60 }] }],
        }),
        limits: { ...createMemoryLimitStore({ clock: platform.clock }), reserve: broken },
      },
    },
    {
      name: "a dry run without a dry runner",
      code: "dry-run-unavailable",
      options: {
        policy: fixturePolicy({
          rules: [
            permit("p", ["look"]),
            {
              id: "r",
              effect: "require",
              obligations: [{ type: "dryRun", demand: { minAssurance: "captured" } }],
            },
          ],
        }),
      },
    },
    {
      name: "a required notification without a notifier",
      code: "obligation-failed",
      options: {
        policy: fixturePolicy({
          rules: [
            permit("p", ["look"]),
            {
              id: "r",
              effect: "require",
              obligations: [{ type: "notify", channel: "c", priority: "low", required: true }],
            },
          ],
        }),
      },
    },
  ];

  test.for(cases)("$name: $code", async (given) => {
    const { guard, run } = await setUp(given.options);
    const where = ("context" in given ? given.context : context) as ContextInput;
    const outcome = await guard.execute(given.call ?? look, where, run);
    expect(outcome).toMatchObject({ kind: "denied", denial: { code: given.code } });
    expect(run).not.toHaveBeenCalled();
    if (outcome.kind !== "denied") return;
    const text = toModelText(outcome.denial);
    const { decisionId: _random, ...told } = JSON.parse(text) as Record<string, unknown>;
    expect(JSON.stringify(told)).not.toMatch(/secret detail|passwd|\bat \/|pay-little|101/);
    expect(JSON.parse(text)).toMatchObject({ error: "portcullis.denied", code: given.code });
  });

  test.for(cases.filter(({ code }) => !/unavailable|obligation|dry/.test(code)))(
    "check agrees: $name",
    async (given) => {
      const { guard } = await setUp(given.options);
      const where = ("context" in given ? given.context : context) as ContextInput;
      const decision = await guard.check(given.call ?? look, where);
      expect(decision).toMatchObject({ outcome: "deny", denial: { code: given.code } });
    },
  );

  test("a call that is no call at all", async () => {
    const { guard, run } = await setUp();
    for (const call of [null, undefined, 5, "look", {}, { tool: 5, callId: "x" }]) {
      const outcome = await guard.execute(call as unknown as ToolCall, context, run);
      expect(outcome.kind).toBe("denied");
    }
    expect(run).not.toHaveBeenCalled();
  });

  test("a denied call has one record, with its code and without arguments", async () => {
    const { guard, sink, run } = await setUp();
    await guard.execute(pay(101), context, run);
    expect(sink.records).toHaveLength(1);
    expect(sink.records[0]).toMatchObject({
      phase: "outcome",
      action: "deny",
      verdict: "deny",
      code: "no-applicable-rule",
      agent: "bot",
      user: "user:ann",
    });
    expect(JSON.stringify(sink.records)).not.toContain("101");
  });
});

describe("time", () => {
  test.for([
    { name: "session store", options: { sessions: { open: never } } },
    { name: "role resolver", options: { roles: { resolve: never } } },
    { name: "sink", options: { sink: { write: never } } },
    { name: "policy source", options: { policy: { current: never } } },
  ])("a slow $name is denied and the tool never starts later", async ({ options }) => {
    const clock = createFakeClock();
    const { guard, run } = await setUp({ clock, ...(options as Partial<GuardOptions>) });
    const running = guard.execute(look, context, run);
    let settled: unknown;
    void running.then((outcome) => {
      settled = outcome;
    });
    // A sink that hangs holds up the record of the refusal as well, until the time-out.
    for (let turn = 0; turn < 20; turn += 1) {
      clock.advance(5001);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(settled).toMatchObject({ denial: { code: "timed-out" } });
    expect(run).not.toHaveBeenCalled();
  });

  test("a store that answers after the time-out starts nothing and keeps no reservation", async () => {
    const clock = createFakeClock();
    const limits = createMemoryLimitStore({ clock });
    let open: (() => void) | undefined;
    const late = new Promise<void>((resolve) => (open = resolve));
    const { guard, run } = await setUp({
      clock,
      policy: fixturePolicy({
        limits: [{ id: "one", per: ["agent"], rates: [{ count: 1, windowSeconds: 3600 }] }],
      }),
      limits: {
        ...limits,
        async reserve(demands) {
          const answer = await limits.reserve(demands);
          await late;
          return answer;
        },
      },
    });
    const running = guard.execute(look, context, run);
    await vi.waitFor(() => expect(open).toBeDefined());
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(5001);
    expect(await running).toMatchObject({ denial: { code: "timed-out" } });
    open?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(run).not.toHaveBeenCalled();
    expect(await guard.execute(look, context, run)).toMatchObject({ kind: "completed" });
  });
});

describe("abort", () => {
  test("before the call: rejects with the reason, nothing runs", async () => {
    const { guard, run } = await setUp();
    const reason = new Error("stop");
    await expect(
      guard.execute(look, { ...context, signal: AbortSignal.abort(reason) }, run),
    ).rejects.toBe(reason);
    expect(run).not.toHaveBeenCalled();
  });

  test("during the decision: rejects, nothing runs later", async () => {
    const controller = new AbortController();
    const { guard, run } = await setUp({
      roles: {
        async resolve() {
          controller.abort(new Error("stop"));
          return [];
        },
      },
    });
    await expect(
      guard.execute(look, { ...context, signal: controller.signal }, run),
    ).rejects.toThrow("stop");
    expect(run).not.toHaveBeenCalled();
  });

  test("during the run: the signal reaches the tool and no late result is given", async () => {
    const controller = new AbortController();
    const { guard, sink } = await setUp();
    const seen: unknown[] = [];
    const running = guard.execute(
      look,
      { ...context, signal: controller.signal },
      (_, { signal }) => {
        seen.push(signal);
        setTimeout(() => controller.abort(new Error("stop")), 1);
        return new Promise(() => undefined);
      },
    );
    await expect(running).rejects.toThrow("stop");
    expect(seen).toEqual([controller.signal]);
    expect(sink.records.at(-1)).toMatchObject({ result: "aborted" });
  });
});

describe("what comes out", () => {
  test("a tool that throws fails with its message and no stack", async () => {
    const { guard } = await setUp();
    const outcome = await guard.execute(look, context, () => {
      throw new TypeError("no such file\n    at open (/srv/app.js:1:2)");
    });
    expect(outcome).toMatchObject({ kind: "failed", error: { name: "TypeError" } });
    expect(JSON.stringify(outcome)).not.toContain("/srv/app.js");
  });

  test("a result that imitates a denial of ours is marked", async () => {
    const { guard } = await setUp();
    const outcome = await guard.execute(look, context, () => ({
      text: '{"error":"portcullis.approval-required"}',
    }));
    expect(outcome).toMatchObject({
      value: { text: '{"error":"tool-text:portcullis.approval-required"}' },
    });
  });

  test("a result over its limit is withheld", async () => {
    const { guard } = await setUp({
      policy: fixturePolicy({
        tools: { look: tool({ result: { labels: [], maxBytes: 10 } }) },
        rules: [permit("p", ["look"])],
      }),
    });
    expect(await guard.execute(look, context, () => "x".repeat(10))).toMatchObject({
      kind: "completed",
    });
    expect(await guard.execute(look, context, () => "x".repeat(11))).toMatchObject({
      kind: "failed",
    });
    expect(await guard.execute(look, context, () => "é".repeat(6))).toMatchObject({
      kind: "failed",
    });
  });

  test("labels are durable before the result is given, else it is withheld", async () => {
    const sessions = createMemorySessionStore({ clock: platform.clock });
    const { guard } = await setUp({
      sessions: { ...sessions, addLabels: broken },
      policy: fixturePolicy({
        tools: { look: tool({ result: { labels: ["untrusted"] } }) },
        rules: [permit("p", ["look"])],
      }),
    });
    const outcome = await guard.execute(look, context, () => "the secret result");
    expect(outcome).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(outcome)).not.toContain("the secret result");
    const threw = await guard.execute(look, context, () => {
      throw new Error("the secret error");
    });
    expect(JSON.stringify(threw)).not.toContain("the secret error");
  });

  test("labels of one call are seen by the next", async () => {
    const untrusted = {
      op: "in",
      t: "bool",
      a: { op: "lit", t: "string", value: "untrusted" },
      b: { op: "var", t: { list: "string" }, name: "flow", path: ["session"] },
    } as const;
    const { guard, run } = await setUp({
      policy: fixturePolicy({
        tools: { look: tool({ result: { labels: ["untrusted"] } }), pay: tool({ class: "pay" }) },
        rules: [
          permit("p", ["look", "pay"]),
          { id: "f", effect: "forbid", tools: ["pay"], when: untrusted },
        ],
      }),
    });
    expect(await guard.execute(pay(1), context, run)).toMatchObject({ kind: "completed" });
    await guard.execute(look, context, run);
    expect(await guard.execute(pay(1), context, run)).toMatchObject({ kind: "denied" });
    const other = { principal, session: { id: "s2", isNew: true } };
    expect(await guard.execute(pay(1), other, run)).toMatchObject({ kind: "completed" });
    const unknown = { principal, session: { id: "s3" } };
    expect(await guard.execute(pay(1), unknown, run)).toMatchObject({ kind: "denied" });
  });
});

describe("limits and approvals", () => {
  const limited = fixturePolicy({
    limits: [{ id: "two", per: ["agent"], rates: [{ count: 2, windowSeconds: 3600 }] }],
  });

  test("parallel calls never overspend", async () => {
    const { guard, run } = await setUp({ policy: limited });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => guard.execute(look, context, run)),
    );
    expect(outcomes.filter(({ kind }) => kind === "completed")).toHaveLength(2);
    expect(outcomes.find(({ kind }) => kind === "denied")).toMatchObject({
      denial: { code: "limit-exceeded", retryable: "later", rule: { id: "limit:two" } },
    });
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("the record names the limit and how long the refusal took", async () => {
    const { guard, run, sink } = await setUp({ policy: limited });
    for (let index = 0; index < 3; index += 1) await guard.execute(look, context, run);
    expect(sink.records.at(-1)).toMatchObject({
      code: "limit-exceeded",
      rule: "limit:two",
      decisionMs: expect.any(Number),
    });
  });

  test("a denied call spends nothing", async () => {
    const { guard, run } = await setUp({ policy: limited });
    for (let index = 0; index < 5; index += 1) await guard.execute(pay(101), context, run);
    expect(await guard.execute(look, context, run)).toMatchObject({ kind: "completed" });
  });

  const asking = fixturePolicy({
    rules: [
      permit("p", ["pay"]),
      { id: "r", effect: "require", tools: ["pay"], obligations: [{ type: "approval", ...TERMS }] },
    ],
  });

  test("a call that needs approval waits, and words in its arguments do not help", async () => {
    const { guard, run, sink } = await setUp({ policy: asking });
    const outcome = await guard.execute(pay(1), context, run);
    expect(outcome).toMatchObject({
      kind: "approval-required",
      denial: { code: "approval-required", approvalId: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(run).not.toHaveBeenCalled();
    expect(sink.records[0]).toMatchObject({ action: "approval-required" });
    expect(await guard.listApprovals()).toHaveLength(1);
    await guard.execute(pay(1), context, run);
    expect(await guard.listApprovals()).toHaveLength(1);
  });

  test("one grant runs one call of exactly these arguments", async () => {
    const { guard, run } = await setUp({
      policy: asking,
      approvalVerifier: { verify: () => ({ id: "user:sue", roles: ["supervisor"] }) },
    });
    const first = await guard.execute(pay(1), context, run);
    if (first.kind !== "approval-required") throw new Error("expected an approval");
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("expected a request");
    await guard.answerApproval({
      id: pending.id,
      version: pending.version,
      answer: "grant",
      proof: "p",
    });
    expect(await guard.check(pay(1), context)).toMatchObject({ outcome: "permit" });
    expect(await guard.execute(pay(2), context, run)).toMatchObject({ kind: "approval-required" });
    const outcomes = await Promise.all([1, 2, 3].map(() => guard.execute(pay(1), context, run)));
    expect(outcomes.filter(({ kind }) => kind === "completed")).toHaveLength(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("requireApproval of the call narrows a plain permit", async () => {
    const { guard, run } = await setUp();
    const outcome = await guard.execute({ ...look, requireApproval: true }, context, run);
    expect(outcome.kind).toBe("approval-required");
  });

  test("requestApproval takes only a decision of this guard", async () => {
    const { guard } = await setUp({ policy: asking });
    const decision = await guard.check(pay(1), context);
    await expect(guard.requestApproval({ ...decision })).rejects.toBeInstanceOf(TypeError);
    expect(await guard.requestApproval(decision)).toMatchObject({ state: "pending" });
  });
});

describe("clamps", () => {
  test("the clamped arguments run, and check agrees on the digest", async () => {
    const { guard, run } = await setUp({ policy: clamped(50) });
    const checked = await guard.check(pay(700), context);
    const outcome = await guard.execute(pay(700), context, run);
    expect(run.mock.calls[0]?.[0]).toEqual({ amount: 50 });
    expect(checked).toMatchObject({ outcome: "permit", args: { amount: 50 } });
    expect(outcome.decision.argsDigest).toBe(checked.argsDigest);
  });

  test("the rule that clamped stays on record though it does not match what it made", async () => {
    const { guard, run, sink } = await setUp({
      policy: fixturePolicy({
        rules: [
          permit("p", ["pay"]),
          {
            id: "r",
            effect: "require",
            tools: ["pay"],
            when: { op: "not", t: "bool", a: amountAtMost(50) },
            obligations: [{ type: "clamp", path: "/amount", max: 50 }],
          },
        ],
      }),
    });
    const { decision } = await guard.execute(pay(700), context, run);
    expect(decision.rules.map(({ id }) => id)).toEqual(["p", "r"]);
    expect(sink.records[0]?.rules.map(({ id }) => id)).toEqual(["p", "r"]);
  });

  test("both evaluations of a clamped call share the work of one decision", async () => {
    const numbers: Node = { op: "var", t: { list: "double" }, name: "args", path: ["xs"] };
    const isNone: Node = {
      op: "eq",
      t: "bool",
      a: { op: "var", t: "double", name: "y", path: [] },
      b: { op: "lit", t: "double", value: -1 },
    };
    const found: Node = { op: "exists", t: "bool", over: numbers, as: "y", body: isNone };
    const all: Node = {
      op: "all",
      t: "bool",
      over: numbers,
      as: "x",
      body: { op: "not", t: "bool", a: found },
    };
    const xs = { type: "array", items: { type: "number" } };
    const input = { type: "object", properties: { amount: { type: "number" }, xs } };
    const { guard, run } = await setUp({
      policy: fixturePolicy({
        tools: { pay: tool({ class: "pay", input }) },
        rules: [permit("p", ["pay"], all), ...clamped(50).rules.slice(1)],
      }),
    });
    const many = Array.from({ length: 800 }, () => 1);
    const call = (amount: number): ToolCall => ({ ...pay(amount), args: { amount, xs: many } });
    expect(await guard.execute(call(10), context, run)).toMatchObject({ kind: "completed" });
    expect(await guard.execute(call(700), context, run)).toMatchObject({
      denial: { code: "work-exceeded" },
    });
  });

  test("a clamp never rescues a denied call", async () => {
    const { guard, run } = await setUp({ policy: clamped(50) });
    expect(await guard.execute(pay(5000), context, run)).toMatchObject({ kind: "denied" });
  });
});

describe("shadow", () => {
  test("records the verdict and runs the arguments as they came", async () => {
    const { guard, run, sink } = await setUp({ policy: fixturePolicy({ mode: "shadow" }) });
    const outcome = await guard.execute(pay(101), context, run);
    expect(outcome).toMatchObject({
      kind: "completed",
      decision: { verdict: "deny", mode: "shadow" },
    });
    expect(run).toHaveBeenCalledTimes(1);
    expect(sink.records[0]).toMatchObject({ verdict: "deny", action: "permit" });
  });

  test("identity, catalogue and schema stay enforced", async () => {
    const { guard, run } = await setUp({ policy: fixturePolicy({ mode: "shadow" }) });
    expect(await guard.execute(pay("x"), context, run)).toMatchObject({ kind: "denied" });
    expect(await guard.execute({ ...look, tool: "rm" }, context, run)).toMatchObject({
      kind: "denied",
    });
    expect(await guard.execute(look, undefined, run)).toMatchObject({ kind: "denied" });
    expect(run).not.toHaveBeenCalled();
  });
});

describe("suspension", () => {
  const pause = new Error("pause");
  const call: ToolCall = { ...look, isSuspension: (error) => error === pause };

  test("passes untouched and its resume spends no second limit", async () => {
    const { guard, run } = await setUp({
      policy: fixturePolicy({
        limits: [{ id: "one", per: ["agent"], rates: [{ count: 1, windowSeconds: 3600 }] }],
      }),
    });
    await expect(
      guard.execute(call, context, () => {
        throw pause;
      }),
    ).rejects.toBe(pause);
    expect(await guard.execute(call, context, run)).toMatchObject({ kind: "completed" });
    expect(await guard.execute(call, context, run)).toMatchObject({ kind: "denied" });
  });

  test("another call does not inherit the reservation", async () => {
    const { guard, run } = await setUp({
      policy: fixturePolicy({
        limits: [{ id: "one", per: ["agent"], rates: [{ count: 1, windowSeconds: 3600 }] }],
      }),
    });
    await expect(
      guard.execute(call, context, () => {
        throw pause;
      }),
    ).rejects.toBe(pause);
    expect(await guard.execute({ ...call, callId: "c2" }, context, run)).toMatchObject({
      kind: "denied",
    });
  });
});

describe("visibleTools", () => {
  const definitions = [{ name: "look" }, { name: "pay" }, { name: "rm" }];

  test("shows what some arguments could be permitted for, and nothing without identity", async () => {
    const { guard } = await setUp();
    expect(await guard.visibleTools(definitions, context)).toEqual([
      { name: "look" },
      { name: "pay" },
    ]);
    expect(await guard.visibleTools(definitions, undefined)).toEqual([]);
    const narrow = { principal: trustedPrincipal({ agent: { id: "bot" }, ceiling: ["look"] }) };
    expect(await guard.visibleTools(definitions, narrow)).toEqual([{ name: "look" }]);
  });

  test("redact drops the definitions of withheld tools only", async () => {
    const { guard } = await setUp();
    const bytes = new Uint8Array([1, 2]);
    const messages = {
      text: "rm is a tool",
      bytes,
      tools: [
        { name: "rm", inputSchema: {} },
        { name: "look", inputSchema: {} },
        { type: "function", function: { name: "rm", parameters: {} } },
      ],
    };
    const redacted = await guard.redact(messages, context);
    expect(redacted).toEqual({ ...messages, tools: [{ name: "look", inputSchema: {} }] });
    expect(redacted.bytes).toBe(bytes);
    expect(messages.tools).toHaveLength(3);
  });
});

describe("createGuard", () => {
  test("refuses a broken policy with every issue", async () => {
    const policy = fixturePolicy({
      rules: [permit("p", ["nope"]), permit("p", ["look"])],
    });
    const error = await createGuard({ policy }).catch((cause: unknown) => cause);
    if (!PortcullisError.isInstance(error)) throw error;
    expect(error.code).toBe("ERR_POLICY_INVALID");
    expect(error.fields.issues?.length).toBeGreaterThanOrEqual(2);
  });

  test("refuses a redact obligation without a scanner that finds its kinds", async () => {
    const policy = fixturePolicy({
      rules: [
        {
          id: "r",
          effect: "require",
          obligations: [{ type: "redact", target: "result", kinds: ["secret"] }],
        },
      ],
    });
    await expect(createGuard({ policy })).rejects.toMatchObject({ code: "ERR_POLICY_INVALID" });
  });

  test.for([{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { deploymentKey: "short" }])(
    "refuses %o",
    async (options) => {
      await expect(createGuard({ policy: fixturePolicy(), ...options })).rejects.toMatchObject({
        code: "ERR_OPTIONS_INVALID",
      });
    },
  );
});

describe("soft limits", () => {
  const approvalVerifier = {
    verify: () => ({ id: "user:sue", roles: ["supervisor"] }),
  };
  const asks = {
    id: "r",
    effect: "require",
    tools: ["pay"],
    obligations: [{ type: "approval", ...TERMS }],
  } as const;

  test("below the share a call runs, from the share on a person must answer, beyond it is refused", async () => {
    const { guard, run } = await setUp({ policy: soft([permit("p", ["pay"])]), approvalVerifier });
    expect(await guard.execute(pay(40), context, run)).toMatchObject({ kind: "completed" });
    expect(await guard.execute(pay(20), context, run)).toMatchObject({ kind: "approval-required" });
    expect(await guard.execute(pay(61), context, run)).toMatchObject({
      denial: { code: "limit-exceeded" },
    });
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("expected a request");
    expect(pending.terms.queue).toBe("spending");
    const { id, version } = pending;
    await guard.answerApproval({ id, version, answer: "grant", proof: "p" });
    expect(await guard.execute(pay(20), context, run)).toMatchObject({ kind: "completed" });
    expect(await guard.execute(pay(20), context, run)).toMatchObject({ kind: "approval-required" });
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("a grant of the rule's terms alone does not cover a crossed soft limit", async () => {
    const approvers = [{ roles: ["support"], count: 1 }];
    const policy = { ...soft([permit("p", ["pay"]), asks]), approval: { ...TERMS, approvers } };
    const { guard, run } = await setUp({ policy, approvalVerifier });
    await guard.execute(pay(60), context, run);
    const [first] = await guard.listApprovals();
    if (first === undefined) throw new Error("expected a request");
    await guard.answerApproval({
      id: first.id,
      version: first.version,
      answer: "grant",
      proof: "p",
    });
    expect(await guard.execute(pay(60), context, run)).toMatchObject({ kind: "approval-required" });
    expect(run).not.toHaveBeenCalled();
  });

  test("losers of a race for one grant are asked for anew with the rule's own terms", async () => {
    const policy = fixturePolicy({ rules: [permit("p", ["pay"]), asks] });
    const { guard, run } = await setUp({ policy, approvalVerifier });
    await guard.execute(pay(1), context, run);
    const [first] = await guard.listApprovals();
    if (first === undefined) throw new Error("expected a request");
    await guard.answerApproval({
      id: first.id,
      version: first.version,
      answer: "grant",
      proof: "p",
    });
    const outcomes = await Promise.all([1, 2, 3].map(() => guard.execute(pay(1), context, run)));
    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual([
      "approval-required",
      "approval-required",
      "completed",
    ]);
    const [next] = await guard.listApprovals();
    expect(next?.terms.queue).toBe(TERMS.queue);
  });
});
