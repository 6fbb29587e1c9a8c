import type { JsonRpcMessage, SendOptions } from "@portcullis/mcp";
import { BaseTransport } from "./base-transport.ts";
import { isJsonObject } from "../is-json-object.ts";
import { MOST_CHARACTERS } from "./message-lines.ts";
import { readServerEvents } from "./server-events.ts";

/** A server behind Streamable HTTP. */
export interface HttpServer {
  readonly url: URL;
  /** Sent with every request, such as `authorization`. */
  readonly headers: Readonly<Record<string, string>>;
}

const SESSION = "mcp-session-id";
const VERSION = "mcp-protocol-version";
const META_VERSION = "io.modelcontextprotocol/protocolVersion";

/** A client's connection to a server behind Streamable HTTP (protocols 2025-11-25 and 2026-07-28). */
export class HttpUpstream extends BaseTransport {
  readonly #server: HttpServer;
  readonly #stop = new AbortController();
  #session: string | undefined;
  #version: string | undefined;

  constructor(server: HttpServer) {
    super();
    this.#server = server;
  }

  get sessionId(): string | undefined {
    return this.#session;
  }

  setProtocolVersion(version: string): void {
    this.#version = version;
  }

  async start(): Promise<void> {
    await Promise.resolve();
  }

  async send(message: JsonRpcMessage, options: SendOptions = {}): Promise<void> {
    const said = summarize(message);
    const response = await this.#fetch("POST", {
      body: JSON.stringify(message),
      signal: options.requestSignal,
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...said.headers,
        ...argumentHeaders(options.headers),
      },
    });
    this.#session = response.headers.get(SESSION) ?? this.#session;
    if (response.status === 404 && this.#session !== undefined) {
      await response.body?.cancel();
      // The server has forgotten us; whoever sends next opens a new session.
      this.end();
      throw new Error("The server has ended the session.");
    }
    if (response.status === 202 || response.body === null) {
      await response.body?.cancel();
      if (said.method === "notifications/initialized") void this.#listen();
      return;
    }
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("text/event-stream")) {
      void this.#readEvents(response.body, said.id);
      return;
    }
    if (!type.startsWith("application/json")) {
      await response.body.cancel();
      throw new Error(`The server answered with status ${response.status}.`);
    }
    this.receive(await readText(response.body), related(said.id));
    if (said.id !== undefined) this.#give(said.id, "The server did not answer the request.");
  }

  async close(): Promise<void> {
    if (this.#session !== undefined && !this.isEnded) {
      const response = await this.#fetch("DELETE", {}).catch(() => undefined);
      await response?.body?.cancel();
    }
    this.#stop.abort();
    this.end();
  }

  #fetch(
    method: "POST" | "GET" | "DELETE",
    request: {
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Response> {
    const { body, headers = {}, signal } = request;
    const signals = [this.#stop.signal, signal].filter((one) => one !== undefined);
    return fetch(this.#server.url, {
      method,
      redirect: "error",
      signal: AbortSignal.any(signals),
      headers: {
        ...(this.#version === undefined ? {} : { [VERSION]: this.#version }),
        ...(this.#session === undefined ? {} : { [SESSION]: this.#session }),
        ...headers,
        ...this.#server.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The stream on which a server says what belongs to no request; many have none. */
  async #listen(): Promise<void> {
    try {
      const response = await this.#fetch("GET", { headers: { accept: "text/event-stream" } });
      if (response.status !== 200 || response.body === null) {
        await response.body?.cancel();
        return;
      }
      for await (const event of readServerEvents(response.body)) this.receive(event);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.fail(error);
    }
  }

  async #readEvents(
    body: ReadableStream<Uint8Array>,
    id: string | number | undefined,
  ): Promise<void> {
    try {
      for await (const event of readServerEvents(body)) this.receive(event, related(id));
    } catch (error) {
      if (!this.#stop.signal.aborted) this.fail(error);
    }
    if (id !== undefined) this.#give(id, "The server ended without an answer.");
  }

  /** Answers a request in the server's place; whoever has an answer already drops this one. */
  #give(id: string | number, text: string): void {
    const error = { code: -32_603, message: text };
    this.receive(JSON.stringify({ jsonrpc: "2.0", id, error }), related(id));
  }
}

function related(id: string | number | undefined): { readonly relatedRequestId?: string | number } {
  return id === undefined ? {} : { relatedRequestId: id };
}

/** What a server's router may read without the body (protocol 2026-07-28). */
function summarize(message: JsonRpcMessage): {
  readonly id?: string | number;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (!isJsonObject(message)) return { headers: {} };
  const { id, method, params } = message;
  if (typeof method !== "string") return { headers: {} };
  const meta = isJsonObject(params) && isJsonObject(params["_meta"]) ? params["_meta"] : {};
  const version = meta[META_VERSION];
  const subject = isJsonObject(params) ? (params["name"] ?? params["uri"]) : undefined;
  const headers = {
    ...(typeof version === "string" ? { [VERSION]: version, "mcp-method": method } : {}),
    ...(typeof version === "string" && typeof subject === "string" && /^[\x20-\x7e]*$/.test(subject)
      ? { "mcp-name": subject }
      : {}),
  };
  return { ...(isId(id) ? { id } : {}), method, headers };
}

function isId(id: unknown): id is string | number {
  return typeof id === "string" || typeof id === "number";
}

/** Headers that repeat arguments; the guard has compared them with what is sent. */
function argumentHeaders(headers: SendOptions["headers"]): Readonly<Record<string, string>> {
  const kept = Object.entries(headers ?? {}).filter(([name]) =>
    name.toLowerCase().startsWith("mcp-param-"),
  );
  return Object.fromEntries(kept);
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.length > MOST_CHARACTERS) {
      throw new RangeError("A message is longer than the proxy takes.");
    }
  }
  return text;
}
