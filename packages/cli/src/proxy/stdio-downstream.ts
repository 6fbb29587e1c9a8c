import type { JsonRpcMessage } from "@portcullis/mcp";
import type { CliIo } from "../cli-io.ts";
import { BaseTransport } from "./base-transport.ts";
import { createLineReader } from "./message-lines.ts";

/** The client that started us, over our own standard input and output. */
export class StdioDownstream extends BaseTransport {
  readonly #io: Pick<CliIo, "stdin" | "stdout">;
  /** Resolves when the client has ended its side. */
  readonly ended: Promise<void>;
  #tellEnd: () => void = () => undefined;

  constructor(io: Pick<CliIo, "stdin" | "stdout">) {
    super();
    this.#io = io;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  async start(): Promise<void> {
    void this.#read().catch((error: unknown) => {
      this.fail(error);
      this.end();
      this.#tellEnd();
    });
    await Promise.resolve();
  }

  async send(message: JsonRpcMessage): Promise<void> {
    await this.#io.stdout.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    this.end();
    this.#tellEnd();
    await Promise.resolve();
  }

  async #read(): Promise<void> {
    const read = createLineReader((line) => this.receive(line));
    for await (const chunk of this.#io.stdin) {
      if (this.isEnded) break;
      read(chunk);
    }
    this.#tellEnd();
  }
}
