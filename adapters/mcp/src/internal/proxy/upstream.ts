import { guardConnection } from "../../guard-transport.ts";
import type { McpOptions } from "../../mcp-options.ts";
import type { JsonRpcMessage, RequestId, Transport } from "../../transport.ts";
import type { Beside } from "../connection.ts";
import { createDefinitions } from "../definitions.ts";
import { INTERNAL_ERROR, isObject, own, readMessage, toMessage, toRequest } from "../message.ts";
import type { Notice, Reply, Request } from "../message.ts";

/** One server behind a proxy, which may end and come back. */
export interface Upstream {
  readonly name: string;
  /** Ids of the requests that it has not answered yet. */
  open(): readonly RequestId[];
  /** Sends a request; the answer is an error where the server cannot be reached or ends first. */
  request(
    message: Pick<Request, "method" | "params">,
    beside: Beside,
    id?: RequestId,
  ): Promise<Reply>;
  /** Sends anything that is not answered; lost where the server is not there. */
  tell(message: Reply | Notice, beside: Beside): Promise<void>;
  close(): Promise<void>;
}

/** What an upstream is made of. */
export interface UpstreamParts extends McpOptions {
  readonly name: string;
  readonly connect: () => Transport;
  /** Takes its requests and notifications. */
  readonly onMessage: (message: Request | Notice, beside: Beside) => void;
  readonly onError: (error: Error) => void;
}

const MOST_PAGES = 100;

/**
 * Keeps one guarded connection to a server. When it ends, what is open is answered with an error;
 * the next message opens a new one, says again what the client had said at the beginning, and
 * lists the tools anew, so that a changed definition is found before it is called.
 */
export function createUpstream(parts: UpstreamParts): Upstream {
  const { name, connect, onMessage, onError } = parts;
  const definitions = createDefinitions({ isOwn: false });
  const waiting = new Map<RequestId, (reply: Reply) => void>();
  let current: Promise<Transport> | undefined;
  let hello: Pick<Request, "method" | "params"> | undefined;
  let isInitialized = false;
  let hasListed = false;
  let isClosed = false;
  let count = 0;

  const lose = (transport: Promise<Transport>): void => {
    if (current !== transport) return;
    current = undefined;
    for (const [id, answer] of waiting) answer(lost(id));
    waiting.clear();
  };
  const receive = (message: JsonRpcMessage, beside: Beside): void => {
    const read = readMessage(message);
    if (read === undefined) return;
    if (read.kind === "request" || read.kind === "notice") return onMessage(read, beside);
    const answer = waiting.get(read.id);
    waiting.delete(read.id);
    answer?.(read);
  };
  const exchange = (
    transport: Transport,
    { method, params }: Pick<Request, "method" | "params">,
    { beside, id }: { readonly beside: Beside; readonly id: RequestId },
  ): Promise<Reply> => {
    const reply = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    const sent = transport.send(toRequest({ kind: "request", id, method, params }, params), beside);
    return Promise.race([reply, sent.then(() => reply)]).catch((error: unknown) => {
      waiting.delete(id);
      onError(error instanceof Error ? error : new Error("A message could not be sent."));
      return lost(id);
    });
  };
  const nextId = (): RequestId => `portcullis-${(count += 1)}`;

  /** Says again what was said at the beginning, and sees what the server is now. */
  const greet = async (transport: Transport, meta: Request["params"]): Promise<void> => {
    if (hello !== undefined) {
      const reply = await exchange(transport, hello, { beside: {}, id: nextId() });
      if (reply.kind === "error") throw new Error("The server did not take the greeting again.");
      noteVersion(transport, reply);
      if (isInitialized) {
        const method = "notifications/initialized";
        await transport.send(toMessage({ kind: "notice", method, params: {} }));
      }
    }
    if (!hasListed) return;
    definitions.markStale();
    await list(transport, meta);
  };
  /** Asks for the definitions of all tools, so that the guard knows them. */
  const list = async (transport: Transport, meta: Request["params"]): Promise<void> => {
    let cursor: unknown;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const params = cursor === undefined ? meta : { ...meta, cursor };
      const ask = { method: "tools/list", params };
      const reply = await exchange(transport, ask, { beside: {}, id: nextId() });
      cursor = reply.kind === "result" ? own(reply.result, "nextCursor") : undefined;
      if (typeof cursor !== "string") return;
    }
  };
  const open = async (): Promise<Transport> => {
    const transport = guardConnection(connect(), { ...parts, server: name }, definitions);
    Object.assign(transport, { onmessage: receive, onerror: onError });
    await transport.start();
    return transport;
  };
  const reach = (meta: Request["params"]): Promise<Transport> => {
    if (isClosed) return Promise.reject(new Error("The proxy is closed."));
    if (current !== undefined) return current;
    const isFirst = hello === undefined && !hasListed;
    const opened: Promise<Transport> = open().then(async (transport) => {
      Object.assign(transport, { onclose: () => lose(opened) });
      if (!isFirst) await greet(transport, meta);
      return transport;
    });
    current = opened;
    opened.catch(() => lose(opened));
    return opened;
  };

  return {
    name,
    open: () => [...waiting.keys()],
    async request(message, beside, id = nextId()) {
      let transport: Transport;
      try {
        transport = await reach(metaOf(message));
      } catch {
        return lost(id);
      }
      // A client may call without having listed; the guard judges definitions all the same.
      const isFirstCall = message.method === "tools/call" && !hasListed;
      if (message.method === "tools/list" || isFirstCall) hasListed = true;
      if (isFirstCall) await list(transport, metaOf(message));
      const reply = await exchange(transport, message, { beside, id });
      if (message.method === "initialize" && reply.kind === "result") {
        hello = message;
        noteVersion(transport, reply);
      }
      return reply;
    },
    async tell(message, beside) {
      if (message.kind === "notice" && message.method === "notifications/initialized") {
        isInitialized = true;
      }
      // Whatever is not answered makes no sense to a server that has just come.
      await (await current)?.send(toMessage(message), beside);
    },
    async close() {
      isClosed = true;
      await (await current?.catch(() => undefined))?.close();
    },
  };
}

/** What every request of a client carries from protocol 2026-07-28 on. */
function metaOf({ params }: Pick<Request, "params">): Request["params"] {
  const meta = own(params, "_meta");
  if (!isObject(meta)) return {};
  const { progressToken: _, ...rest } = meta;
  return { _meta: rest };
}

function noteVersion(transport: Transport, reply: Reply): void {
  const version = reply.kind === "result" ? own(reply.result, "protocolVersion") : undefined;
  if (typeof version === "string") transport.setProtocolVersion?.(version);
}

function lost(id: RequestId): Reply {
  const text = "The server ended before it answered, or cannot be reached.";
  return { kind: "error", id, code: INTERNAL_ERROR, text, data: undefined };
}
