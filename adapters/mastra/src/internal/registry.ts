import { canonicalize, createGuardRegistry } from "@portcullis/core";
import type { Guard, GuardRegistry, ToolOrigin } from "@portcullis/core";

/** A function of a tool, called with whatever the framework passes. */
export type Callable = (...args: unknown[]) => unknown;

/** A tool as the policy knows it. */
export interface PolicyTool {
  readonly name: string;
  readonly origin: ToolOrigin;
}

/** A guarded tool, with the original around which it was made. */
export interface KnownTool extends PolicyTool {
  readonly guard: Guard;
  /** The tool as its author made it. */
  readonly original: object;
}

/** Tools under a guard. */
export const guarded: GuardRegistry = createGuardRegistry();

/** Tools that the guard cannot wrap and that an option permits with a reason. */
export const exempt: GuardRegistry = createGuardRegistry();

/**
 * Guarded tools by the functions of ours that they carry. Mastra builds a fresh object of a tool
 * for every step and keeps no more of it than its functions.
 */
export const knownBy: WeakMap<Callable, KnownTool> = new WeakMap();

/** A call that was decided one layer further out, by the signal that it runs under. */
interface HandOver {
  readonly guard: Guard;
  readonly tool: string;
  readonly text: string;
}

const handedOver: WeakMap<object, HandOver> = new WeakMap();

/**
 * Notes that the call under this signal has been decided, for the same tool further in. Nobody
 * else holds the signal yet, and it counts for exactly these arguments, once.
 */
export function handOver(
  signal: object,
  guard: Guard,
  call: { tool: string; args: unknown },
): void {
  const { text } = canonicalize(call.args);
  handedOver.set(signal, { guard, tool: call.tool, text });
}

/** Whether this very call was decided further out; says so once. */
export function takeHandOver(
  signal: unknown,
  guard: Guard,
  call: { tool: string; args: unknown },
): boolean {
  if (typeof signal !== "object" || signal === null) return false;
  const known = handedOver.get(signal);
  if (known === undefined || known.guard !== guard || known.tool !== call.tool) return false;
  try {
    if (canonicalize(call.args).text !== known.text) return false;
  } catch {
    return false;
  }
  return handedOver.delete(signal);
}

/** Tells whether a value can be called. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}
