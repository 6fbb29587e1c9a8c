import type { RunnableConfig } from "@langchain/core/runnables";
import { resolveContext } from "@portcullis/core";
import type { AdapterOptions, ContextCall, ContextInput } from "@portcullis/core";

/** What a `context` function is told by LangGraph, besides tool, arguments and call id. */
export interface LangGraphCall {
  /** `config.context`: what the graph's owner passed as run-time context. */
  readonly context?: unknown;
  /** `config.configurable`; on a graph server a remote caller may fill it. */
  readonly configurable?: Readonly<Record<string, unknown>>;
}

/** Options of this adapter. */
export type LangGraphOptions = AdapterOptions<LangGraphCall>;

/** The part of LangGraph's configuration that is read. */
export type CallConfig = RunnableConfig & { readonly context?: unknown };

/**
 * Finds the context of one call: the option, else `configurable.portcullis`, else the scope of the
 * calling tool; the thread is the session where the context names none. A context function that
 * throws gives no identity, which the guard denies.
 */
export async function resolveCallContext(
  options: LangGraphOptions,
  call: ContextCall,
  config: CallConfig | undefined,
): Promise<ContextInput | undefined> {
  const configurable: Readonly<Record<string, unknown>> = config?.configurable ?? {};
  const thread = threadOf(config);
  try {
    const context = await resolveContext(
      options,
      { ...call, context: config?.context, configurable },
      {
        slot: Object.hasOwn(configurable, "portcullis") ? configurable["portcullis"] : undefined,
        ...(thread === undefined ? {} : { thread }),
      },
    );
    return context === undefined ? undefined : withSignal(context, config?.signal);
  } catch {
    return undefined;
  }
}

/** The thread that a checkpointer keeps, if there is one. */
export function threadOf(config: CallConfig | undefined): string | undefined {
  const thread: unknown = config?.configurable?.["thread_id"];
  return typeof thread === "string" && thread.length > 0 ? thread : undefined;
}

/** The same context, aborted also by this signal. */
export function withSignal(context: ContextInput, signal: AbortSignal | undefined): ContextInput {
  if (signal === undefined) return context;
  const both = context.signal === undefined ? signal : AbortSignal.any([context.signal, signal]);
  return { ...context, signal: both };
}

/** The framework's call id, or a fresh one. */
export function toCallId(options: LangGraphOptions, id: string | undefined): string {
  return id ?? options.newId?.() ?? crypto.randomUUID();
}
