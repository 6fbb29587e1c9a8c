import { policyName } from "@portcullis/core";
import type { Guard } from "@portcullis/core";
import { createDefinitions } from "./internal/definitions.ts";
import type { Definitions } from "./internal/definitions.ts";
import { createGate } from "./internal/gate.ts";
import type { Gate } from "./internal/gate.ts";
import { guarded } from "./internal/registry.ts";
import type { McpServerOptions } from "./mcp-options.ts";
import type {
  JsonRpcMessage,
  MessageExtra,
  MessageHandler,
  SendOptions,
  Transport,
} from "./transport.ts";

/** Options of {@link guardTransport}. */
export interface GuardTransportOptions extends McpServerOptions {
  /** Whose transport it is: the client's, which sends calls, or the server's. Default `client`. */
  readonly side?: "client" | "server";
}

/**
 * Puts the guard into a transport, the one place that every message of a client or server passes:
 * high-level calls, raw requests, replaced handlers and earlier registrations alike.
 *
 * A tool's call runs only inside `guard.execute`, with the canonical arguments that were decided
 * on; the result is inspected before it is given out. Other requests are decided as tools
 * `mcp-method:<server>/<method>`, lists hold only what the principal may use, and on the client's
 * side what a server asks of its client is decided as well, by default with no. A refused call is
 * answered with a result that the model sees; nothing is sent.
 *
 * A transport that this guard protects already is returned as it is.
 *
 * @throws {PortcullisConfigError} `ERR_OPTIONS_INVALID` when `server` is not a server's key.
 *
 * @example
 * ```ts
 * import { Client } from "@modelcontextprotocol/sdk/client/index.js";
 * import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
 * import type { ContextInput, Guard } from "@portcullis/core";
 *
 * declare const guard: Guard;
 * declare const context: ContextInput;
 *
 * const transport = new StdioClientTransport({ command: "files-server" });
 * const client = new Client({ name: "assistant", version: "1.0.0" });
 * await client.connect(guardTransport(transport, { guard, context, server: "files" }));
 * ```
 */
export function guardTransport(transport: Transport, options: GuardTransportOptions): Transport {
  return guardConnection(
    transport,
    options,
    createDefinitions({ isOwn: options.side === "server" }),
  );
}

/** {@link guardTransport} over definitions that outlive the connection. */
export function guardConnection(
  transport: Transport,
  options: GuardTransportOptions,
  definitions: Definitions,
): Transport {
  const { guard, side = "client" } = options;
  policyName(options, "tool");
  if (guarded.has(transport, guard)) return transport;
  return guarded.add(new GuardedTransport(transport, { ...options, side, definitions }), guard);
}

interface Parts extends GuardTransportOptions {
  readonly guard: Guard;
  readonly definitions: Definitions;
}

class GuardedTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: MessageHandler | undefined;
  readonly #inner: Transport;
  readonly #gate: Gate;
  readonly #isClient: boolean;
  #version: string | undefined;

  constructor(inner: Transport, parts: Parts) {
    this.#inner = inner;
    this.#isClient = parts.side === "client";
    const out = (message: JsonRpcMessage, beside: SendOptions): Promise<void> =>
      inner.send(message, beside);
    const up = async (message: JsonRpcMessage, beside: MessageExtra): Promise<void> => {
      this.onmessage?.(message, beside);
    };
    this.#gate = createGate({
      ...parts,
      toServer: this.#isClient ? out : up,
      toClient: this.#isClient ? up : out,
      decidesReverse: this.#isClient,
      version: () => this.#version,
    });
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  get hasPerRequestStream(): boolean | undefined {
    return this.#inner.hasPerRequestStream;
  }

  async start(): Promise<void> {
    const { onmessage, onclose, onerror } = this.#inner;
    Object.assign(this.#inner, {
      onmessage: (message: JsonRpcMessage, extra?: MessageExtra) => {
        onmessage?.(message, extra);
        const taken = this.#isClient
          ? this.#gate.fromServer(message, { ...extra })
          : this.#gate.fromClient(message, { ...extra });
        taken.catch((error: unknown) => this.#tell(error));
      },
      onclose: () => {
        this.#gate.close();
        onclose?.();
        this.onclose?.();
      },
      onerror: (error: Error) => {
        onerror?.(error);
        this.onerror?.(error);
      },
    } satisfies Pick<Transport, "onmessage" | "onclose" | "onerror">);
    await this.#inner.start();
  }

  async send(message: JsonRpcMessage, options: SendOptions = {}): Promise<void> {
    const beside = { ...options };
    await (this.#isClient
      ? this.#gate.fromClient(message, beside)
      : this.#gate.fromServer(message, beside));
  }

  async close(): Promise<void> {
    this.#gate.close();
    await this.#inner.close();
  }

  setProtocolVersion(version: string): void {
    this.#version = version;
    this.#inner.setProtocolVersion?.(version);
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.#inner.setSupportedProtocolVersions?.(versions);
  }

  #tell(error: unknown): void {
    this.onerror?.(error instanceof Error ? error : new Error("A message was refused."));
  }
}
