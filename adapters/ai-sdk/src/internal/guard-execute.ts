import { executeSafely, policyName, resolveContext, thaw, toValue } from "@portcullis/core";
import type {
  AdapterOptions,
  CanonicalArgs,
  Outcome,
  Run,
  RunControl,
  ToolCall,
} from "@portcullis/core";
import type { ModelMessage } from "ai";
import type { DescribeTool } from "./describe-tool.ts";
import type { Callable, Protected } from "./registry.ts";

/** What the SDK tells a context function about the call. */
export interface ToolCallDetails {
  /** The app's `toolsContext` for this tool. */
  readonly context: unknown;
  /** The SDK's id of the call. */
  readonly toolCallId: string;
  /** Messages that led to the call; written by the model too, so no source of identity. */
  readonly messages: readonly ModelMessage[];
}

/** Options of a tool's `execute` as they arrive: direct callers leave members out. */
interface CallOptions {
  readonly toolCallId?: string;
  readonly messages?: readonly ModelMessage[];
  readonly abortSignal?: AbortSignal | undefined;
  readonly context?: unknown;
}

/** One tool with everything a call of it needs. */
export interface ToolUnderGuard {
  readonly inner: Protected;
  readonly name: string;
  readonly options: AdapterOptions<ToolCallDetails>;
  readonly describe: DescribeTool;
}

/** Wraps the tool's `execute` so that it runs only inside `guard.execute`. */
export function guardExecute(tool: ToolUnderGuard): Callable {
  const { execute } = tool.inner;
  const tag = Object.prototype.toString.call(execute);
  // The SDK looks at the synchronous return value, so only these may answer with an iterable.
  if (tool.options.streaming === true || tag === "[object AsyncGeneratorFunction]") {
    return async function* streamGuarded(input: unknown, call: CallOptions = {}) {
      yield* streamChunks(tool, input, call);
    };
  }
  return async (input: unknown, call: CallOptions = {}) => {
    const run: Run<unknown> = async (args, control) => {
      let last: unknown;
      for await (const chunk of callTool(tool, { args, control, call })) last = chunk;
      return last;
    };
    return toValue(await startExecution(tool, { input, call, run }));
  };
}

async function* streamChunks(
  tool: ToolUnderGuard,
  input: unknown,
  call: CallOptions,
): AsyncGenerator {
  const stop = new AbortController();
  const queue = new TransformStream<unknown, unknown>(undefined, { highWaterMark: 1 });
  const writer = queue.writable.getWriter();
  let called = false;
  const release = async (chunks: readonly unknown[]): Promise<void> => {
    for (const chunk of chunks) await writer.write(chunk);
  };
  const run: Run<unknown> = async (args, control) => {
    called = true;
    for await (const chunk of callTool(tool, { args, control, call })) {
      await release(await control.push(chunk));
    }
    await release(await control.end());
  };
  const execution = startExecution(tool, { input, call, run, stop: stop.signal });
  void execution.then(
    () => writer.close().catch(ignore),
    (cause: unknown) => writer.abort(cause).catch(ignore),
  );
  try {
    yield* queue.readable;
    const value = toValue(await execution);
    // A committed dry run has a value without a run.
    if (!called) yield value;
  } finally {
    // A reader that left early has cancelled the queue; the tool is to stop as well.
    stop.abort(new DOMException("The stream of the tool was closed.", "AbortError"));
  }
}

interface Start<T> {
  readonly input: unknown;
  readonly call: CallOptions;
  readonly run: Run<T>;
  readonly stop?: AbortSignal;
}

async function startExecution<T>(
  { name, options, describe }: ToolUnderGuard,
  { input, call, run, stop }: Start<T>,
): Promise<Outcome<T>> {
  const { abortSignal, toolCallId, context: own, messages = [] } = call;
  const { guard, server } = options;
  const callId = toolCallId || (options.newId?.() ?? crypto.randomUUID());
  const tool = policyName(options, name);
  const definition = await describe(call);
  const toolCall: ToolCall = {
    callId,
    tool,
    args: input,
    origin: server === undefined ? "local" : "mcp",
    ...(definition === undefined ? {} : { definition }),
  };
  const details = { tool, args: input, callId, toolCallId: callId, context: own, messages };
  // A context function that throws gives no identity; the guard then denies.
  const context = await resolveContext<ToolCallDetails>(options, details).catch(ignore);
  return executeSafely(toolCall, { guard, context, run, signals: [abortSignal, stop] });
}

interface PermittedCall {
  readonly args: CanonicalArgs;
  readonly control: RunControl;
  readonly call: CallOptions;
}

/** Runs the tool; gives its one value or all of its chunks, until the call is aborted. */
async function* callTool(
  { inner, options }: ToolUnderGuard,
  { args, control, call }: PermittedCall,
): AsyncGenerator {
  const { execute, owner, onInputAvailable } = inner;
  const input = options.thaw === true ? thaw(args) : args;
  const callOptions = { ...call, abortSignal: control.signal };
  if (onInputAvailable !== undefined) {
    await Reflect.apply(onInputAvailable, owner, [{ ...callOptions, input }]);
  }
  const value: unknown = await Reflect.apply(execute, owner, [input, callOptions]);
  for await (const chunk of isAsyncIterable(value) ? value : [value]) {
    control.signal.throwIfAborted();
    yield chunk;
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function ignore(): undefined {}
