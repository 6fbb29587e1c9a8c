import { createHash, createHmac } from "node:crypto";
import {
  context as otel,
  INVALID_SPAN_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { Tracer } from "@opentelemetry/api";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import {
  createGuard,
  createSharedKeyApprovalVerifier,
  signApproval,
  trustedPrincipal,
} from "@portcullis/core";
import type { ContextInput, Digest, Guard, GuardOptions, ToolCall } from "@portcullis/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SEMCONV, withTelemetry } from "../src/index.ts";
import { createContextManager } from "./support/context-manager.ts";
import { policy } from "./support/policy.ts";

const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: (key, text) => createHmac("sha256", key).update(text).digest("base64url"),
};
const approver = { id: "user:eve", roles: ["supervisor"], key: "k".repeat(40) };

const principal = trustedPrincipal({
  agent: { id: "bot" },
  user: { id: "user:ann" },
  delegators: [{ id: "root" }],
});
const context: ContextInput = { principal };
const SECRET = "pl4nted-s3cret";

const call = (tool: string, more: Partial<ToolCall> = {}): ToolCall => ({
  callId: "c1",
  tool,
  args: { note: SECRET },
  ...more,
});

async function setup(options: Partial<GuardOptions> = {}) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer("tests");
  const inner = await createGuard({
    policy: policy(),
    approvalVerifier: createSharedKeyApprovalVerifier({ digest, approvers: [approver] }),
    ...options,
  });
  return { guard: withTelemetry(inner, { tracer }), inner, exporter, provider, tracer };
}

/** What a span says, without times and ids that differ from run to run. */
function summary(span: ReadableSpan | undefined) {
  const { [SEMCONV.decisionId]: decisionId, ...attributes } = span?.attributes ?? {};
  return {
    name: span?.name,
    kind: span?.kind,
    status: span?.status.code,
    message: span?.status.message,
    decisionId,
    attributes,
    events: span?.events,
  };
}

const common = {
  [SEMCONV.mode]: "enforce",
  [SEMCONV.bundleName]: "support",
  [SEMCONV.bundleSerial]: 7,
  [SEMCONV.delegationDepth]: 1,
};

const permitted = {
  ...common,
  [SEMCONV.decisionOutcome]: "permit",
  [SEMCONV.decisionEnforced]: "permit",
  [SEMCONV.ruleIds]: ["permit-some"],
  [SEMCONV.toolName]: "read",
};

function denied(tool: string | undefined, code: string, rules: string[]) {
  return {
    ...common,
    [SEMCONV.decisionOutcome]: "deny",
    [SEMCONV.decisionEnforced]: "deny",
    [SEMCONV.decisionCode]: code,
    [SEMCONV.ruleIds]: rules,
    ...(tool === undefined ? {} : { [SEMCONV.toolName]: tool }),
  };
}

const waiting = {
  ...common,
  [SEMCONV.decisionOutcome]: "approval-required",
  [SEMCONV.decisionEnforced]: "approval-required",
  [SEMCONV.decisionCode]: "approval-required",
  [SEMCONV.ruleIds]: ["permit-some", "person"],
  [SEMCONV.toolName]: "pay",
  [SEMCONV.approvalId]: expect.stringMatching(/^[\w-]{43}$/),
};

const cases: [string, string, object][] = [
  ["read", " read", permitted],
  ["rm", " rm", denied("rm", "forbidden-by-rule", ["forbid-rm", "permit-some"])],
  ["idle", " idle", denied("idle", "no-applicable-rule", [])],
  ["pay", " pay", waiting],
  [`invented ${SECRET}`, "", denied(undefined, "tool-unknown", [])],
];

describe("one span for each decision, with exactly these attributes", () => {
  test.for(cases)("execute %s", async ([tool, suffix, attributes]) => {
    const { guard, exporter } = await setup();
    const outcome = await guard.execute(call(tool), context, () => "done");
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    expect(summary(spans[0])).toEqual({
      name: `portcullis.execute${suffix}`,
      kind: SpanKind.INTERNAL,
      status: SpanStatusCode.UNSET,
      message: undefined,
      decisionId: outcome.decision.decisionId,
      attributes,
      events: [],
    });
  });

  test.for(cases)("check %s", async ([tool, suffix, attributes]) => {
    const { guard, exporter } = await setup();
    const decision = await guard.check(call(tool), context);
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    expect(summary(spans[0])).toEqual({
      name: `portcullis.check${suffix}`,
      kind: SpanKind.INTERNAL,
      status: SpanStatusCode.UNSET,
      message: undefined,
      decisionId: decision.decisionId,
      attributes,
      events: [],
    });
  });

  test("shadow mode shows verdict and action apart", async () => {
    const { guard, exporter } = await setup({ policy: policy({ mode: "shadow" }) });
    const outcome = await guard.execute(call("rm"), context, () => "ran");
    expect(outcome.kind).toBe("completed");
    expect(summary(exporter.getFinishedSpans()[0]).attributes).toMatchObject({
      [SEMCONV.mode]: "shadow",
      [SEMCONV.decisionOutcome]: "deny",
      [SEMCONV.decisionEnforced]: "permit",
    });
  });

  test("an answered approval is a span from its request to its answer", async () => {
    const { guard, exporter } = await setup();
    await guard.execute(call("pay"), context, () => "done");
    const [pending] = await guard.listApprovals();
    if (pending === undefined) throw new Error("nothing is pending");
    const { id, version, argsDigest } = pending;
    const proof = await signApproval(
      { id, version, argsDigest, answer: "grant" },
      { digest, id: approver.id, key: approver.key },
    );
    const record = await guard.answerApproval({ id, version, answer: "grant", proof });
    const span = exporter.getFinishedSpans().at(-1);
    expect(summary(span)).toMatchObject({
      name: "portcullis.approval.wait",
      attributes: { [SEMCONV.approvalId]: id, [SEMCONV.toolName]: "pay" },
      status: SpanStatusCode.UNSET,
    });
    const [seconds = 0, nanoseconds = 0] = span?.startTime ?? [];
    expect(seconds * 1000 + Math.round(nanoseconds / 1e6)).toBe(record.requestedAt);
    const before = exporter.getFinishedSpans().length;
    await expect(
      guard.answerApproval({ id, version, answer: "grant", proof }),
    ).rejects.toMatchObject({
      code: "ERR_APPROVAL_INVALID",
    });
    expect(exporter.getFinishedSpans()).toHaveLength(before);
  });
});

describe("the status is an error exactly where something is broken", () => {
  const broken: [string, Partial<GuardOptions>, string][] = [
    ["log", { sink: { write: () => Promise.reject(new Error(SECRET)) } }, "record-unavailable"],
    [
      "policy",
      {
        policy: {
          current: () => {
            throw new Error(SECRET);
          },
        },
      },
      "bundle-unavailable",
    ],
  ];

  test.for(broken)("a broken %s", async ([, options, code]) => {
    const { guard, exporter } = await setup(options);
    await guard.execute(call("read"), context, () => "done");
    const [span] = exporter.getFinishedSpans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(span?.attributes[SEMCONV.decisionCode]).toBe(code);
  });

  test("a tool that throws", async () => {
    const { guard, exporter } = await setup();
    const outcome = await guard.execute(call("read"), context, () => {
      throw new Error(SECRET);
    });
    expect(outcome.kind).toBe("failed");
    expect(exporter.getFinishedSpans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(exporter.getFinishedSpans()[0]?.events).toEqual([]);
  });

  test("neither an abort nor a suspension", async () => {
    const { guard, exporter } = await setup();
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    await expect(guard.execute(call("read"), { principal, signal }, () => "done")).rejects.toBe(
      reason,
    );
    const pause = new Error("pause");
    await expect(
      guard.execute(call("read", { isSuspension: (error) => error === pause }), context, () => {
        throw pause;
      }),
    ).rejects.toBe(pause);
    const codes = exporter.getFinishedSpans().map(({ status }) => status.code);
    expect(codes).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
  });

  test("a guard that rejects for no reason of the call", async () => {
    const { inner, tracer, exporter } = await setup();
    const error = new Error(SECRET);
    const bad: Guard = { ...inner, execute: () => Promise.reject(error) };
    await expect(
      withTelemetry(bad, { tracer }).execute(call("read"), context, () => "done"),
    ).rejects.toBe(error);
    expect(exporter.getFinishedSpans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR });
  });
});

test("planted secrets are in no span", async () => {
  const { guard, exporter } = await setup();
  const spoken: ContextInput = {
    principal,
    request: [SECRET],
    facts: { ticket: SECRET },
    session: { id: SECRET },
  };
  for (const tool of ["read", "rm", "idle", "pay", SECRET, `read ${SECRET}`]) {
    await guard.check(call(tool), spoken);
    await guard.execute(call(tool, { callId: SECRET }), spoken, () => SECRET);
    await guard.execute(call(tool), { token: SECRET }, () => SECRET);
    await guard.execute(call(tool, { args: { [SECRET]: SECRET } }), spoken, () => SECRET);
    await guard.execute(call(tool), spoken, () => {
      throw new Error(SECRET);
    });
  }
  const spans = exporter.getFinishedSpans().map(({ name, attributes, events, links, status }) => ({
    name,
    attributes,
    events,
    links,
    status,
  }));
  expect(spans).toHaveLength(30);
  expect(JSON.stringify(spans)).not.toContain(SECRET);
});

describe("active spans", () => {
  beforeAll(() => {
    otel.setGlobalContextManager(createContextManager());
  });
  afterAll(() => {
    otel.disable();
  });

  test("the framework's span is the parent, the tool's spans are children", async () => {
    const { guard, tracer, exporter } = await setup();
    const outer = tracer.startSpan("execute_tool");
    await otel.with(trace.setSpan(otel.active(), outer), () =>
      guard.execute(call("read"), context, async () => {
        tracer.startSpan("inside").end();
      }),
    );
    outer.end();
    const spans = Object.fromEntries(exporter.getFinishedSpans().map((span) => [span.name, span]));
    const ours = spans["portcullis.execute read"];
    expect(ours?.parentSpanContext?.spanId).toBe(outer.spanContext().spanId);
    expect(spans["inside"]?.parentSpanContext?.spanId).toBe(ours?.spanContext().spanId);
  });

  test("a span that is not sampled is active while the tool runs, so that its spans are not either", async () => {
    const { inner } = await setup();
    const provider = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
    const guard = withTelemetry(inner, { tracer: provider.getTracer("tests") });
    let active: string | undefined;
    await guard.execute(call("read"), context, () => {
      active = trace.getActiveSpan()?.spanContext().traceId;
    });
    expect(active).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  });

  test("a span of no trace ends at once and is not active", async () => {
    const { inner } = await setup();
    const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    const end = vi.spyOn(span, "end");
    const tracer: Tracer = { startSpan: () => span, startActiveSpan: explode };
    const guard = withTelemetry(inner, { tracer });
    const seen: unknown[] = [];
    await guard.execute(call("read"), context, () => {
      seen.push(end.mock.calls.length, trace.getActiveSpan());
    });
    expect(seen).toEqual([1, undefined]);
    expect(end).toHaveBeenCalledTimes(1);
  });

  test("a provider that is registered later is found", async () => {
    const { inner, provider, exporter } = await setup();
    const guard = withTelemetry(inner);
    await guard.execute(call("read"), context, () => "unseen");
    trace.setGlobalTracerProvider(provider);
    try {
      await guard.execute(call("read"), context, () => "seen");
      expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual([
        "portcullis.execute read",
      ]);
    } finally {
      trace.disable();
    }
  });
});

describe("telemetry never changes a decision", () => {
  const exploding = (member: string) =>
    new Proxy(
      {},
      {
        get: (_, key) => (key === member ? explode : () => true),
      },
    );

  const tracers: [string, Tracer][] = [
    ["startSpan", { startSpan: explode, startActiveSpan: explode }],
    ...["isRecording", "updateName", "setAttributes", "setStatus", "end"].map(
      (member): [string, Tracer] => [
        member,
        { startSpan: () => exploding(member) as never, startActiveSpan: explode },
      ],
    ),
  ];

  test.for(tracers)("a tracer whose %s throws", async ([, tracer]) => {
    const { inner } = await setup();
    const guard = withTelemetry(inner, { tracer });
    let runs = 0;
    const run = () => {
      runs += 1;
      return "done";
    };
    expect(await guard.execute(call("read"), context, run)).toMatchObject({ value: "done" });
    expect(await guard.execute(call("rm"), context, run)).toMatchObject({ kind: "denied" });
    expect(await guard.check(call("read"), context)).toMatchObject({ outcome: "permit" });
    expect(runs).toBe(1);
  });

  test.for([
    ["before the work", explode],
    [
      "after the work",
      (_: unknown, work: () => unknown) => {
        work();
        return explode();
      },
    ],
    [
      "never, but works twice",
      (_: unknown, work: () => unknown) => {
        work();
        return work();
      },
    ],
  ] as const)("a context manager that throws %s", async ([, work]) => {
    otel.setGlobalContextManager({ ...createContextManager(), with: work as never });
    try {
      const { guard } = await setup();
      let runs = 0;
      const outcome = await guard.execute(call("read"), context, () => {
        runs += 1;
        return "done";
      });
      expect(outcome).toMatchObject({ kind: "completed", value: "done" });
      expect(runs).toBe(1);
    } finally {
      otel.disable();
    }
  });

  test("a guard that throws at once is called once, and its error comes through", async () => {
    const { inner, tracer } = await setup();
    let calls = 0;
    const error = new Error("at once");
    const sudden: Guard = {
      ...inner,
      check() {
        calls += 1;
        throw error;
      },
    };
    const guard = withTelemetry(sudden, { tracer });
    await expect(guard.check(call("read"), context)).rejects.toBe(error);
    expect(calls).toBe(1);
  });

  test("an exporter that throws", async () => {
    const { inner } = await setup();
    const exporter: SpanExporter = { export: explode, shutdown: async () => {} };
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const guard = withTelemetry(inner, { tracer: provider.getTracer("tests") });
    expect(await guard.execute(call("rm"), context, () => "done")).toMatchObject({
      kind: "denied",
    });
  });

  test("a span that is not sampled costs no attributes", async () => {
    const { inner } = await setup();
    const provider = new BasicTracerProvider({ sampler: new AlwaysOffSampler() });
    const decision = await inner.check(call("read"), context);
    let reads = 0;
    const counting = new Proxy(decision, {
      get(target, key) {
        if (key === "rules") reads += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    const counted: Guard = { ...inner, check: async () => counting };
    await withTelemetry(counted, { tracer: provider.getTracer("tests") }).check(
      call("read"),
      context,
    );
    expect(reads).toBe(0);
  });

  test("without the OpenTelemetry API the guard works as before", async () => {
    vi.doMock("@opentelemetry/api", () => {
      throw new Error("not installed");
    });
    vi.resetModules();
    try {
      const { withTelemetry: alone } = await import("../src/index.ts");
      const { inner, tracer, exporter } = await setup();
      const guard = alone(inner, { tracer });
      expect(await guard.execute(call("read"), context, () => "done")).toMatchObject({
        kind: "completed",
      });
      expect(exporter.getFinishedSpans()).toEqual([]);
    } finally {
      vi.doUnmock("@opentelemetry/api");
      vi.resetModules();
    }
  });

  test("without an SDK the guard works as before", async () => {
    const { inner } = await setup();
    const guard = withTelemetry(inner);
    expect(await guard.execute(call("read"), context, () => "done")).toMatchObject({
      kind: "completed",
    });
    await expect(
      guard.execute(
        call("read"),
        { principal, signal: AbortSignal.abort(new Error("x")) },
        () => 1,
      ),
    ).rejects.toThrow("x");
  });

  test("the other methods are the guard's own", async () => {
    const { guard, inner } = await setup();
    const decision = await guard.check(call("pay"), context);
    const record = await guard.requestApproval(decision);
    expect(await guard.listApprovals()).toEqual([record]);
    expect(await guard.policy()).toEqual(await inner.policy());
    expect(await guard.visibleTools([{ name: "read" }, { name: "x" }], context)).toEqual([
      { name: "read" },
    ]);
    expect(await guard.redact("plain", context)).toBe("plain");
    await guard.reportUsage(context, { inputTokens: 1, outputTokens: 1 });
    expect(guard.currentScope()).toBeUndefined();
    await guard.execute(call("read"), context, () => {
      expect(guard.currentScope()).toBe(inner.currentScope());
      expect(guard.currentScope()?.callId).toBe("c1");
    });
    expect(Object.keys(guard).toSorted()).toEqual(Object.keys(inner).toSorted());
  });
});

test("every name is of our namespace and listed once", () => {
  const names = Object.values(SEMCONV);
  expect(names.every((name) => /^portcullis(\.[a-z]+)+$/.test(name))).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});

function explode(): never {
  throw new Error("telemetry broke");
}
