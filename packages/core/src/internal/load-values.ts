import type { ArgumentLabels } from "../argument-labels.ts";
import type { SealedValues } from "../evaluation-request.ts";
import { findArgumentLabels } from "../flow/find-argument-labels.ts";
import { createFlowSecret } from "../flow/flow-secret.ts";
import { createHistorySeal, keepArguments } from "../history/kept-arguments.ts";
import { sealCompared } from "../history/seal-compared.ts";
import type { KeptArguments, SessionSnapshot } from "../ports/session-store.ts";
import { Refusal } from "../refusal.ts";
import type { Authenticated } from "../stages/authenticate.ts";
import type { CanonicalArgs } from "../tool-call.ts";
import type { ActivePolicy } from "./active-policy.ts";
import type { GuardRuntime } from "./guard-runtime.ts";
import { toEvaluationRequest } from "./to-evaluation-request.ts";

/** What conditions need to know of the arguments' values before they are asked. */
export interface LoadedValues {
  /** What every value carries; undefined where no condition reads it. */
  readonly flow: ArgumentLabels | undefined;
  /** Undefined where no condition compares arguments of earlier calls. */
  readonly seals: SealedValues | undefined;
}

interface LoadedCall {
  readonly tool: string;
  readonly caller: Authenticated;
  readonly snapshot: SessionSnapshot;
  readonly args: CanonicalArgs;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Looks up the labels of the arguments' values, and hashes what is compared with arguments of
 * earlier calls, as far as some condition of the policy asks for it.
 *
 * @throws {Refusal} `session-unavailable`.
 */
export async function loadValues(
  runtime: GuardRuntime,
  policy: ActivePolicy,
  call: LoadedCall,
): Promise<LoadedValues> {
  try {
    return {
      flow: await loadLabels(runtime, policy, call),
      seals: await loadSeals(runtime, policy, call),
    };
  } catch {
    throw new Refusal("session-unavailable");
  }
}

/**
 * What the session keeps of the arguments of a call; undefined where conditions read none.
 *
 * @throws {Refusal} `session-unavailable`.
 */
export async function toKeptArguments(
  runtime: GuardRuntime,
  { compiled }: ActivePolicy,
  call: Pick<LoadedCall, "caller" | "args">,
): Promise<KeptArguments | undefined> {
  const { kept } = compiled.history;
  if (kept.length === 0) return undefined;
  try {
    const { sessionKey } = call.caller;
    const seal = await createHistorySeal(runtime.digest, runtime.deploymentKey, sessionKey);
    return await keepArguments(call.args, kept, seal);
  } catch {
    throw new Refusal("session-unavailable");
  }
}

async function loadLabels(
  runtime: GuardRuntime,
  { compiled, declaredLabels }: ActivePolicy,
  call: LoadedCall,
): Promise<ArgumentLabels | undefined> {
  if (!compiled.parts.readsLabels) return undefined;
  const { sessionKey, sessionIsNew, request } = call.caller;
  const secret = await createFlowSecret(runtime.digest, runtime.deploymentKey, sessionKey);
  const tool = compiled.tools.get(call.tool);
  return findArgumentLabels(call.args, {
    secret,
    words: request,
    exempt: tool?.exempt ?? [],
    legal: tool?.legal ?? [],
    sessionLabels: call.snapshot.labels,
    find: (marks) =>
      runtime.sessions.findLabels(sessionKey, {
        ...marks,
        keyId: secret.keyId,
        isNew: sessionIsNew,
        unknownLabels: declaredLabels,
      }),
  });
}

async function loadSeals(
  runtime: GuardRuntime,
  { compiled }: ActivePolicy,
  call: LoadedCall,
): Promise<SealedValues | undefined> {
  if (compiled.history.kept.length === 0) return undefined;
  const { sessionKey } = call.caller;
  const seal = await createHistorySeal(runtime.digest, runtime.deploymentKey, sessionKey);
  return sealCompared(compiled, toEvaluationRequest(call.caller, call), seal);
}
