import type { ServerResponse } from "node:http";
import type { JsonRpcMessage, MessageExtra, RequestId, SendOptions } from "@portcullis/mcp";
import { isJsonObject } from "../is-json-object.ts";
import { BaseTransport } from "./base-transport.ts";

/** A request that a client waits for, by the id under which the proxy knows it. */
interface Waiting {
  /** The client's own id. */
  readonly id: RequestId;
  readonly response: ServerResponse;
}

/**
 * The client's side of one HTTP session: each request has a stream of its own for its answer and
 * what belongs to it, and one more stream may be open for the rest.
 *
 * Ids are made anew, because clients without a session share one of these.
 */
export class HttpSession extends BaseTransport {
  readonly sessionId: string | undefined;
  readonly #waiting = new Map<RequestId, Waiting>();
  #listener: ServerResponse | undefined;
  #count = 0;
  /** Milliseconds since the epoch when it was used last. */
  usedAt: number = Date.now();

  constructor(sessionId: string | undefined) {
    super();
    this.sessionId = sessionId;
  }

  /** Whether a client still waits for something. */
  get isBusy(): boolean {
    return this.#waiting.size > 0 || this.#listener !== undefined;
  }

  async start(): Promise<void> {
    await Promise.resolve();
  }

  /** Takes a request of the client, to be answered on this response. */
  ask(
    message: Readonly<Record<string, unknown>>,
    {
      response,
      extra,
      endsWith,
    }: {
      readonly response: ServerResponse;
      readonly extra: MessageExtra;
      /** Without a session the end of the stream is the client's way to cancel. */
      readonly endsWith: "stream" | "answer";
    },
  ): void {
    this.#count += 1;
    const inner = `h${this.#count}`;
    const id = isId(message["id"]) ? message["id"] : "";
    this.#waiting.set(inner, { id, response });
    beginEvents(response, this.sessionId);
    response.on("close", () => {
      if (!this.#waiting.delete(inner) || endsWith === "answer") return;
      this.tell({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: inner, reason: "The stream was closed." },
      });
    });
    this.receive(JSON.stringify({ ...message, id: inner }), extra);
  }

  /** Takes whatever the client does not wait for. */
  tell(message: Readonly<Record<string, unknown>>): void {
    this.receive(JSON.stringify(this.#withInnerId(message)));
  }

  /** Opens the stream for what belongs to no request; false where there is one already. */
  listen(response: ServerResponse): boolean {
    if (this.#listener !== undefined) return false;
    this.#listener = response;
    beginEvents(response, this.sessionId);
    response.on("close", () => {
      this.#listener = undefined;
    });
    return true;
  }

  async send(message: JsonRpcMessage, options: SendOptions = {}): Promise<void> {
    const { relatedRequestId } = options;
    const own = isJsonObject(message) && !("method" in message) ? message["id"] : undefined;
    if (isId(own)) {
      const waiting = this.#waiting.get(own);
      // A client that has left gets nothing any more.
      if (waiting === undefined) return;
      this.#waiting.delete(own);
      writeEvent(waiting.response, { ...message, id: waiting.id });
      waiting.response.end();
      return;
    }
    const related =
      relatedRequestId === undefined ? undefined : this.#waiting.get(relatedRequestId);
    const last = [...this.#waiting.values()].at(-1)?.response;
    const stream = related?.response ?? this.#listener ?? last;
    if (stream !== undefined) writeEvent(stream, message);
    await Promise.resolve();
  }

  async close(): Promise<void> {
    for (const { response } of this.#waiting.values()) response.end();
    this.#waiting.clear();
    this.#listener?.end();
    this.end();
    await Promise.resolve();
  }

  /** Keeps the streams from being taken for dead. */
  touch(): void {
    for (const { response } of this.#waiting.values()) response.write(": waiting\n\n");
    this.#listener?.write(": waiting\n\n");
  }

  #withInnerId(message: Readonly<Record<string, unknown>>): object {
    const { params } = message;
    if (message["method"] !== "notifications/cancelled" || !isJsonObject(params)) return message;
    const found = [...this.#waiting].find(([, { id }]) => id === params["requestId"]);
    return found === undefined
      ? message
      : { ...message, params: { ...params, requestId: found[0] } };
  }
}

function isId(id: unknown): id is RequestId {
  return typeof id === "string" || typeof id === "number";
}

function beginEvents(response: ServerResponse, sessionId: string | undefined): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }),
  });
  response.flushHeaders();
}

function writeEvent(response: ServerResponse, message: object): void {
  response.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
}
