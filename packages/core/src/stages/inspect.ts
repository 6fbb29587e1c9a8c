import type { GuardRuntime } from "../internal/guard-runtime.ts";
import type { KeptArguments, SessionSnapshot } from "../ports/session-store.ts";
import { Refusal } from "../refusal.ts";
import type { Authenticated } from "./authenticate.ts";

/** What the session held before this call. */
export interface Inspected {
  readonly snapshot: SessionSnapshot;
  /** The call's own entry in the history; undefined for a mere check. */
  readonly ref: string | undefined;
}

/**
 * Stage 4: loads the session. With a `ref`, the call stands in the history as `running` in the
 * same atomic step, so that parallel calls see each other. Typed facts are extracted lazily by
 * stage 5; approval records are read only where stage 5 asks for an approval.
 *
 * @throws {Refusal} `session-unavailable`.
 */
export async function inspect(
  runtime: GuardRuntime,
  caller: Authenticated,
  call: {
    readonly tool: string;
    /** Name of the call's own entry, unique in the session; undefined for a mere check. */
    readonly ref: string | undefined;
    readonly unknownLabels: readonly string[];
    /** What the history keeps of its arguments. */
    readonly kept?: KeptArguments | undefined;
  },
): Promise<Inspected> {
  const { ref } = call;
  const request = {
    key: caller.sessionKey,
    isNew: caller.sessionIsNew,
    unknownLabels: call.unknownLabels,
  };
  try {
    const snapshot = await runtime.sessions.open(
      ref === undefined
        ? request
        : {
            ...request,
            entry: {
              ref,
              tool: call.tool,
              outcome: "running",
              at: runtime.clock.now(),
              ...(call.kept === undefined ? {} : { args: call.kept }),
            },
          },
    );
    return { snapshot, ref };
  } catch {
    throw new Refusal("session-unavailable");
  }
}
