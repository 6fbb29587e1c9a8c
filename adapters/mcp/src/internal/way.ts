import type { RequestId } from "../transport.ts";
import type { Connection } from "./connection.ts";
import type { Continuations } from "./continuations.ts";
import type { Request } from "./message.ts";
import type { Replies } from "./replies.ts";

/** One request under decision or at work. */
export interface Running {
  readonly stop: AbortController;
  /** The other side has it. */
  isSent: boolean;
  /** Whoever made it wants no answer any more. */
  isCancelled: boolean;
}

/** One direction of a guarded connection, with all that is open in it. */
export interface Way {
  readonly connection: Connection;
  /** Hands a request on. */
  readonly send: Connection["toServer"];
  /** Answers whoever made it, after everything that came before. */
  readonly answer: Connection["toServer"];
  /** From the server to its client. */
  readonly isReverse: boolean;
  readonly isModern: (request: Request) => boolean;
  readonly replies: Replies;
  readonly continuations: Continuations;
  readonly running: Map<RequestId, Running>;
}
