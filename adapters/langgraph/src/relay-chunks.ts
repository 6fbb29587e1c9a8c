import type { RunControl } from "@portcullis/core";

/** What LangChain takes for a generator: it asks any object with `next` for chunks. */
export interface ChunkSource {
  next(): IteratorResult<unknown, unknown> | Promise<IteratorResult<unknown, unknown>>;
  return?(value?: unknown): unknown;
}

/** Tells whether LangChain would read chunks from this value. */
export function isChunkSource(value: unknown): value is ChunkSource {
  return typeof value === "object" && value !== null && "next" in value
    ? typeof value.next === "function"
    : false;
}

/** A stream that is made only if a tool turns out to yield chunks. */
export interface LateStream {
  /** Resolves to the readable side once the stream was opened. */
  readonly opened: Promise<ReadableStream<unknown>>;
  /** Makes the stream; gives its writable side. */
  open(): WritableStream<unknown>;
}

/** Creates a stream that is not there yet. */
export function createLateStream(): LateStream {
  let announce: ((readable: ReadableStream<unknown>) => void) | undefined;
  const opened = new Promise<ReadableStream<unknown>>((resolve) => {
    announce = resolve;
  });
  return {
    opened,
    open() {
      const { readable, writable } = new TransformStream<unknown, unknown>();
      announce?.(readable);
      return writable;
    },
  };
}

/**
 * Reads a tool's chunks to the end, has each inspected, and passes on what may be released, never
 * faster than it is read. Resolves to the tool's return value.
 */
export async function drainChunks(
  source: ChunkSource,
  control: Pick<RunControl, "push" | "end">,
  writable: WritableStream<unknown>,
): Promise<unknown> {
  const writer = writable.getWriter();
  const release = async (chunks: readonly unknown[]): Promise<void> => {
    for (const chunk of chunks) await writer.write(chunk);
  };
  try {
    for (;;) {
      const step = await source.next();
      if (step.done === true) {
        await release(await control.end());
        return step.value;
      }
      await release(await control.push(step.value));
    }
  } finally {
    await source.return?.(undefined);
    // Rejects when the reader has gone, which then is no news.
    await writer.close().catch(() => undefined);
  }
}

/** Gives out released chunks, then the result; a reader that leaves early stops the tool. */
export async function* relayChunks<R>(
  readable: ReadableStream<unknown>,
  result: () => Promise<R>,
  stop: () => void,
): AsyncGenerator<unknown, R> {
  const reader = readable.getReader();
  let complete = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    complete = true;
    return await result();
  } finally {
    if (!complete) {
      stop();
      await reader.cancel().catch(() => undefined);
      await result().catch(() => undefined);
    }
  }
}
