import type { Beside } from "./connection.ts";
import type { Request } from "./message.ts";

/** One message of an execution: the first, or one with the answers that the server asked for. */
export interface Leg {
  readonly request: Request;
  readonly beside: Beside;
  /** To be called once the message was handed on, or will never be. */
  readonly handed: () => void;
  /** To be called when the transport could not hand it on. */
  readonly lost: (error: unknown) => void;
}
