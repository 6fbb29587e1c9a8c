import { executeSafely, thaw, toValue } from "@portcullis/core";
import type { CanonicalArgs, RunControl, ToolCall, ToolDefinition } from "@portcullis/core";
import { readMember, resolveCallContext, textOf } from "../framework-call.ts";
import type { CallPlace, MastraOptions } from "../framework-call.ts";
import { assertStable, parseInput } from "./parse-input.ts";
import { handOver, isCallable, takeHandOver } from "./registry.ts";
import type { Callable, PolicyTool } from "./registry.ts";

/** One tool with everything a call of it needs. */
export interface ToolUnderGuard extends PolicyTool {
  /** The tool whose `execute` runs in the end. */
  readonly inner: object;
  readonly execute: Callable;
  readonly options: MastraOptions;
  /** Schema through which the tool passes its input. */
  readonly schema: unknown;
  readonly definition: ToolDefinition | undefined;
  /** The inner tool may be guarded itself: it takes over what is decided here. */
  readonly isOuter?: boolean;
}

/** A tool's wish to be run again later, taken out of the run so that the guard sees it. */
class Suspension extends Error {
  readonly payload: unknown;
  readonly options: unknown;

  constructor(payload: unknown, options: unknown) {
    super("The tool suspended.");
    this.payload = payload;
    this.options = options;
  }
}

/** Wraps a tool's `execute` so that it runs only inside `guard.execute`. */
export function guardExecute(tool: ToolUnderGuard): (...args: unknown[]) => Promise<unknown> {
  const { inner, execute, name, origin, options, definition } = tool;
  return async (input, frame) => {
    const place = readPlace(frame);
    const parsed = await parseInput(tool.schema, input);
    const args = (parsed.ok ? parsed.value : input) ?? {};
    if (takeHandOver(place.signal, options.guard, { tool: name, args })) {
      return Reflect.apply(execute, inner, [args, frame]);
    }
    const callId = place.callId ?? options.newId?.() ?? crypto.randomUUID();
    const call: ToolCall = {
      callId,
      tool: name,
      args,
      origin,
      ...(definition === undefined ? {} : { definition }),
      // A model can write the data that resumes a tool: a person has to have said yes to it.
      ...(place.isResumed ? { requireApproval: true } : {}),
      isSuspension: (error) => error instanceof Suspension,
    };
    const context = await resolveCallContext(options, { tool: name, args, callId }, place);
    try {
      const outcome = await executeSafely(call, {
        guard: options.guard,
        context,
        signals: [place.signal],
        run: (decided, control) => runTool(tool, { args: decided, control, frame }),
      });
      return toValue(outcome);
    } catch (cause) {
      if (!(cause instanceof Suspension) || place.suspend === undefined) throw cause;
      return place.suspend(cause.payload, cause.options);
    }
  };
}

interface PermittedRun {
  readonly args: CanonicalArgs;
  readonly control: RunControl;
  readonly frame: unknown;
}

async function runTool(tool: ToolUnderGuard, run: PermittedRun): Promise<unknown> {
  const { args, control, frame } = run;
  await assertStable(tool.schema, args);
  let suspension: Suspension | undefined;
  const suspend = async (payload: unknown, options: unknown): Promise<void> => {
    const released = [...(await control.push(payload)), ...(await control.end())];
    suspension = new Suspension(released[0], options);
  };
  const input = tool.options.thaw === true ? thaw(args) : args;
  if (tool.isOuter === true)
    handOver(control.signal, tool.options.guard, { tool: tool.name, args });
  await callInputAvailable(tool.inner, { input, signal: control.signal, frame });
  const value: unknown = await Reflect.apply(tool.execute, tool.inner, [
    input,
    toFrame(frame, control.signal, suspend),
  ]);
  if (suspension !== undefined) throw suspension;
  return value;
}

/** The framework's frame with the signal of the guard and a `suspend` that leads through it. */
function toFrame(frame: unknown, abortSignal: AbortSignal, suspend: Callable): object {
  const copy: Record<string, unknown> = { ...(isRecord(frame) ? frame : {}), abortSignal };
  for (const part of ["agent", "workflow"]) {
    const inner = copy[part];
    if (isRecord(inner) && isCallable(inner["suspend"])) copy[part] = { ...inner, suspend };
  }
  if (isCallable(copy["suspend"])) copy["suspend"] = suspend;
  return copy;
}

/** The tool's own callback, which Mastra would call with arguments that nobody decided on. */
async function callInputAvailable(
  tool: object,
  { input, signal, frame }: { input: unknown; signal: AbortSignal; frame: unknown },
): Promise<void> {
  const callback = readMember(tool, "onInputAvailable");
  if (!isCallable(callback)) return;
  const { callId: toolCallId, messages } = readPlace(frame);
  await Reflect.apply(callback, tool, [{ input, toolCallId, messages, abortSignal: signal }]);
}

interface Place extends CallPlace {
  readonly callId: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly messages: unknown;
  readonly isResumed: boolean;
  readonly suspend: Callable | undefined;
}

/** Mastra nests what belongs to an agent or a workflow, and passes it flat to built tools. */
function readPlace(frame: unknown): Place {
  const agent = readMember(frame, "agent");
  const workflow = readMember(frame, "workflow");
  const first = (name: string): unknown =>
    readMember(agent, name) ?? readMember(workflow, name) ?? readMember(frame, name);
  const requestContext = readMember(frame, "requestContext");
  const signal = readMember(frame, "abortSignal");
  const suspend = first("suspend");
  const thread = textOf(first("threadId"));
  return {
    requestContext: isRecord(requestContext) ? requestContext : undefined,
    workflow,
    ...(thread === undefined ? {} : { thread }),
    callId: textOf(first("toolCallId")),
    signal: signal instanceof AbortSignal ? signal : undefined,
    messages: first("messages"),
    isResumed: (first("resumeData") ?? undefined) !== undefined,
    suspend: isCallable(suspend) ? suspend : undefined,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
