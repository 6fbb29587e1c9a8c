import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { createHttpSource } from "../src/index.ts";
import { outcomeOf } from "./support/desk.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers as it likes, and the source that talks to it. */
async function against(answer: Answer, options: object = {}) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const source = createHttpSource({
    base: `http://127.0.0.1:${port}`,
    name: "payments",
    channel: "production",
    timeoutSeconds: 0.3,
    ...options,
  });
  return { source, requests };
}

const live = (): AbortSignal => new AbortController().signal;
const DIGEST = `sha256:${"a".repeat(64)}`;

describe("hostile servers", () => {
  test("endless body: cut off at its size", async () => {
    let sent = 0;
    const { source } = await against(
      (_request, response) => {
        response.writeHead(200);
        const more = (): void => {
          sent += 65_536;
          if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more));
        };
        more();
      },
      { timeoutSeconds: 5 },
    );
    expect(await outcomeOf(() => source.bundle(DIGEST, 1_000_000, live()))).toBe(
      "ERR_BUNDLE_INVALID too-large",
    );
    expect(sent).toBeLessThan(20_000_000);
  });

  test("gzip bomb: counted after decompression", async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    const { source } = await against(
      (_request, response) => {
        response.writeHead(200, { "content-encoding": "gzip" });
        response.end(bomb);
      },
      { timeoutSeconds: 5 },
    );
    expect(bomb.length).toBeLessThan(100_000);
    expect(await outcomeOf(() => source.head(undefined, live()))).toBe(
      "ERR_BUNDLE_INVALID too-large",
    );
  });

  test("slow loris: an answer that trickles in ends at the time limit", async () => {
    const { source } = await against((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 20);
      response.once("close", () => clearInterval(timer));
    });
    expect(await outcomeOf(() => source.head(undefined, live()))).toBe(
      "ERR_BUNDLE_UNAVAILABLE timeout",
    );
  });

  test("no answer at all ends at the time limit", async () => {
    const { source } = await against(() => undefined);
    expect(await outcomeOf(() => source.root(2, live()))).toBe("ERR_BUNDLE_UNAVAILABLE timeout");
  });

  test("redirect: not followed", async () => {
    let hits = 0;
    const { source } = await against((request, response) => {
      hits += 1;
      response.writeHead(302, { location: `/elsewhere${request.url}` });
      response.end();
    });
    await expect(source.head(undefined, live())).rejects.toThrow(TypeError);
    expect(hits).toBe(1);
  });

  test.for([
    [500, "ERR_BUNDLE_UNAVAILABLE transport"],
    [403, "ERR_BUNDLE_UNAVAILABLE transport"],
    [204, "ERR_BUNDLE_UNAVAILABLE transport"],
    [404, "ERR_BUNDLE_UNAVAILABLE not-found"],
  ] as const)("status %i", async ([status, expected]) => {
    const { source } = await against((_request, response) => {
      response.writeHead(status);
      response.end();
    });
    expect(await outcomeOf(() => source.head(undefined, live()))).toBe(expected);
    expect(await outcomeOf(() => source.bundle(DIGEST, 10, live()))).toBe(expected);
  });

  test("304 that nobody asked for is no answer; one that was asked for is `unchanged`", async () => {
    const { source } = await against((_request, response) => {
      response.writeHead(304);
      response.end();
    });
    expect(await outcomeOf(() => source.head(undefined, live()))).toBe(
      "ERR_BUNDLE_UNAVAILABLE transport",
    );
    expect(await source.head('"a"', live())).toBe("unchanged");
  });

  test("cached 404: every request asks to pass caches, and an absent root is no error", async () => {
    const { source, requests } = await against((_request, response) => {
      response.writeHead(404, { age: "86400" });
      response.end();
    });
    expect(await source.root(2, live())).toBeUndefined();
    expect(requests[0]?.headers["cache-control"]).toBe("no-cache");
  });

  test("a digest that is none never becomes a path", async () => {
    const { source, requests } = await against((_request, response) => response.end());
    expect(await outcomeOf(() => source.bundle("sha256:../../x", 10, live()))).toBe(
      "ERR_BUNDLE_INVALID digest-mismatch",
    );
    expect(requests).toEqual([]);
  });
});

describe("long poll", () => {
  test("asks to wait, with the tag that it has", async () => {
    const { source, requests } = await against((_request, response) => response.end("{}"));
    await source.changed?.('"a"', live());
    expect(requests[0]?.headers).toMatchObject({ prefer: "wait=30", "if-none-match": '"a"' });
  });

  test("server that ignores Prefer: it is not asked again at once", async () => {
    const { source } = await against(
      (_request, response) => {
        response.writeHead(304);
        response.end();
      },
      { waitSeconds: 0.4 },
    );
    const began = performance.now();
    await source.changed?.('"a"', live());
    expect(performance.now() - began).toBeGreaterThan(300);
  });

  test("a newer poll ends the older one", async () => {
    const { source } = await against(() => undefined, { waitSeconds: 60 });
    const older = source.changed?.('"a"', live());
    const ended = outcomeOf(() => older);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stop = new AbortController();
    const newer = outcomeOf(() => source.changed?.('"a"', stop.signal));
    expect(await ended).toBe("ERR_BUNDLE_UNAVAILABLE timeout");
    stop.abort();
    await newer;
  });
});

describe("options", () => {
  test.for([
    ["http elsewhere", "http://policy.example"],
    ["another scheme", "ftp://127.0.0.1"],
    ["no address", "policy"],
    ["credentials", "https://ann:secret@policy.example"],
    ["a query", "https://policy.example/?x=1"],
    ["a host that only begins like loopback", "http://127.0.0.1.example"],
  ] as const)("%s is refused", async ([, base]) => {
    const create = (): unknown =>
      createHttpSource({ base, name: "payments", channel: "production" });
    expect(await outcomeOf(create)).toBe("ERR_OPTIONS_INVALID");
  });

  test("a bearer token is sent", async () => {
    const { source, requests } = await against((_request, response) => response.end("{}"), {
      token: "secret",
    });
    await source.head(undefined, live());
    expect(requests[0]?.headers.authorization).toBe("Bearer secret");
  });
});
