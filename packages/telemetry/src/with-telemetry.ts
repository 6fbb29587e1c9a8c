import type { Tracer } from "@opentelemetry/api";
import type { ApprovalRecord, ContextInput, Decision, Guard, Outcome } from "@portcullis/core";
import { catalogueName, describeDecision, isBroken } from "./describe-decision.ts";
import type { DecisionFacts } from "./describe-decision.ts";
import { observe, quietly, start } from "./safe-tracer.ts";
import type { Observation, OpenTelemetryApi, SpanReport } from "./safe-tracer.ts";
import { SEMCONV } from "./semconv.ts";

/** Options of {@link withTelemetry}. */
export interface TelemetryOptions {
  /** Makes the spans. Default the tracer `@portcullis/telemetry` of the global provider. */
  readonly tracer?: Tracer;
}

/**
 * Puts an OpenTelemetry span around every decision of a guard.
 *
 * `guard.execute` gives `portcullis.execute {tool}`, active while the tool runs, `guard.check`
 * gives `portcullis.check {tool}`, and an answered approval `portcullis.approval.wait`. A span
 * holds names, ids and codes, never arguments, results, prompts or tokens. A refused call is no
 * error; a tool that throws and a guard that cannot do its work are. A tracer that throws changes
 * no decision.
 *
 * `@opentelemetry/api` is loaded when it is installed; without it, or without an SDK, nothing is
 * recorded.
 *
 * @example
 * ```ts
 * import type { Guard } from "@portcullis/core";
 *
 * const observed = (guard: Guard): Guard => withTelemetry(guard);
 * ```
 */
export function withTelemetry(guard: Guard, options: TelemetryOptions = {}): Guard {
  let loaded: Loaded | undefined;
  const loading = load(options.tracer).then((parts) => (loaded = parts));

  // Only the calls before the API is loaded wait for it.
  function traced<T>(observation: Observation<T>): Promise<T> {
    if (loaded !== undefined) return tracedBy(loaded, observation);
    return loading.then((parts) => tracedBy(parts, observation));
  }

  return Object.freeze<Guard>({
    check: (call, context) =>
      traced({
        name: SEMCONV.spanCheck,
        work: () => guard.check(call, context),
        report: (decision) => report(SEMCONV.spanCheck, factsOfDecision(decision, context)),
        isError: () => true,
      }),
    execute: (call, context, run) =>
      traced({
        name: SEMCONV.spanExecute,
        work: () => guard.execute(call, context, run),
        report: (outcome) =>
          report(SEMCONV.spanExecute, factsOfOutcome(outcome, context), outcome.kind === "failed"),
        isError: (error) =>
          context?.signal?.aborted !== true && call.isSuspension?.(error) !== true,
      }),
    answerApproval: async (answer) => {
      const record = await guard.answerApproval(answer);
      const { api, tracer } = await loading;
      if (api !== undefined) quietly(() => recordWait(api, tracer, record));
      return record;
    },
    visibleTools: (definitions, context, visible) =>
      guard.visibleTools(definitions, context, visible),
    redact: (messages, context) => guard.redact(messages, context),
    requestApproval: (decision) => guard.requestApproval(decision),
    listApprovals: () => guard.listApprovals(),
    reportUsage: (context, usage) => guard.reportUsage(context, usage),
    policy: () => guard.policy(),
    currentScope: () => guard.currentScope(),
  });
}

/** What is there to make spans with; neither without the API. */
interface Loaded {
  readonly api?: OpenTelemetryApi;
  readonly tracer?: Tracer;
}

async function load(given: Tracer | undefined): Promise<Loaded> {
  try {
    const api = await import("@opentelemetry/api");
    // Before a provider is registered this is a proxy, which finds it later.
    return { api, tracer: given ?? api.trace.getTracer("@portcullis/telemetry") };
  } catch {
    return {};
  }
}

function tracedBy<T>({ api, tracer }: Loaded, observation: Observation<T>): Promise<T> {
  if (api === undefined || tracer === undefined) return start(observation.work);
  return observe(api, tracer, observation);
}

function report(span: string, facts: DecisionFacts, failed = false): SpanReport {
  const tool = catalogueName(facts);
  return {
    ...(tool === undefined ? {} : { name: `${span} ${tool}` }),
    attributes: describeDecision(facts),
    error: failed || isBroken(facts.denial),
  };
}

function factsOfDecision(decision: Decision, context: ContextInput | undefined): DecisionFacts {
  const facts = { decision, enforced: decision.outcome, context };
  return decision.outcome === "permit" ? facts : { ...facts, denial: decision.denial };
}

function factsOfOutcome(
  outcome: Outcome<unknown>,
  context: ContextInput | undefined,
): DecisionFacts {
  const { decision } = outcome;
  if (outcome.kind === "denied") {
    return { decision, enforced: "deny", denial: outcome.denial, context };
  }
  if (outcome.kind === "approval-required") {
    return { decision, enforced: "approval-required", denial: outcome.denial, context };
  }
  return { decision, enforced: "permit", context };
}

function recordWait(
  api: OpenTelemetryApi,
  tracer: Tracer | undefined,
  record: ApprovalRecord,
): void {
  if (record.state !== "granted" && record.state !== "refused") return;
  const span = tracer?.startSpan(SEMCONV.spanApprovalWait, {
    kind: api.SpanKind.INTERNAL,
    startTime: record.requestedAt,
    attributes: { [SEMCONV.approvalId]: record.id, [SEMCONV.toolName]: record.tool },
  });
  span?.end();
}
