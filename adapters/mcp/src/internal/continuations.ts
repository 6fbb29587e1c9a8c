import type { ContextInput, Decision } from "@portcullis/core";
import type { Beside, Connection } from "./connection.ts";
import type { Leg } from "./leg.ts";
import { own } from "./message.ts";
import type { Request } from "./message.ts";
import { findContext, toCall } from "./to-call.ts";

/** An execution that waits for answers, with all that an answer must match. */
export interface Waiting {
  readonly tool: string;
  readonly requestState: unknown;
  readonly argsDigest: string | undefined;
  /** The approval that the execution has used up, or undefined. */
  readonly approvalId: string | undefined;
  readonly identity: string;
  readonly accepts: (responses: unknown) => boolean;
  readonly resume: (leg: Leg) => void;
}

/** Executions that wait for answers. */
export interface Continuations {
  /** Adds one; the returned function takes it away. */
  add(waiting: Waiting): () => void;
  /** Takes the one that this request answers, decided anew; undefined when there is none. */
  take(request: Request, beside: Beside): Promise<Waiting | undefined>;
}

/** Whether a request says that it goes on with an earlier one. */
export function isContinuation({ params }: Request): boolean {
  return Object.hasOwn(params, "inputResponses") || Object.hasOwn(params, "requestState");
}

/** What two messages of one execution must agree in, by a check of the policy in force now. */
export function bindingOf(
  decision: Decision,
  context: ContextInput | undefined,
): Pick<Waiting, "argsDigest" | "approvalId" | "identity"> {
  return {
    argsDigest: decision.argsDigest,
    approvalId: decision.outcome === "approval-required" ? decision.approval.id : undefined,
    identity: JSON.stringify([
      own(context ?? {}, "principal"),
      own(context ?? {}, "token"),
      own(context ?? {}, "credential"),
      context?.session?.id,
    ]),
  };
}

/** Creates an empty table of executions that wait. */
export function createContinuations(connection: Connection): Continuations {
  const open = new Set<Waiting>();
  return {
    add(waiting) {
      open.add(waiting);
      return () => open.delete(waiting);
    },
    async take(request, beside) {
      const call = toCall(connection, request);
      const state = own(request.params, "requestState");
      const responses = own(request.params, "inputResponses");
      const candidates = [...open].filter(
        (one) => one.tool === call.tool && one.requestState === state && one.accepts(responses),
      );
      if (candidates.length === 0) return undefined;
      const context = await findContext(connection, request, { call, beside });
      const decision = await connection.guard.check(call, context);
      if (decision.outcome === "deny") return undefined;
      const binding = bindingOf(decision, context);
      return candidates.find(
        (one) =>
          one.argsDigest === binding.argsDigest &&
          one.approvalId === binding.approvalId &&
          one.identity === binding.identity &&
          open.delete(one),
      );
    },
  };
}
