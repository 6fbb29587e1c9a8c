import { createGuardRegistry } from "@portcullis/core";
import type { Guard, GuardRegistry, ToolOrigin } from "@portcullis/core";

/** Any function, called only through `Reflect.apply`. */
export type Callable = (...args: never[]) => unknown;

/** What a guarded `execute` protects, so that wrapping a clone does not decide twice. */
export interface Protected {
  readonly guard: Guard;
  /** The tool's own `execute`. */
  readonly execute: Callable;
  /** The object that `execute` belongs to. */
  readonly owner: object;
  /** The tool's own `onInputAvailable`, called after a permit. */
  readonly onInputAvailable: Callable | undefined;
}

/** How the policy knows a guarded tool. */
export interface PolicyTool {
  readonly name: string;
  readonly origin: ToolOrigin;
  /** Defined by the provider and run by the app. */
  readonly providerDefined: boolean;
}

/** Tools and models under a guard. */
export const guarded: GuardRegistry = createGuardRegistry();

/** Tools that the guard cannot wrap and that an option permits with a reason. */
export const exempt: GuardRegistry = createGuardRegistry();

/** Policy names of guarded tools. */
export const policyTools: WeakMap<object, PolicyTool> = new WeakMap();

/** What each guarded `execute` protects. */
export const protectedBy: WeakMap<Callable, Protected> = new WeakMap();

/** Tells whether a value can be called. */
export function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Reads a member of a tool as unbelieved data. */
export function readMember(tool: object, name: PropertyKey): unknown {
  return Reflect.get(tool, name);
}
