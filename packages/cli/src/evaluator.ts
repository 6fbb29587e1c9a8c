import type { Clock, FactProvider, Guard, PolicyDocument } from "@portcullis/core";
import {
  createGuard,
  createMemoryApprovalStore,
  createMemoryLimitStore,
  createMemorySessionStore,
} from "@portcullis/core";
import { createScanner, injectionScanner, linearMatcher } from "@portcullis/inspect";
import { createTaskTokenVerifier } from "@portcullis/token";
import type { KeySet, TaskTokenVerifier } from "@portcullis/token";
import { createNodeSignatureBackend } from "@portcullis/token/node";
import { readyFacts } from "./compose-facts.ts";
import { createRunReplayStore } from "./token/run-replay-store.ts";
import { withNewSessions } from "./with-new-sessions.ts";

/** A guard of its own for one run of evaluations, with empty limits, sessions and approvals. */
export interface Evaluator {
  readonly guard: Guard;
  readonly document: PolicyDocument;
  /** Whether it knows keys that task tokens can be verified with. */
  readonly takesTokens: boolean;
}

/** Options of {@link createEvaluator}. */
export interface EvaluatorOptions {
  /** Milliseconds since the epoch at which the clock stands still. Default the present. */
  readonly now?: number;
  /** Typed facts that the policy was compiled with besides ours. */
  readonly facts?: readonly FactProvider[];
  /** What task tokens are verified against. Default none: a line with a token is refused. */
  readonly tokens?: { readonly keys: KeySet; readonly audience: string };
}

/** Sessions, counters and pending approvals of one run; what does not fit is decided more strictly. */
const CAPACITY = 250_000;

/**
 * Creates an evaluator: everything is in memory, nothing is logged, and the clock stands still, so
 * that the same lines give the same answers on a fast machine and on a slow one.
 *
 * Every session is new when it is first used.
 *
 * @throws {PortcullisError} `ERR_POLICY_INVALID` when the policy is refused.
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it reads SQL and `libpg-query` is missing.
 */
export async function createEvaluator(
  document: PolicyDocument,
  { now = Date.now(), facts, tokens }: EvaluatorOptions = {},
): Promise<Evaluator> {
  const clock = createStillClock(now);
  const sessions = withNewSessions(createMemorySessionStore({ clock, maxSessions: CAPACITY }));
  const guard = await createGuard({
    policy: document,
    facts: await readyFacts(document, facts),
    matcher: linearMatcher(),
    ...(hasRedaction(document) ? { scanner: createScanner() } : {}),
    signals: injectionScanner(),
    clock,
    ...(tokens === undefined ? {} : { credentials: createVerifier(tokens, clock) }),
    limits: createMemoryLimitStore({ clock, maxKeys: CAPACITY }),
    approvals: createMemoryApprovalStore({ maxRecords: CAPACITY }),
    sessions,
    // An evaluation runs no tool; there is nothing to put on record.
    sink: { write: () => Promise.resolve() },
  });
  return { guard, document, takesTokens: tokens !== undefined };
}

function createVerifier(
  tokens: NonNullable<EvaluatorOptions["tokens"]>,
  clock: Clock,
): TaskTokenVerifier {
  const backend = createNodeSignatureBackend();
  return createTaskTokenVerifier({ ...tokens, backend, replay: createRunReplayStore(), clock });
}

/** Whether some rule redacts; without one no text is ever scanned. */
function hasRedaction({ rules }: PolicyDocument): boolean {
  return rules.some(({ obligations = [] }) => obligations.some(({ type }) => type === "redact"));
}

/** Both times stand still, for dates and for limits; only what bounds a decision's time runs. */
function createStillClock(now: number): Clock {
  return {
    now: () => now,
    monotonic: () => 0,
    schedule(delayMs, callback) {
      const timer = setTimeout(callback, delayMs).unref();
      return () => clearTimeout(timer);
    },
  };
}
