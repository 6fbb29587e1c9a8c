import type { Signal } from "../abort.ts";
import type { ContextInput } from "../call-context.ts";
import type { PolicyRef } from "../decision.ts";
import type { EvaluationRequest } from "../evaluation-request.ts";
import type { ToolEntry } from "../policy-document.ts";
import type { KeptArguments } from "../ports/session-store.ts";
import { Refusal } from "../refusal.ts";
import type { Authenticated } from "../stages/authenticate.ts";
import type { Decided } from "../stages/decide.ts";
import type { Inspected } from "../stages/inspect.ts";
import type { Validated } from "../stages/validate.ts";
import type { RefusedCaller } from "../ports/credential-verifier.ts";
import type { ToolCall } from "../tool-call.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/**
 * What is known of one call so far. Each stage adds its result; the decision and the records are
 * made from it, also when a stage refused.
 */
export interface CallState {
  readonly decisionId: string;
  call: ToolCall;
  /** Monotonic milliseconds at admission. */
  readonly begunAt: number;
  policy?: ActivePolicy;
  entry?: ToolEntry;
  caller?: Authenticated;
  /** Whose credential was proven and refused. */
  refused?: RefusedCaller;
  validated?: Validated;
  inspected?: Inspected;
  /** What the rules are asked first. */
  asked?: EvaluationRequest;
  decided?: Decided;
  /** What the history keeps of the arguments after they were clamped or redacted. */
  kept?: KeptArguments | undefined;
  /** The HMAC that the records carry, with the digest it is of. */
  argsSeal?: { readonly digest: string; readonly hmac: string };
  /** What the policy said, before modes. */
  verdict?: "permit" | "deny" | "approval-required";
  /** Milliseconds until the decision; on the first record alone. */
  decisionMs?: number;
}

/** The policy of calls that were refused before one was found. */
export const NO_POLICY: PolicyRef = Object.freeze({ name: "", serial: 0, digest: "" });

/**
 * Reads the members of a call once.
 *
 * @throws {Refusal} `tool-unknown` when it is not a call at all.
 */
export function readCall(call: ToolCall): ToolCall {
  const { callId, tool, args, definition, origin, parentCallId, requireApproval, veto } = call;
  if (typeof callId !== "string" || typeof tool !== "string") throw new Refusal("tool-unknown");
  // Anything but a clear `false` asks for approval: it only narrows.
  const asks: unknown = requireApproval;
  return {
    callId,
    tool,
    args,
    ...(definition === undefined ? {} : { definition }),
    ...(origin === undefined ? {} : { origin }),
    ...(typeof parentCallId === "string" ? { parentCallId } : {}),
    ...(asks === undefined || asks === false ? {} : { requireApproval: true }),
    ...(veto === undefined ? {} : { veto }),
    isSuspension: (error) => isSuspension(call, error),
  };
}

/** A check that throws recognises nothing: the tool has failed then. */
function isSuspension(call: ToolCall, error: unknown): boolean {
  try {
    return call.isSuspension?.(error) === true;
  } catch {
    return false;
  }
}

/** Begins the state of a call; nothing of the call is believed yet. */
export function beginCall(runtime: GuardRuntime, call: ToolCall): CallState {
  return {
    decisionId: `d_${runtime.random.id()}`,
    call: { callId: toText(call, "callId"), tool: toText(call, "tool"), args: undefined },
    begunAt: runtime.clock.monotonic(),
  };
}

/** The caller's abort signal, if there is one that works. */
export function readSignal(context: ContextInput | undefined): Signal | undefined {
  if (typeof context !== "object" || context === null) return undefined;
  const { signal } = context;
  return typeof signal?.addEventListener === "function" ? signal : undefined;
}

/** A member of a call that may be anything, as text for records. */
function toText(call: unknown, name: string): string {
  if (typeof call !== "object" || call === null) return "";
  try {
    const value: unknown = Reflect.get(call, name);
    return typeof value === "string" ? value.slice(0, 256) : "";
  } catch {
    return "";
  }
}
