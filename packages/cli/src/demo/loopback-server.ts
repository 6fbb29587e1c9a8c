import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";

/** A server that only this machine can reach. */
export interface LoopbackServer {
  /** Such as `http://127.0.0.1:40123/`, with the slash. */
  readonly origin: string;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** A request whose body was read, at most 1 MiB of it. */
export interface LoopbackRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly body: string;
}

/** What a handler answers. */
export interface LoopbackAnswer {
  readonly status: number;
  readonly json: unknown;
}

const MAX_BODY = 1_048_576;

/** Listens on a free port of 127.0.0.1. A handler that throws is answered with status 500. */
export async function openLoopbackServer(
  handle: (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>,
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    void answer(request, response, handle);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    origin: `http://127.0.0.1:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>,
): Promise<void> {
  let result: LoopbackAnswer;
  try {
    const body = await readBody(request);
    result = await handle({ method: request.method ?? "", target: request.url ?? "", body });
  } catch {
    result = { status: 500, json: { error: "internal" } };
  }
  response.writeHead(result.status, { "content-type": "application/json" });
  response.end(JSON.stringify(result.json));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length <= MAX_BODY) chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
