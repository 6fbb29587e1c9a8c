import { resolveContext } from "@portcullis/core";
import type { AdapterOptions, ContextCall, ContextInput } from "@portcullis/core";
import type { RequestContext } from "@mastra/core/request-context";

/** What a `context` function is told by Mastra, besides tool, arguments and call id. */
export interface MastraCall {
  /** The run's request context; on a Mastra server a remote caller may fill it. */
  readonly requestContext?: RequestContext | Readonly<Record<string, unknown>> | undefined;
  /** Workflow and run, where a step runs the tool. */
  readonly workflow?: unknown;
}

/** Options of this adapter. */
export type MastraOptions = AdapterOptions<MastraCall>;

/** Where Mastra keeps what belongs to one call. */
export interface CallPlace extends MastraCall {
  /** The memory thread, where Mastra tells it. */
  readonly thread?: string | undefined;
}

/** Slot of the request context that holds a context. */
const SLOT = "portcullis";
/** Where Mastra itself keeps the memory of a run. */
const MEMORY = "MastraMemory";

/**
 * Finds the context of one call: the option, else `requestContext.get("portcullis")`, else the
 * scope of the calling tool; the memory thread is the session where the context names none. A
 * context function that throws gives no identity, which the guard denies.
 */
export async function resolveCallContext(
  options: MastraOptions,
  call: ContextCall,
  { requestContext, workflow, thread = threadOf(requestContext) }: CallPlace,
): Promise<ContextInput | undefined> {
  try {
    return await resolveContext(
      options,
      { ...call, requestContext, workflow },
      { slot: readSlot(requestContext, SLOT), ...(thread === undefined ? {} : { thread }) },
    );
  } catch {
    return undefined;
  }
}

/** Reads a member of an unbelieved value. */
export function readMember(value: unknown, name: PropertyKey): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** A text that is not empty, else undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function threadOf(requestContext: unknown): string | undefined {
  return textOf(readMember(readMember(readSlot(requestContext, MEMORY), "thread"), "id"));
}

/** Mastra passes the request context as it is, or a plain view of it. */
function readSlot(requestContext: unknown, name: string): unknown {
  if (typeof requestContext !== "object" || requestContext === null) return undefined;
  const get: unknown = Reflect.get(requestContext, "get");
  if (typeof get === "function") return Reflect.apply(get, requestContext, [name]);
  return Object.hasOwn(requestContext, name) ? Reflect.get(requestContext, name) : undefined;
}
