import type { Clock } from "@portcullis/core";
import { PortcullisConfigError } from "@portcullis/core";
import { refuseBundle } from "./bundle-refusal.ts";
import { ENVELOPE_BYTES } from "./envelope.ts";
import { readCapped } from "./internal/read-capped.ts";
import { createLayout } from "./layout.ts";
import type { BundleSource } from "./ports.ts";
import { systemClock } from "./system-clock.ts";

/** Fetches; `globalThis.fetch`, or one with client certificates. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

/** Options of {@link createHttpSource}. */
export interface HttpSourceOptions {
  /** Address that the layout begins below; https, or http on loopback. */
  readonly base: string;
  readonly name: string;
  readonly channel: string;
  /** Bearer token (RFC 6750); it keeps others from reading, nothing that is read is believed for it. */
  readonly token?: string;
  /** Default `globalThis.fetch`. */
  readonly fetch?: FetchLike;
  /** How long one request may take, in seconds. Default 10. */
  readonly timeoutSeconds?: number;
  /** How long the server is asked to wait for a new head, in seconds. Default 30. */
  readonly waitSeconds?: number;
  /** Default the system's. */
  readonly clock?: Clock;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/**
 * Creates a source that reads over HTTP from any server that hands out the layout: conditional
 * requests (RFC 9110 §13), long poll by `Prefer: wait` (RFC 7240 §4.3), no redirects, and every
 * answer cut off at its size, after decompression.
 *
 * Neither TLS nor the server is trusted for what the documents say.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the base is not https and not loopback.
 *
 * @example
 * ```ts
 * import { createHttpSource } from "@portcullis/bundle";
 *
 * const source = createHttpSource({
 *   base: "https://policy.example",
 *   name: "payments",
 *   channel: "production",
 * });
 * ```
 */
export function createHttpSource(options: HttpSourceOptions): BundleSource {
  const { name, channel, clock = systemClock, waitSeconds = 30, timeoutSeconds = 10 } = options;
  const base = readBase(options.base);
  const layout = createLayout(name, channel);
  let waiting: AbortController | undefined;

  const request = async <T>(
    path: string,
    {
      headers = {},
      signal,
      seconds = timeoutSeconds,
    }: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
      readonly seconds?: number;
    },
    read: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const own = new AbortController();
    const stop = (): void => own.abort();
    const cancel = clock.schedule(seconds * 1000, stop);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const send: FetchLike = options.fetch ?? ((url, init) => fetch(url, init));
    try {
      const response = await send(`${base}${path}`, {
        redirect: "error",
        signal: own.signal,
        headers: {
          accept: "application/json",
          // A cache on the way may hold a 404 for a root that is there by now.
          "cache-control": "no-cache",
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...headers,
        },
      });
      try {
        return await read(response);
      } finally {
        // Otherwise an answer that was not read to its end keeps its connection.
        if (!response.bodyUsed) await response.body?.cancel();
      }
    } catch (cause) {
      if (own.signal.aborted) {
        throw refuseBundle("timeout", "The server of bundles took too long.", { cause });
      }
      throw cause;
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
      // A body that is not needed any more, such as one over its size, is not read on.
      own.abort();
    }
  };

  return {
    root: (version, signal) =>
      request(layout.root(version), { signal }, async (response) => {
        if (response.status === 404) return undefined;
        demandOk(response);
        return readCapped(response, ENVELOPE_BYTES.root);
      }),
    head: (previousTag, signal) => {
      const headers = previousTag === undefined ? {} : { "if-none-match": previousTag };
      return request(layout.head(), { signal, headers }, async (response) => {
        if (response.status === 304 && previousTag !== undefined) return "unchanged" as const;
        demandOk(response);
        const bytes = await readCapped(response, ENVELOPE_BYTES.head);
        const tag = response.headers.get("etag");
        return tag === null ? { bytes } : { bytes, tag };
      });
    },
    bundle: (digest, maxBytes, signal) =>
      request(layout.bundle(digest), { signal }, async (response) => {
        demandOk(response);
        return readCapped(response, maxBytes);
      }),
    async changed(previousTag, signal) {
      waiting?.abort();
      const own = new AbortController();
      waiting = own;
      const stop = (): void => own.abort();
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
      const began = clock.monotonic();
      try {
        const headers = {
          prefer: `wait=${waitSeconds}`,
          ...(previousTag === undefined ? {} : { "if-none-match": previousTag }),
        };
        const seconds = waitSeconds + 10;
        const isSame = await request(
          layout.head(),
          { signal: own.signal, headers, seconds },
          async (response) => {
            if (response.status !== 304) demandOk(response);
            return response.status === 304;
          },
        );
        // A server that does not wait is asked no more often than one that does.
        const waited = clock.monotonic() - began;
        if (isSame) await pause(clock, waitSeconds * 1000 - waited, own.signal);
      } finally {
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

function readBase(text: string): string {
  let url: URL;
  try {
    url = new URL(text.endsWith("/") ? text : `${text}/`);
  } catch (cause) {
    throw new PortcullisConfigError("base", "`base` must be an address.", { cause });
  }
  const isLoopback = url.protocol === "http:" && LOOPBACK.test(url.hostname);
  if (url.protocol !== "https:" && !isLoopback) {
    throw new PortcullisConfigError("base", "`base` must be https, or http on loopback.");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new PortcullisConfigError("base", "`base` must have no credentials, query or fragment.");
  }
  return url.href;
}

function demandOk({ status }: Response): void {
  if (status === 200) return;
  if (status === 404) throw refuseBundle("not-found", "The server has no such document.");
  throw refuseBundle("transport", `The server of bundles answers with status ${status}.`);
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(Math.max(0, ms), done);
    function done(): void {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
