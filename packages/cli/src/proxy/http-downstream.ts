import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GuardProxy } from "@portcullis/mcp";
import { isJsonObject } from "../is-json-object.ts";
import { HttpSession } from "./http-session.ts";

/** A proxy that listens. */
export interface ListeningProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Where and how to listen. */
export interface ListenOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly onError: (error: Error) => void;
}

const PATH = "/mcp";
const HOST = "127.0.0.1";
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_SESSIONS = 1000;
const IDLE_MS = 30 * 60_000;
const KEEP_ALIVE_MS = 15_000;
const LOCAL = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;
const LOCAL_ORIGIN = /^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/;
const META_VERSION = "io.modelcontextprotocol/protocolVersion";

interface Serving {
  readonly proxy: GuardProxy;
  readonly sessions: Map<string, HttpSession>;
  /** Of all clients that have no session (protocol 2026-07-28). */
  stateless: Promise<HttpSession> | undefined;
}

/**
 * Serves a proxy by Streamable HTTP on this machine alone. Requests that a web page could have
 * made (a foreign `Host` or `Origin`) are refused.
 */
export async function listenForClients(
  proxy: GuardProxy,
  { port, onError }: ListenOptions,
): Promise<ListeningProxy> {
  const serving: Serving = { proxy, sessions: new Map(), stateless: undefined };
  const server = createServer((request, response) => {
    handle(serving, request, response).catch((error: unknown) => {
      onError(error instanceof Error ? error : new Error("A request failed."));
      if (!response.headersSent) refuse(response, 500, "The proxy could not take the request.");
      else response.end();
    });
  });
  const care = setInterval(() => tend(serving), KEEP_ALIVE_MS);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${bound}${PATH}`,
    async close() {
      clearInterval(care);
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function handle(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host = "", origin } = request.headers;
  if (!LOCAL.test(host)) return refuse(response, 403, "The host is not this machine.");
  if (origin !== undefined && !LOCAL_ORIGIN.test(origin)) {
    return refuse(response, 403, "The origin is not this machine.");
  }
  const path = (request.url ?? "").split("?", 1)[0];
  if (path !== PATH) return refuse(response, 404, `Only ${PATH} is served.`);
  if (request.method === "POST") return post(serving, request, response);
  const session = sessionOf(serving, request);
  if (session === undefined) {
    const isUnknown = request.headers["mcp-session-id"] !== undefined;
    return refuse(response, isUnknown ? 404 : 405, "There is no such session.");
  }
  if (request.method === "DELETE") {
    await session.close();
    response.writeHead(200).end();
    return;
  }
  if (request.method !== "GET") return refuse(response, 405, "The method is not served.");
  if (!accepts(request, "text/event-stream")) {
    return refuse(response, 406, "The client must accept text/event-stream.");
  }
  if (!session.listen(response)) refuse(response, 409, "There is a stream already.");
}

async function post(
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    return refuse(response, 415, "The content must be application/json.");
  }
  if (!accepts(request, "application/json") || !accepts(request, "text/event-stream")) {
    const message = "The client must accept application/json and text/event-stream.";
    return refuse(response, 406, message);
  }
  const text = await readBody(request);
  if (text === undefined) return refuse(response, 413, "The message is too large.");
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return refuse(response, 400, "The message is no JSON.", -32_700);
  }
  if (!isJsonObject(message)) return refuse(response, 400, "One message at a time.", -32_600);
  const session = await sessionFor(serving, request, message);
  if (session === "unknown") return refuse(response, 404, "There is no such session.");
  if (session === "full") return refuse(response, 503, "There are too many sessions.");
  if (session === undefined) return refuse(response, 400, "Begin with initialize.");
  session.usedAt = Date.now();
  if (typeof message["method"] === "string" && message["id"] !== undefined) {
    const endsWith = session.sessionId === undefined ? "stream" : "answer";
    session.ask(message, { response, extra: extraOf(request), endsWith });
    return;
  }
  session.tell(message);
  response.writeHead(202).end();
}

/** The session of a message; a new one for a client that begins. */
async function sessionFor(
  serving: Serving,
  request: IncomingMessage,
  message: Readonly<Record<string, unknown>>,
): Promise<HttpSession | "unknown" | "full" | undefined> {
  const { proxy, sessions } = serving;
  if (request.headers["mcp-session-id"] !== undefined) {
    return sessionOf(serving, request) ?? "unknown";
  }
  if (message["method"] === "initialize") {
    if (sessions.size >= MOST_SESSIONS) return "full";
    const id = randomUUID();
    const session = new HttpSession(id);
    sessions.set(id, session);
    await proxy.connect(session);
    onEnd(session, () => sessions.delete(id));
    return session;
  }
  if (!isStateless(message)) return undefined;
  serving.stateless ??= connectStateless(serving);
  return serving.stateless;
}

async function connectStateless(serving: Serving): Promise<HttpSession> {
  const session = new HttpSession(undefined);
  await serving.proxy.connect(session);
  onEnd(session, () => {
    serving.stateless = undefined;
  });
  return session;
}

function onEnd(session: HttpSession, ended: () => void): void {
  const { onclose } = session;
  Object.assign(session, {
    onclose: () => {
      ended();
      onclose?.();
    },
  });
}

function isStateless({ params }: Readonly<Record<string, unknown>>): boolean {
  const meta = isJsonObject(params) ? params["_meta"] : undefined;
  const version = isJsonObject(meta) ? meta[META_VERSION] : undefined;
  return typeof version === "string" && version >= "2026";
}

function sessionOf({ sessions }: Serving, { headers }: IncomingMessage): HttpSession | undefined {
  const id = headers["mcp-session-id"];
  return typeof id === "string" ? sessions.get(id) : undefined;
}

/** Headers that repeat arguments go with the message; the guard compares them. */
function extraOf({ headers }: IncomingMessage): { readonly headers?: Record<string, string> } {
  const named = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      entry[0].startsWith("mcp-param-") && typeof entry[1] === "string",
  );
  return named.length === 0 ? {} : { headers: Object.fromEntries(named) };
}

function accepts({ headers }: IncomingMessage, type: string): boolean {
  const accepted = headers.accept ?? "";
  return accepted.includes(type) || accepted.includes("*/*");
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // The rest is read and dropped, so that the client gets the answer.
    if (length <= MOST_BYTES) chunks.push(bytes);
  }
  return length > MOST_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

/** Keeps streams alive, and ends sessions that nobody uses. */
function tend({ sessions }: Serving): void {
  const oldest = Date.now() - IDLE_MS;
  for (const session of sessions.values()) {
    if (!session.isBusy && session.usedAt < oldest) void session.close();
    else session.touch();
  }
}

function refuse(response: ServerResponse, status: number, message: string, code = -32_000): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } }));
}
