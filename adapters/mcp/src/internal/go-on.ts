import type { ContextInput, ToolCall } from "@portcullis/core";
import { bindingOf } from "./continuations.ts";
import { askForInput } from "./embedded.ts";
import type { Leg } from "./leg.ts";
import { own, toResult } from "./message.ts";
import type { Reply } from "./message.ts";
import type { Running, Way } from "./way.ts";

/** Longest wait for the answers that a server asks for. */
const MOST_WAIT_MS = 600_000;

/** A server's word that it needs input before it can go on (from 2026-07-28 on). */
export function asksForInput(reply: Reply): reply is Extract<Reply, { kind: "result" }> {
  return reply.kind === "result" && own(reply.result, "resultType") === "input_required";
}

/**
 * Gives the client the questions of a server, each decided, and waits for the message with its
 * answers, which goes on under the same execution.
 *
 * @throws {InputRefused} when the policy refuses a question or an answer.
 */
export async function goOn(
  way: Way,
  {
    request,
    beside,
    reply,
  }: Pick<Leg, "request" | "beside"> & { readonly reply: { readonly result: object } },
  at: {
    readonly call: ToolCall;
    readonly context: ContextInput | undefined;
    readonly state: Running;
    readonly signal: AbortSignal;
  },
): Promise<Leg> {
  const { connection, answer, continuations, running } = way;
  const { call, context, state, signal } = at;
  const { result } = reply;
  const asked = await askForInput(connection, result, { call: request, context });
  const decision = await connection.guard.check(call, context);
  let [resume, giveUp]: [(leg: Leg) => void, (error: Error) => void] = [ignore, ignore];
  const next = new Promise<Leg>((yes, no) => {
    [resume, giveUp] = [yes, no];
  });
  next.catch(ignore);
  const stop = (): void => giveUp(new Error("The call ended before it was answered."));
  signal.addEventListener("abort", stop, { once: true });
  const expiry = setTimeout(stop, MOST_WAIT_MS);
  const forget = continuations.add({
    ...bindingOf(decision, context),
    tool: call.tool,
    requestState: own(result, "requestState"),
    accepts: (responses) => asked.accepts(responses),
    resume,
  });
  try {
    // Nothing else of it: a client that takes it for a result would show what nobody inspected.
    const shown = {
      resultType: "input_required",
      ...(Object.hasOwn(result, "requestState")
        ? { requestState: own(result, "requestState") }
        : {}),
      ...(Object.hasOwn(result, "inputRequests") ? { inputRequests: asked.inputRequests } : {}),
    };
    await answer(toResult(request.id, shown), { ...beside, relatedRequestId: request.id });
    const leg = await next;
    running.set(leg.request.id, state);
    const { params } = leg.request;
    if (!Object.hasOwn(params, "inputResponses")) return leg;
    const inputResponses = await asked.answer(params["inputResponses"]);
    return { ...leg, request: { ...leg.request, params: { ...params, inputResponses } } };
  } finally {
    clearTimeout(expiry);
    forget();
    asked.drop();
  }
}

function ignore(): undefined {}
