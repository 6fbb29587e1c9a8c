import { canonicalize, createDenial } from "@portcullis/core";
import type { CanonicalArgs, ContextInput, Denial, Outcome, ToolCall } from "@portcullis/core";
import type { JsonRpcMessage } from "../transport.ts";
import type { Beside } from "./connection.ts";
import { withSignal } from "./connection.ts";
import { isContinuation } from "./continuations.ts";
import { InputRefused } from "./embedded.ts";
import { exchange, NotHandedOn } from "./exchange.ts";
import { asksForInput, goOn } from "./go-on.ts";
import type { Leg } from "./leg.ts";
import {
  INTERNAL_ERROR,
  textResult,
  toCancelled,
  toError,
  toRefusal,
  toResult,
} from "./message.ts";
import type { Reply } from "./message.ts";
import { findContext, toCall } from "./to-call.ts";
import type { Running, Way } from "./way.ts";

const MOST_ROUNDS = 8;
const ABORTED = -32_000;
const HEADER = "mcp-param-";

/** One execution: where it stands, and how the other side ended it. */
interface Execution {
  readonly state: Running;
  leg: Leg;
  call?: ToolCall;
  context?: ContextInput | undefined;
  reply?: Reply;
  refused?: Denial | undefined;
  isLost?: boolean;
}

/** Decides one request and, when it is permitted, has it done and its result inspected. */
export async function conduct(way: Way, first: Leg): Promise<void> {
  const { connection, running } = way;
  const { request, beside } = first;
  const state: Running = { stop: new AbortController(), isSent: false, isCancelled: false };
  const execution: Execution = { state, leg: first };
  running.set(request.id, state);
  try {
    const call = toCall(connection, request);
    const found = await findContext(connection, request, { call, beside });
    execution.context = withSignal(found, state.stop.signal);
    execution.call = await withVeto(way, execution, call);
    const outcome = await connection.guard.execute(
      execution.call,
      execution.context,
      (args, { signal }) => perform(way, execution, { args, signal }),
    );
    if (execution.isLost !== true) await say(way, execution, toAnswer(way, execution, outcome));
  } catch {
    // Whoever cancelled the request waits for nothing.
    if (!state.isCancelled) await say(way, execution, await toFailure(way, execution));
  } finally {
    execution.leg.handed();
    for (const id of [request.id, execution.leg.request.id]) {
      if (running.get(id) === state) running.delete(id);
    }
  }
}

function say({ answer }: Way, { leg }: Execution, message: JsonRpcMessage): Promise<void> {
  return answer(message, { ...leg.beside, relatedRequestId: leg.request.id });
}

/** What already stands against the call, before any rule is asked. */
async function withVeto(
  { connection, isReverse }: Way,
  { leg, context }: Execution,
  call: ToolCall,
): Promise<ToolCall> {
  if (!isReverse && isContinuation(leg.request)) return { ...call, veto: "continuation-invalid" };
  if (!hasArgumentHeaders(leg.beside)) return call;
  const decision = await connection.guard.check(call, context);
  if (decision.outcome !== "permit" || isSame(decision.args, call.args)) return call;
  return { ...call, veto: "header-mismatch" };
}

function hasArgumentHeaders({ headers }: Beside): boolean {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase().startsWith(HEADER));
}

function isSame(args: CanonicalArgs, given: unknown): boolean {
  return canonicalize(args).text === canonicalize(given).text;
}

/** The part that runs inside the guard: hands on, answers questions, and gives the raw result. */
async function perform(
  way: Way,
  execution: Execution,
  at: { readonly args: CanonicalArgs; readonly signal: AbortSignal },
): Promise<object> {
  const { state, call, context } = execution;
  if (hasArgumentHeaders(execution.leg.beside) && !isSame(at.args, call?.args)) {
    throw new Error("The request's headers differ from the arguments that would be sent.");
  }
  try {
    let reply = await exchange(way, execution.leg, { ...at, state });
    const mayAsk = (): boolean => !way.isReverse && way.isModern(execution.leg.request);
    for (let round = 0; asksForInput(reply) && mayAsk(); round += 1) {
      if (round === MOST_ROUNDS || call === undefined)
        throw new Error("The server asked for input too often.");
      const { request, beside } = execution.leg;
      const { signal } = at;
      const asking = { request, beside, reply };
      execution.leg = await goOn(way, asking, { call, context, state, signal });
      reply = await exchange(way, execution.leg, { ...at, state });
    }
    execution.reply = reply;
    if (reply.kind === "error") throw new Error(reply.text);
    // What a person or a model answered goes to a stranger.
    return way.isReverse ? await way.connection.guard.redact(reply.result, context) : reply.result;
  } catch (error) {
    execution.isLost = error instanceof NotHandedOn;
    if (error instanceof InputRefused) execution.refused = error.denial;
    throw error;
  }
}

function toAnswer(
  { isModern }: Way,
  { leg: { request }, reply, refused }: Execution,
  outcome: Outcome<object>,
): JsonRpcMessage {
  const { id, method } = request;
  const era = { isModern: isModern(request) };
  if (outcome.kind === "completed") return toResult(id, outcome.value);
  if (outcome.kind === "denied") return toRefusal(request, outcome.denial, era);
  if (outcome.kind === "approval-required") return toRefusal(request, outcome.denial, era);
  const { message } = outcome.error;
  if (refused !== undefined) return toRefusal(request, refused, era);
  if (reply?.kind === "error") return toError(id, reply.code, message);
  // A result that was withheld is for the model to see; it can ask for less.
  const isWithheld = reply !== undefined && method === "tools/call";
  return isWithheld ? toResult(id, textResult(message, era)) : toError(id, INTERNAL_ERROR, message);
}

/** What to say where the guard gave no outcome: the host aborted, or the guard itself is broken. */
async function toFailure(way: Way, execution: Execution): Promise<JsonRpcMessage> {
  const { leg, state, context } = execution;
  const { request } = leg;
  if (context?.signal?.aborted !== true) {
    const denial = createDenial("evaluation-failed", { decisionId: "d_unrecorded" });
    return toRefusal(request, denial, { isModern: way.isModern(request) });
  }
  if (state.isSent) await way.send(toCancelled(request.id), {}).catch(() => undefined);
  return toError(request.id, ABORTED, "The call was aborted.");
}
