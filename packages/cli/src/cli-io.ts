import { askTerminal } from "./ask-terminal.ts";

/** One stream that the command writes to. */
export interface CliOutput {
  /** True for a terminal. */
  readonly isTerminal: boolean;
  /** Resolves when the text was taken, so that a slow reader slows the writer; rejects on EPIPE. */
  write(text: string): Promise<void>;
}

/** Everything that a verb may touch outside the file system, injected so that tests need no process. */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Results only. */
  readonly stdout: CliOutput;
  /** Talk: banners, errors, progress. */
  readonly stderr: CliOutput;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks on the terminal, without showing what is typed; undefined where there is none. */
  readSecret?(prompt: string): Promise<string | undefined>;
  /** Asks on the terminal; undefined where there is none. */
  readLine?(prompt: string): Promise<string | undefined>;
  /**
   * Tells a verb that waits, such as `test --watch`, that it is to end; the returned function takes
   * that back. Absent = nobody ever says so.
   */
  onInterrupt?(stop: () => void): () => void;
}

/** The process's own streams, folder and environment. */
export function createProcessIo(): CliIo {
  return {
    stdin: process.stdin,
    stdout: toOutput(process.stdout),
    stderr: toOutput(process.stderr),
    cwd: process.cwd(),
    env: process.env,
    readSecret: (prompt) => askTerminal(prompt, { isSecret: true }),
    readLine: (prompt) => askTerminal(prompt, { isSecret: false }),
    onInterrupt(stop) {
      process.once("SIGINT", stop);
      return () => process.off("SIGINT", stop);
    },
  };
}

/** Whether to colour: on a terminal, unless `NO_COLOR` is set to anything or the terminal is dumb. */
export function isColoured({ stdout, env }: CliIo): boolean {
  return stdout.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** Tells whether an error says that the reader of our output has gone away. */
export function isClosedPipe(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}

function toOutput(stream: NodeJS.WriteStream): CliOutput {
  // A write's error reaches its callback; without a listener the event would end the process.
  stream.on("error", () => undefined);
  return {
    isTerminal: stream.isTTY,
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      }),
  };
}
