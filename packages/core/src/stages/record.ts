import type { CallState } from "../internal/call-state.ts";
import type { GuardRuntime } from "../internal/guard-runtime.ts";
import { toAuditArgs } from "../internal/audit-args.ts";
import type { DecisionRecord, RecordedFinding } from "../ports/decision-sink.ts";
import type { RefusedCaller } from "../ports/credential-verifier.ts";
import type { Authenticated } from "./authenticate.ts";

/** What is known at the end of a call, or before its run. */
export interface RecordInput {
  readonly phase: DecisionRecord["phase"];
  readonly action: DecisionRecord["action"];
  readonly code?: string;
  /** Id of the rule or limit that refused. */
  readonly rule?: string;
  readonly result?: NonNullable<DecisionRecord["result"]>;
  readonly approvalId?: string;
  readonly runMs?: number;
  /** What was found in the result. */
  readonly findings?: readonly RecordedFinding[];
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
  const evaluation = state.decided?.evaluation;
  const line: Writable<DecisionRecord> = {
    schema: "portcullis.decision.v1",
    phase: input.phase,
    at: new Date(runtime.clock.now()).toISOString(),
    decisionId: state.decisionId,
    callId: call.callId.slice(0, MAX_NAME),
    tool: call.tool.slice(0, MAX_NAME),
    mode: policy?.document.mode ?? "enforce",
    verdict: state.verdict ?? input.action,
    action: input.action,
    rules: evaluation?.rules ?? [],
    risk: evaluation?.risk ?? { score: 0, factors: [] },
  };
  if (call.parentCallId !== undefined) line.parentCallId = call.parentCallId.slice(0, MAX_NAME);
  if (entry !== undefined) line.toolClass = entry.class;
  if (policy !== undefined) line.policy = policy.ref;
  if (caller !== undefined) addCaller(line, caller);
  else if (state.refused !== undefined) addRefused(line, state.refused);
  const validated = state.decided?.validated ?? state.validated;
  if (validated !== undefined) {
    line.argsHmac = await sealDigest(runtime, state, validated.argsDigest);
    if (policy !== undefined && policy.document.audit.level !== "basic") {
      line.args = toAuditArgs(runtime.options.scanner, validated.args);
    }
  }
  if (input.code !== undefined) line.code = input.code;
  if (input.rule !== undefined) line.rule = input.rule;
  if (input.approvalId !== undefined) line.approvalId = input.approvalId;
  if (input.result !== undefined) line.result = input.result;
  if (state.decisionMs !== undefined) line.decisionMs = state.decisionMs;
  if (input.runMs !== undefined) line.runMs = input.runMs;
  if (input.findings !== undefined && input.findings.length > 0) line.findings = input.findings;
  return line;
}

/** Longest id or name in a record: both may be whatever a model wrote. */
const MAX_NAME = 256;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function addCaller(
  line: Writable<DecisionRecord>,
  { principal, sessionKey, token }: Authenticated,
): void {
  line.agent = principal.agent.id;
  if (principal.user !== undefined) line.user = principal.user.id;
  line.chain = principal.chain.map(({ id }) => id);
  line.session = sessionKey;
  if (token?.delegation !== undefined) line.delegation = token.delegation;
  if (token?.purpose !== undefined) line.purpose = token.purpose;
}

/** Who was refused, in no session: that is only opened for whom it is not. */
function addRefused(
  line: Writable<DecisionRecord>,
  { user, delegation, purpose }: RefusedCaller,
): void {
  const chain = delegation.map(({ actor }) => actor);
  if (chain[0] !== undefined) line.agent = chain[0];
  line.user = user;
  line.chain = chain;
  line.delegation = delegation;
  if (purpose !== undefined) line.purpose = purpose;
}

/** The HMAC of the arguments' digest, computed once for both records of a call. */
async function sealDigest(
  runtime: GuardRuntime,
  state: CallState,
  digest: string,
): Promise<string> {
  if (state.argsSeal?.digest === digest) return state.argsSeal.hmac;
  const hmac = await runtime.digest.hmacSha256(runtime.deploymentKey, digest);
  state.argsSeal = { digest, hmac };
  return hmac;
}
