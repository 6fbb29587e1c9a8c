import type * as api from "@opentelemetry/api";
import type { Attributes, Span, SpanStatusCode, Tracer } from "@opentelemetry/api";

/** The part of the OpenTelemetry API that is used; the module itself fits. */
export type OpenTelemetryApi = Pick<
  typeof api,
  "context" | "trace" | "INVALID_TRACEID" | "SpanKind" | "SpanStatusCode"
>;

/** What to put on a span once the work is done. */
export interface SpanReport {
  /** Replaces the name that the span was started with. */
  readonly name?: string;
  readonly attributes: Attributes;
  /** Marks the span as an error, without a description. */
  readonly error: boolean;
}

/** One piece of work to observe. */
export interface Observation<T> {
  /** Name of the span until the report gives a better one. */
  readonly name: string;
  /** Does the work; called exactly once, whatever becomes of the span. */
  readonly work: () => Promise<T>;
  /** Called only for a span that is recorded. */
  readonly report: (result: T) => SpanReport;
  /** Whether a rejection is an error of the guard. */
  readonly isError: (error: unknown) => boolean;
}

/**
 * Does the work inside a span. Whatever the tracer, the context manager or an exporter throws is
 * swallowed: observing never changes what is observed.
 *
 * A span of no trace, as without an SDK, ends at once: nobody records it and nothing could refer
 * to it.
 */
export function observe<T>(
  api: OpenTelemetryApi,
  tracer: Tracer,
  observation: Observation<T>,
): Promise<T> {
  const span = begin(api, tracer, observation.name);
  return span === undefined ? start(observation.work) : observeIn(span, api, observation);
}

function begin(api: OpenTelemetryApi, tracer: Tracer, name: string): Span | undefined {
  try {
    const span = tracer.startSpan(name, { kind: api.SpanKind.INTERNAL });
    if (span.isRecording() || span.spanContext().traceId !== api.INVALID_TRACEID) return span;
    span.end();
  } catch {
    // A tracer that throws observes nothing.
  }
  return undefined;
}

async function observeIn<T>(
  span: Span,
  { context, trace, SpanStatusCode: code }: OpenTelemetryApi,
  { work, report, isError }: Observation<T>,
): Promise<T> {
  let running: Promise<T> | undefined;
  const once = (): Promise<T> => (running ??= start(work));
  quietly(() => {
    context.with(trace.setSpan(context.active(), span), () => {
      void once();
    });
  });
  try {
    const result = await once();
    quietly(() => {
      if (span.isRecording()) apply(span, report(result), code.ERROR);
    });
    return result;
  } catch (error) {
    quietly(() => {
      if (isError(error)) span.setStatus({ code: code.ERROR });
    });
    throw error;
  } finally {
    quietly(() => {
      span.end();
    });
  }
}

/** Runs telemetry code; a throw becomes `undefined`. */
export function quietly<T>(effect: () => T): T | undefined {
  try {
    return effect();
  } catch {
    return undefined;
  }
}

function apply(span: Span, { name, attributes, error }: SpanReport, code: SpanStatusCode): void {
  if (name !== undefined) span.updateName(name);
  span.setAttributes(attributes);
  if (error) span.setStatus({ code });
}

/** Starts the work; a synchronous throw must not look like one of the context manager. */
export function start<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
