import { findArgumentLabels } from "../flow/find-argument-labels.ts";
import type { ArgumentLabels } from "../argument-labels.ts";
import { createFlowSecret } from "../flow/flow-secret.ts";
import type { SessionSnapshot } from "../ports/session-store.ts";
import { Refusal } from "../refusal.ts";
import type { Authenticated } from "../stages/authenticate.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { GuardRuntime } from "./guard-runtime.ts";

/**
 * Looks up what every value of the arguments carries; undefined where no condition of the policy
 * asks for it.
 *
 * @throws {Refusal} `session-unavailable`.
 */
export async function loadLabels(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  call: {
    readonly tool: string;
    readonly caller: Authenticated;
    readonly snapshot: SessionSnapshot;
    readonly args: CanonicalArgs;
  },
): Promise<ArgumentLabels | undefined> {
  const { compiled, declaredLabels } = policy;
  if (!compiled.parts.readsLabels) return undefined;
  const { sessionKey, sessionIsNew, request } = call.caller;
  const exempt = compiled.tools.get(call.tool)?.exempt ?? [];
  try {
    const secret = await createFlowSecret(runtime.digest, runtime.deploymentKey, sessionKey);
    return await findArgumentLabels(call.args, {
      secret,
      words: request,
      exempt,
      sessionLabels: call.snapshot.labels,
      find: (marks) =>
        runtime.sessions.findLabels(sessionKey, {
          ...marks,
          keyId: secret.keyId,
          isNew: sessionIsNew,
          unknownLabels: declaredLabels,
        }),
    });
  } catch {
    throw new Refusal("session-unavailable");
  }
}
