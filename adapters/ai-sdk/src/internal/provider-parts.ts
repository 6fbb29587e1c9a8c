import { PortcullisDeniedError, createDenial, executeSafely } from "@portcullis/core";
import type { Content, GuardModelOptions, GuardedRequest, StreamPart } from "./model-types.ts";

/** Looks at one part of an answer; rejects where the provider ran what it may not. */
export type PartCheck = (part: Content | StreamPart) => Promise<void>;

/**
 * Creates the check of one answer's parts.
 *
 * The provider has run its tool by then, so the answer is refused as a whole and the violation
 * put on record under the guard, as a call whose run can only fail.
 */
export function createPartCheck(
  { params, context, mayProviderRun }: GuardedRequest,
  { guard }: GuardModelOptions,
): PartCheck {
  const permitted = new Set<string>();
  return async (part) => {
    const sign = findProviderRun(part);
    if (sign === undefined) return;
    if (sign.tool === undefined ? permitted.has(sign.callId) : mayProviderRun(sign.tool)) {
      permitted.add(sign.callId);
      return;
    }
    const { callId, tool = "unknown", args } = sign;
    const { decision } = await executeSafely(
      { callId, tool, args, origin: "provider" },
      { guard, context, signals: [params.abortSignal], run: failRun },
    );
    const { decisionId } = decision;
    throw new PortcullisDeniedError(createDenial("tool-unguarded", { decisionId }));
  };
}

interface ProviderRun {
  readonly callId: string;
  /** Undefined where the part names only its call. */
  readonly tool: string | undefined;
  readonly args: unknown;
}

/** What shows that the provider ran, or is about to run, a tool. */
function findProviderRun(part: Content | StreamPart): ProviderRun | undefined {
  if (part.type === "tool-approval-request") {
    return { callId: part.toolCallId, tool: undefined, args: {} };
  }
  if (part.type === "tool-result") {
    return { callId: part.toolCallId, tool: part.toolName, args: {} };
  }
  if (part.type === "tool-input-start" && part.providerExecuted === true) {
    return { callId: part.id, tool: part.toolName, args: {} };
  }
  if (part.type === "tool-call" && part.providerExecuted === true) {
    return { callId: part.toolCallId, tool: part.toolName, args: parse(part.input) };
  }
  return undefined;
}

function failRun(): never {
  throw new Error("The provider ran this tool.");
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}
