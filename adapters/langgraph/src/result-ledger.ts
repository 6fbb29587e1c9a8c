import type { ToolMessage } from "@langchain/core/messages";
import type { Command } from "@langchain/langgraph";

/** What a completed call of a tool node returned. */
export type RecordedResult = ToolMessage | Command;

/**
 * Remembers what completed calls returned, so that a replay of a checkpoint gives the old result
 * instead of running the tool again.
 *
 * A key is made of thread, graph path, tool, call id and argument digest; call ids must therefore
 * be unique within a thread. A `get` that throws denies the call; a `put` that throws takes the
 * result of the call away from nobody.
 */
export interface ResultLedger {
  /** The recorded result, already redacted. */
  get(key: string): Promise<RecordedResult | undefined>;
  /** Records the result of a completed call. */
  put(key: string, result: RecordedResult): Promise<void>;
}

const completed: WeakSet<object> = new WeakSet();

/** Notes that this value, or the first of this pair, is what a completed call returned. */
export function markCompleted<T>(value: T): T {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === "object" && first !== null) completed.add(first);
  return value;
}

/**
 * Tells whether a tool node's result is that of a completed call. LangChain makes a message of
 * status `success` only from a value that the tool returned.
 */
export function isCompleted(result: RecordedResult): boolean {
  return completed.has(result) || ("status" in result && result.status === "success");
}
