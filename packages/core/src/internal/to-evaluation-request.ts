import type { EvaluationRequest, SealedValues } from "../evaluation-request.ts";
import type { SessionSnapshot } from "../ports/session-store.ts";
import type { Authenticated } from "../stages/authenticate.ts";
import type { ArgumentLabels } from "../argument-labels.ts";
import type { CanonicalArgs } from "../tool-call.ts";

/** What the rules are asked about, from what the stages before have established. */
export function toEvaluationRequest(
  caller: Authenticated,
  call: {
    readonly tool: string;
    readonly args: CanonicalArgs;
    readonly snapshot: SessionSnapshot;
    readonly now: number;
    /** Undefined where no condition reads labels of values. */
    readonly flow?: ArgumentLabels | undefined;
    /** Undefined where no condition compares arguments of earlier calls. */
    readonly seals?: SealedValues | undefined;
  },
): EvaluationRequest {
  return {
    tool: call.tool,
    args: call.args,
    principal: caller.principal,
    session: call.snapshot,
    facts: caller.facts,
    now: call.now,
    ...(caller.request === undefined ? {} : { request: caller.request }),
    ...(call.flow === undefined ? {} : { flow: call.flow }),
    ...(call.seals === undefined ? {} : { seals: call.seals }),
  };
}
