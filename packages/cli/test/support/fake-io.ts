import type { CliIo, CliOutput } from "../../src/cli-io.ts";
import { run } from "../../src/run.ts";

export interface FakeOptions {
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly stdout?: CliOutput;
}

/** What a run of the command printed. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command without a process. */
export async function runCli(argv: readonly string[], options: FakeOptions = {}): Promise<Printed> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const io: CliIo = {
    stdin: toStream(options.stdin ?? ""),
    stdout: options.stdout ?? toOutput(stdout, options.isTerminal ?? false),
    stderr: toOutput(stderr, options.isTerminal ?? false),
    cwd: options.cwd ?? process.cwd(),
    env: options.env ?? {},
  };
  const code = await run(argv, io);
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** The values of JSON Lines. */
export function linesOf(text: string): readonly Record<string, unknown>[] {
  if (text === "") return [];
  if (!text.endsWith("\n")) throw new Error("The last line has no end.");
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export async function* toStream(
  input: string | Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (typeof input === "string") yield Buffer.from(input);
  else if (input instanceof Uint8Array) yield input;
  else yield* input;
}

function toOutput(texts: string[], isTerminal: boolean): CliOutput {
  return {
    isTerminal,
    async write(text) {
      await Promise.resolve();
      texts.push(text);
    },
  };
}
