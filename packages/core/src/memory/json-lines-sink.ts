import { PortcullisConfigError, PortcullisError } from "../errors.ts";
import type { DecisionSink } from "../ports/decision-sink.ts";
import type { Awaitable } from "../ports/runtime.ts";

/** Where {@link createJsonLinesSink} writes to. */
export interface JsonLinesSinkOptions {
  /** Writes one line, which ends in `\n`; resolves when it is as durable as it shall be. */
  readonly write: (line: string) => Awaitable<void>;
  /** Most lines that wait for their turn. Default 1 024. */
  readonly maxQueued?: number;
}

/**
 * Creates a `DecisionSink` that writes one JSON line for each record, in order, one at a time.
 *
 * After a write that failed the file may end in half a line, so the sink refuses every later record
 * and those that wait: no call runs unrecorded behind a gap. `write` rejects with
 * `ERR_STORE_UNAVAILABLE` then, and when too many lines wait.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option cannot work.
 *
 * @example
 * ```ts
 * import { open } from "node:fs/promises";
 *
 * const file = await open("decisions.jsonl", "a");
 * const sink = createJsonLinesSink({
 *   write: async (line) => {
 *     await file.appendFile(line);
 *     await file.datasync();
 *   },
 * });
 * ```
 */
export function createJsonLinesSink({
  write,
  maxQueued = 1024,
}: JsonLinesSinkOptions): DecisionSink {
  if (typeof write !== "function") {
    throw new PortcullisConfigError("write", "`write` must be a function.");
  }
  if (!Number.isSafeInteger(maxQueued) || maxQueued < 1) {
    throw new PortcullisConfigError("maxQueued", "`maxQueued` must be a positive whole number.");
  }
  let tail: Promise<void> = Promise.resolve();
  let queued = 0;
  let failure: PortcullisError | undefined;

  const writeLine = async (line: string): Promise<void> => {
    if (failure !== undefined) throw failure;
    try {
      await write(line);
    } catch (cause) {
      failure = unavailable("poisoned", "An earlier record could not be written.", cause);
      throw failure;
    }
  };

  return {
    async write(record) {
      if (queued >= maxQueued) throw unavailable("full", "Too many records wait to be written.");
      const line = `${JSON.stringify(record)}\n`;
      queued += 1;
      const written = tail.then(() => writeLine(line));
      tail = written.catch(() => undefined);
      try {
        await written;
      } finally {
        queued -= 1;
      }
    },
  };
}

function unavailable(reason: string, message: string, cause?: unknown): PortcullisError {
  return new PortcullisError("ERR_STORE_UNAVAILABLE", message, { cause, fields: { reason } });
}
