import { execFile } from "node:child_process";

/** A program and its arguments, as a model asks for them. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where and how a program runs. */
export interface RunProgramOptions {
  /** Working folder. */
  readonly folder: string;
  /**
   * Runs nothing but `node`, without options but `-e`, and inside `folder` alone: for a real model,
   * which may ask for anything. Default false.
   */
  readonly confined?: boolean;
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 262_144;

/**
 * Runs a program without a shell and gives its exit code and what it printed.
 *
 * `node` is the Node.js that runs this. The program gets the search path and nothing else of the
 * environment, and is ended after half a minute.
 *
 * @throws {Error} when the program cannot be started, or may not be where it is confined.
 */
export async function runProgram(command: Command, options: RunProgramOptions): Promise<string> {
  const { folder, confined = false } = options;
  if (confined) refuseBeyondConfinement(command);
  const file = command.program === "node" ? process.execPath : command.program;
  const args = confined
    ? ["--permission", `--allow-fs-read=${folder}`, `--allow-fs-write=${folder}`, ...command.args]
    : [...command.args];
  return new Promise((resolve, reject) => {
    execFile(
      file,
      args,
      {
        cwd: folder,
        env: pick(["PATH", "SystemRoot"]),
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve(`exit ${code}\n${stdout}${stderr}`);
        else reject(new Error(`The program ${command.program} did not run to its end.`));
      },
    );
  });
}

function refuseBeyondConfinement({ program, args }: Command): void {
  if (program !== "node") throw new Error("Only the program node is installed here.");
  const options = args.filter((arg) => arg.startsWith("-") && arg !== "-e" && arg !== "--eval");
  if (options.length > 0) throw new Error("Options of node are not available here.");
}

function pick(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
