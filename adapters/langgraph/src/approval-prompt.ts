import type { Decision, Guard } from "@portcullis/core";

/** One call that waits for a person, as the interrupt names it. */
export interface ApprovalPrompt {
  /** Id of the request; an answer is given to the guard, with proof. */
  readonly approvalId: string;
  /** Version of the request, which an answer must name. */
  readonly version: number;
  /** The model's call id, if it gave one. */
  readonly toolCallId?: string;
  /** Name in the policy. */
  readonly tool: string;
  /** Fixed text of the policy, without values. */
  readonly summary: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
}

/** The value of the interrupt that a guard raises. */
export interface ApprovalInterrupt {
  readonly type: "portcullis.approval";
  readonly requests: readonly ApprovalPrompt[];
}

/**
 * Stores the request of a call that waits for a person; undefined where it waits for nobody, or
 * nothing could be stored: the refusal of the call then names the reason.
 */
export async function requestPrompt(
  guard: Guard,
  decision: Decision,
  toolCallId: string | undefined,
): Promise<ApprovalPrompt | undefined> {
  if (decision.outcome !== "approval-required") return undefined;
  const request = await guard.requestApproval(decision).catch(() => undefined);
  if (request?.state !== "pending") return undefined;
  return {
    approvalId: request.id,
    version: request.version,
    ...(toolCallId === undefined ? {} : { toolCallId }),
    tool: decision.tool,
    summary: decision.denial.message,
    expiresAt: new Date(request.expiresAt).toISOString(),
  };
}
