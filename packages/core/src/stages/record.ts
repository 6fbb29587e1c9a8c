import type { CallState } from "../internal/call-state.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { toAuditArgs } from "../internal/audit-args.ts";
import type { DecisionRecord } from "../ports/decision-sink.ts";

/** What is known at the end of a call, or before its run. */
export interface RecordInput {
  readonly phase: DecisionRecord["phase"];
  readonly action: DecisionRecord["action"];
  readonly code?: string;
  readonly result?: NonNullable<DecisionRecord["result"]>;
  readonly approvalId?: string;
  readonly runMs?: number;
}

/**
 * Stage 9: writes the outcome. A failure cannot undo the run; the sink has to refuse the next
 * intent itself.
 */
export async function record(
  runtime: GuardRuntime,
  state: CallState,
  input: RecordInput,
): Promise<void> {
  try {
    await runtime.sink.write(await toRecord(runtime, state, input));
  } catch {
    // Denied already, or run already: there is nothing left to refuse.
  }
}

/** One line of the decision log from what is known of a call; never holds a result or prompt. */
export async function toRecord(
  runtime: GuardRuntime,
  state: CallState,
  input: RecordInput,
): Promise<DecisionRecord> {
  const { caller, policy, entry, call } = state;
  const validated = state.decided?.validated ?? state.validated;
  const evaluation = state.decided?.evaluation;
  const audit = policy?.document.audit.level;
  return {
    schema: "portcullis.decision.v1",
    phase: input.phase,
    at: new Date(runtime.clock.now()).toISOString(),
    decisionId: state.decisionId,
    callId: call.callId,
    ...optional("parentCallId", call.parentCallId),
    tool: call.tool,
    ...optional("toolClass", entry?.class),
    ...optional("agent", caller?.principal.agent.id),
    ...optional("user", caller?.principal.user?.id),
    ...optional(
      "chain",
      caller?.principal.chain.map(({ id }) => id),
    ),
    ...optional("session", caller?.sessionKey),
    ...optional(
      "argsHmac",
      validated && (await runtime.digest.hmacSha256(runtime.deploymentKey, validated.argsDigest)),
    ),
    ...optional(
      "args",
      validated && audit !== undefined && audit !== "basic"
        ? toAuditArgs(runtime.options.scanner, validated.args)
        : undefined,
    ),
    mode: policy?.document.mode ?? "enforce",
    verdict: state.verdict ?? input.action,
    action: input.action,
    ...optional("code", input.code),
    rules: evaluation?.rules ?? [],
    risk: evaluation?.risk ?? { score: 0, factors: [] },
    ...optional("policy", policy?.ref),
    ...optional("approvalId", input.approvalId),
    ...optional("result", input.result),
    ...optional("decisionMs", state.decisionMs),
    ...optional("runMs", input.runMs),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [name in K]?: V } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key widens to string
  return (value === undefined ? {} : { [key]: value }) as { readonly [name in K]?: V };
}
