import type { CanonicalArgs } from "@portcullis/core";
import type { Leg } from "./leg.ts";
import { toRequest } from "./message.ts";
import type { Reply } from "./message.ts";
import { toParams } from "./to-call.ts";
import type { Running, Way } from "./way.ts";

/** Thrown where the transport did not take a message; whoever sent it was told. */
export class NotHandedOn extends Error {}

/**
 * Hands one message on with the arguments that were decided on, and waits for its answer.
 *
 * @throws {NotHandedOn} when the transport does not take it; an error when the wait is given up.
 */
export async function exchange(
  { send, replies }: Way,
  { request, beside, handed, lost }: Leg,
  at: { readonly args: CanonicalArgs; readonly signal: AbortSignal; readonly state: Running },
): Promise<Reply> {
  const { args, signal, state } = at;
  const { id } = request;
  const { reply } = await replies.expect(id);
  reply.catch(ignore);
  const giveUp = (): void => replies.fail(id, new Error("The call was aborted."));
  // It may have waited for another one with its id.
  if (signal.aborted) giveUp();
  signal.throwIfAborted();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    state.isSent = true;
    await send(toRequest(request, toParams(request, args)), {
      ...beside,
      // The answer is given out only after it was inspected, so the stream ends before that.
      ...(beside.onRequestStreamEnd === undefined
        ? {}
        : { onRequestStreamEnd: () => replies.fail(id, new Error("There was no answer.")) }),
    });
  } catch (error) {
    replies.fail(id, new Error("The message was not handed on."));
    lost(error);
    throw new NotHandedOn();
  }
  handed();
  return reply;
}

function ignore(): undefined {}
