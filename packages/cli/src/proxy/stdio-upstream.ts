import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { JsonRpcMessage } from "@portcullis/mcp";
import { BaseTransport } from "./base-transport.ts";
import { createLineReader } from "./message-lines.ts";

/** How to start a server that speaks over its standard input and output. */
export interface StdioServer {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables beside those that every program needs. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** What a program needs of our environment; the rest, and with it our secrets, stays here. */
const INHERITED = [
  "HOME",
  "LANG",
  "LOGNAME",
  "PATH",
  "SHELL",
  "SYSTEMROOT",
  "TEMP",
  "TERM",
  "TMPDIR",
  "USER",
];
const PATIENCE_MS = 2000;

/** A server in a process of its own, which ends with the connection. */
export class StdioUpstream extends BaseTransport {
  readonly #server: StdioServer;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;

  constructor(server: StdioServer) {
    super();
    this.#server = server;
  }

  start(): Promise<void> {
    const { command, args, env, cwd } = this.#server;
    const inherited = INHERITED.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const child = spawn(command, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["pipe", "pipe", "inherit"],
      windowsHide: true,
    });
    this.#child = child;
    const read = createLineReader((line) => this.receive(line));
    child.stdout.on("data", (chunk: Buffer) => {
      try {
        read(chunk);
      } catch (error) {
        // Whatever it still says cannot be told apart any more.
        child.stdout.destroy();
        this.fail(error);
        this.end();
        void this.close();
      }
    });
    child.stdin.on("error", (error) => this.fail(error));
    child.on("exit", () => this.end());
    return new Promise((resolve, reject) => {
      child.once("spawn", () => resolve());
      child.once("error", (error) => {
        reject(error);
        this.end();
      });
    });
  }

  send(message: JsonRpcMessage): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.isEnded) {
      return Promise.reject(new Error("The server is not running."));
    }
    return new Promise((resolve, reject) => {
      child.stdin.write(`${JSON.stringify(message)}\n`, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** Asks the server to end by ending its input, then by signals to its own process. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      this.end();
      return;
    }
    const gone = new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
    });
    child.stdin.end();
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const timer = setTimeout(
        () => child.kill(signal),
        signal === "SIGTERM" ? PATIENCE_MS : 2 * PATIENCE_MS,
      );
      void gone.then(() => clearTimeout(timer));
    }
    await gone;
  }
}
