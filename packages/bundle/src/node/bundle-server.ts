import { createHash } from "node:crypto";
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { ENVELOPE_BYTES } from "../envelope.ts";
import { NAME } from "../internal/read-members.ts";
import { readFileCapped } from "./read-file-capped.ts";

/** Options of {@link startBundleServer}. */
export interface BundleServerOptions {
  /** Folder that the layout begins below. */
  readonly folder: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. Put a server with TLS in front of it before anything else is given. */
  readonly host?: string;
  /** Told of every status report; the body is JSON of at most 64 KiB and not believed. */
  readonly onStatus?: (name: string, body: string) => void;
}

/** A running server. */
export interface BundleServer {
  readonly port: number;
  /** Address to give to clients as base. */
  readonly base: string;
  stop(): Promise<void>;
}

const PATH = /^\/([a-z0-9-]+)\/(root|head|bundle)\/([a-z0-9-]+)\.json$/;
const STATUS = /^\/([a-z0-9-]+)\/status$/;
const MAX_WAIT_SECONDS = 60;
const MAX_STATUS_BYTES = 64 * 1024;
const POLL_MS = 1000;
const CACHE = {
  root: "no-store",
  head: "no-cache",
  bundle: "public, max-age=31536000, immutable",
} as const;

/**
 * Hands out a folder in the layout, with what clients profit from: tags, and waiting for the next
 * head (RFC 7240 §4.3). It holds no key and nothing that it says is believed; any static server will
 * do as well.
 *
 * @example
 * ```ts
 * import { startBundleServer } from "@portcullis/bundle/node";
 *
 * const server = await startBundleServer({ folder: "/srv/policy", port: 8181 });
 * ```
 */
export async function startBundleServer(options: BundleServerOptions): Promise<BundleServer> {
  const { folder, port = 0, host = "127.0.0.1", onStatus } = options;
  const ended = new AbortController();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // A client that sends its request byte by byte holds nothing up for long.
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (request.method === "POST") {
      await takeStatus(request, response, path);
      return;
    }
    const found = PATH.exec(path);
    if ((request.method !== "GET" && request.method !== "HEAD") || found === null) {
      end(response, found === null ? 404 : 405);
      return;
    }
    const [, name = "", kind = "", id = ""] = found;
    if (!NAME.test(name) || (kind !== "root" && kind !== "head" && kind !== "bundle")) {
      end(response, 404);
      return;
    }
    const file = join(folder, name, kind, `${id}.json`);
    const read = (): Promise<Uint8Array | undefined> =>
      readFileCapped(file, ENVELOPE_BYTES[kind]).catch(() => undefined);
    let bytes = await read();
    const tag = request.headers["if-none-match"];
    const waitSeconds = kind === "head" ? readWait(request.headers["prefer"]) : 0;
    if (waitSeconds > 0 && bytes !== undefined && tagOf(bytes) === tag) {
      bytes = await waitForOther({ file, tag, waitSeconds, read, request, ended: ended.signal });
      response.setHeader("preference-applied", `wait=${waitSeconds}`);
    }
    if (bytes === undefined) {
      response.setHeader("cache-control", "no-store");
      end(response, 404);
      return;
    }
    response.setHeader("cache-control", CACHE[kind]);
    response.setHeader("etag", tagOf(bytes));
    response.setHeader("x-content-type-options", "nosniff");
    if (tag === tagOf(bytes)) {
      end(response, 304);
      return;
    }
    response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length });
    response.end(request.method === "HEAD" ? undefined : bytes);
  }

  async function takeStatus(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const [, name = ""] = STATUS.exec(path) ?? [];
    if (!NAME.test(name)) {
      end(response, 404);
      return;
    }
    let body = "";
    request.setEncoding("utf8");
    for await (const chunk of request) {
      body += String(chunk);
      if (body.length > MAX_STATUS_BYTES) {
        end(response, 413);
        request.destroy();
        return;
      }
    }
    onStatus?.(name, body);
    end(response, 204);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    port: bound,
    base: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    async stop() {
      ended.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}

function tagOf(bytes: Uint8Array): string {
  return `"${createHash("sha256").update(bytes).digest("base64url")}"`;
}

function readWait(prefer: string | string[] | undefined): number {
  const found = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(String(prefer ?? ""));
  return Math.min(Number(found?.[1] ?? 0), MAX_WAIT_SECONDS);
}

/** The head once it is another one, or the same at the end of the wait. */
async function waitForOther({
  file,
  tag,
  waitSeconds,
  read,
  request,
  ended,
}: {
  readonly file: string;
  readonly tag: string | undefined;
  readonly waitSeconds: number;
  readonly read: () => Promise<Uint8Array | undefined>;
  readonly request: IncomingMessage;
  readonly ended: AbortSignal;
}): Promise<Uint8Array | undefined> {
  const until = Date.now() + waitSeconds * 1000;
  let wake: (() => void) | undefined;
  const watcher = watchQuietly(join(file, ".."), () => wake?.());
  const isGone = (): boolean => ended.aborted || request.socket.destroyed;
  try {
    for (;;) {
      const bytes = await read();
      const isOther = bytes !== undefined && tagOf(bytes) !== tag;
      if (isOther || isGone() || Date.now() >= until) return bytes;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(POLL_MS, until - Date.now()));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        ended.addEventListener("abort", wake, { once: true });
      });
    }
  } finally {
    watcher?.close();
  }
}

function watchQuietly(folder: string, wake: () => void): FSWatcher | undefined {
  try {
    return watch(folder, wake).on("error", wake);
  } catch {
    return undefined;
  }
}
