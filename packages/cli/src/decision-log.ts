import { appendFile, close, fdatasync, fstat, open, read } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import type { DecisionSink } from "@portcullis/core";
import { createJsonLinesSink, PortcullisConfigError } from "@portcullis/core";

/** Where and how {@link createDecisionLog} writes. */
export interface DecisionLogOptions {
  /** File to append to. It and its folder are made where they are missing, for the owner alone. */
  readonly path: string;
  /**
   * Waits for the disk before a record counts as written, so that it survives a power cut. Default
   * false: it survives the end of the process.
   */
  readonly fsync?: boolean;
}

/** A decision log in a file. */
export interface DecisionLog extends DecisionSink {
  /** Waits for the records handed in before and closes the file; later ones are refused. */
  close(): Promise<void>;
}

/**
 * Appends decision records to a file of JSON Lines, in the order they were handed in.
 *
 * The file is opened with the first record. Where an earlier process was cut off in the middle of
 * a line, the first record starts a new one. After a write that failed every later record is
 * refused, and so every call that needs one.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when there is no path.
 *
 * @example
 * ```ts
 * const sink = createDecisionLog({ path: ".portcullis/decisions.jsonl", fsync: true });
 * const guard = await createPortcullis({ policy: "./policy.yaml", sinks: { file: sink } });
 * ```
 */
export function createDecisionLog({ path, fsync = false }: DecisionLogOptions): DecisionLog {
  if (typeof path !== "string" || path === "") {
    throw new PortcullisConfigError("log", "The decision log needs the path of a file.");
  }
  const file = resolve(path);
  // A number, since a FileHandle that nobody closes is an error once it is collected.
  let descriptor: number | undefined;
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();
  const sink = createJsonLinesSink({
    async write(line) {
      descriptor ??= await openLog(file);
      await promisify(appendFile)(descriptor, line, "utf8");
      if (fsync) await promisify(fdatasync)(descriptor);
    },
  });
  return {
    write(record) {
      if (isClosed) return Promise.reject(new TypeError("The decision log is closed."));
      const written = sink.write(record);
      last = written.catch(() => undefined);
      return written;
    },
    async close() {
      isClosed = true;
      await last;
      if (descriptor !== undefined) await promisify(close)(descriptor);
      descriptor = undefined;
    },
  };
}

async function openLog(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const descriptor = await promisify(open)(path, "a+", 0o600);
  try {
    if (await endsInsideLine(descriptor)) await promisify(appendFile)(descriptor, "\n");
    return descriptor;
  } catch (error) {
    await promisify(close)(descriptor);
    throw error;
  }
}

async function endsInsideLine(descriptor: number): Promise<boolean> {
  const { size } = await promisify(fstat)(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  await promisify(read)(descriptor, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}
