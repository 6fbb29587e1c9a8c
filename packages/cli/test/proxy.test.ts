import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { CliIo } from "../src/cli-io.ts";
import { run } from "../src/run.ts";
import { runCli } from "./support/fake-io.ts";
import { PROXY_POLICY } from "./support/proxy-policy.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const INFO = { name: "test-client", version: "1.0.0" };
const SERVER = join(import.meta.dirname, "support/mcp-server.mjs");
const BIN = join(import.meta.dirname, "../src/bin.ts");
const IDENTITY = ["--agent", "assistant", "--session", "task"];

/** The first text of what a tool of either SDK returned. */
function textOf(result: object): string {
  const content: unknown = Reflect.get(result, "content");
  const [part]: readonly { readonly text?: string }[] = Array.isArray(content) ? content : [];
  return part?.text ?? "";
}

function folderWithPolicy(): Promise<string> {
  return temporaryFolder({ "policy.yaml": PROXY_POLICY });
}

/** A client of a proxy in a process of its own, in front of a server in another one. */
async function connectByStdio(more: Readonly<Record<string, string>> = {}): Promise<Client> {
  const cwd = await folderWithPolicy();
  const client = new Client(INFO);
  onTestFinished(() => client.close());
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [
        "--conditions=portcullis-source",
        BIN,
        "proxy",
        ...IDENTITY,
        "--server",
        "test",
        "--log",
        join(cwd, "log.jsonl"),
        "--",
        process.execPath,
        SERVER,
      ],
      cwd,
      env: { PATH: process.env["PATH"] ?? "", ...more },
      stderr: "ignore",
    }),
  );
  return client;
}

/** A proxy within this process that listens; gives its address. */
async function listen(args: readonly string[], cwd: string): Promise<string> {
  const said = new EventEmitter();
  const address = once(said, "url").then(([url]) => String(url));
  const io: CliIo = {
    stdin: Readable.from([]),
    stdout: { isTerminal: false, write: async () => undefined },
    stderr: {
      isTerminal: false,
      write: async (text) => {
        const url = /listening on (\S+)/.exec(text)?.[1];
        if (url !== undefined) said.emit("url", url);
      },
    },
    cwd,
    env: {},
    onInterrupt(stop) {
      said.once("interrupt", stop);
      return () => said.off("interrupt", stop);
    },
  };
  const ended = run(["proxy", ...IDENTITY, "--listen", "0", ...args], io);
  onTestFinished(async () => {
    said.emit("interrupt");
    expect(await ended).toBe(0);
  });
  return Promise.race([address, ended.then((code) => `ended with ${code}`)]);
}

async function connectByHttp(url: string): Promise<Client> {
  const client = new Client(INFO);
  onTestFinished(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

const local = ["--server", "test", "--", process.execPath, SERVER];

describe("over standard input and output", () => {
  test(
    "the list is filtered, calls are decided, nothing else runs",
    { timeout: 60_000 },
    async () => {
      const cwd = await temporaryFolder();
      const client = await connectByStdio({ PROBE: join(cwd, "probe") });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual([
        "echo",
        "die",
        "flood",
        "hang",
        "environment",
      ]);
      expect(textOf(await client.callTool({ name: "echo", arguments: { text: "a" } }))).toBe("a");
      const refused = await client.callTool({ name: "echo", arguments: { text: "secret" } });
      expect(JSON.parse(textOf(refused)).code).toBe("forbidden-by-rule");
      const unknown = await client.callTool({ name: "remove", arguments: {} });
      expect(JSON.parse(textOf(unknown)).code).toBe("tool-unknown");
      expect(existsSync(join(cwd, "probe"))).toBe(false);
      await expect(client.listResources()).rejects.toThrow("-32601");
    },
  );

  test("a server sees none of our environment", { timeout: 60_000 }, async () => {
    const client = await connectByStdio({ SECRET_KEY: "s" });
    const names = textOf(await client.callTool({ name: "environment", arguments: {} }));
    expect(names).toContain("PATH");
    expect(names).not.toContain("SECRET_KEY");
  });

  test("a server that dies is started again", { timeout: 60_000 }, async () => {
    const client = await connectByStdio();
    await expect(client.callTool({ name: "die", arguments: {} })).rejects.toThrow(
      "ended before it answered",
    );
    expect(textOf(await client.callTool({ name: "echo", arguments: { text: "b" } }))).toBe("b");
  });

  test(
    "a flood is withheld, and a server that says too much at once is left",
    {
      timeout: 60_000,
    },
    async () => {
      const client = await connectByStdio();
      const flood = await client.callTool({ name: "flood", arguments: { megabytes: 5 } });
      expect(textOf(flood)).toContain("larger than the policy allows");
      const dam = client.callTool({ name: "flood", arguments: { megabytes: 70 } });
      await expect(dam).rejects.toThrow("ended before it answered");
      expect(textOf(await client.callTool({ name: "echo", arguments: { text: "c" } }))).toBe("c");
    },
  );

  test("a server that hangs is given up with the call", { timeout: 60_000 }, async () => {
    const client = await connectByStdio();
    const hanging = client.callTool({ name: "hang", arguments: {} }, undefined, { timeout: 200 });
    await expect(hanging).rejects.toThrow("timed out");
    expect(textOf(await client.callTool({ name: "echo", arguments: { text: "d" } }))).toBe("d");
  });
});

describe("over Streamable HTTP", () => {
  test("sessions, each with a server of its own", { timeout: 60_000 }, async () => {
    const url = await listen(local, await folderWithPolicy());
    const [one, two] = await Promise.all([connectByHttp(url), connectByHttp(url)]);
    const { tools } = await one.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("remove");
    expect(textOf(await one.callTool({ name: "echo", arguments: { text: "1" } }))).toBe("1");
    await expect(two.callTool({ name: "die", arguments: {} })).rejects.toThrow("ended before");
    expect(textOf(await one.callTool({ name: "echo", arguments: { text: "2" } }))).toBe("2");
    expect(textOf(await two.callTool({ name: "echo", arguments: { text: "3" } }))).toBe("3");
    const remove = await two.callTool({ name: "remove", arguments: {} });
    expect(JSON.parse(textOf(remove)).code).toBe("tool-unknown");
  });

  test("in front of a server behind HTTP, on both protocols", { timeout: 60_000 }, async () => {
    const upstream = await serveHttp();
    const cwd = await folderWithPolicy();
    const url = await listen(["--server", "test", "--url", upstream], cwd);
    const old = await connectByHttp(url);
    expect(textOf(await old.callTool({ name: "echo", arguments: { text: "old" } }))).toBe("old");
    const clients = await Promise.all([connectModern(url), connectModern(url)]);
    const texts = clients.map(async (client, index) => {
      const called = await client.callTool({ name: "echo", arguments: { text: `new ${index}` } });
      return textOf(called);
    });
    expect(await Promise.all(texts)).toEqual(["new 0", "new 1"]);
    const [modern] = clients;
    const refused = await modern?.callTool({ name: "remove", arguments: {} });
    expect(JSON.parse(textOf(refused ?? {})).code).toBe("tool-unknown");
    const { tools } = (await modern?.listTools()) ?? { tools: [] };
    expect(tools.map(({ name }) => name)).toEqual(["echo"]);
  });

  test.for<
    [
      string,
      number,
      { path?: string; host?: string; method?: string; body?: string; headers?: object },
    ]
  >([
    ["another path", 404, { path: "/" }],
    ["another host", 403, { host: "attacker.example" }],
    ["a web page", 403, { headers: { origin: "https://attacker.example" } }],
    ["an unknown session", 404, { headers: { "mcp-session-id": "guessed" } }],
    ["another content", 415, { headers: { "content-type": "text/plain" } }],
    ["a client that takes no stream", 406, { headers: { accept: "application/json" } }],
    ["no JSON", 400, { body: "{" }],
    ["a list of messages", 400, { body: "[]" }],
    ["no beginning", 400, { body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' }],
    ["a message of 9 MB", 413, { body: `"${"x".repeat(9_000_000)}"` }],
    ["GET without a session", 405, { method: "GET" }],
    ["PUT", 405, { method: "PUT" }],
  ])("refuses %s with %i", async ([, status, request]) => {
    const url = new URL(await listen(local, await folderWithPolicy()));
    const { path = url.pathname, host = url.host, method = "POST", body = "{}", headers } = request;
    const got = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: url.hostname,
          port: url.port,
          path,
          method,
          headers: {
            host,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            ...headers,
          },
        },
        (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        },
      );
      sent.on("error", reject);
      sent.end(method === "GET" ? undefined : body);
    });
    expect(got).toBe(status);
  });
});

/** A server of the second SDK, which serves both protocols without sessions. */
async function serveHttp(): Promise<string> {
  const handler = createMcpHandler(() => {
    const server = new McpServer(INFO);
    const echo = { inputSchema: z.object({ text: z.string() }) };
    server.registerTool("echo", echo, ({ text }) => ({ content: [{ type: "text", text }] }));
    server.registerTool("remove", { inputSchema: z.object({}) }, () => {
      throw new Error("It was reached.");
    });
    return server;
  });
  const server = createServer((request, response) => {
    void pass(request, response, handler.fetch);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/mcp`;
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  fetchOf: (request: Request) => Promise<Response>,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const { method = "GET" } = request;
  const answer = await fetchOf(
    new Request(`http://127.0.0.1${request.url ?? "/"}`, {
      method,
      headers: headers as [string, string][],
      ...(method === "GET" || method === "DELETE" ? {} : { body: Buffer.concat(chunks) }),
    }),
  );
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

async function connectModern(url: string): Promise<ClientV2> {
  const client = new ClientV2(INFO, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  onTestFinished(() => client.close());
  await client.connect(new HttpV2(new URL(url)));
  return client;
}

describe("used wrongly", () => {
  const agent = ["--agent", "assistant"];

  test.for<[string, readonly string[], RegExp]>([
    ["no agent", ["--server", "test", "--url", "https://a.example/"], /--agent/],
    ["no server", [...agent, "--", "node"], /--server/],
    ["neither command nor address", [...agent, "--server", "test"], /--url/],
    ["both", [...agent, "--server", "t", "--url", "https://a.example/", "--", "node"], /--url/],
    ["a key that is none", [...agent, "--server", "Test", "--", "node"], /`server`/],
    ["plain http to elsewhere", [...agent, "--server", "t", "--url", "http://a.example/"], /http/],
    ["JSON without an address", [...agent, "--json", "--server", "t", "--", "node"], /--listen/],
    ["no port", [...agent, "--server", "t", "--listen", "x", "--", "node"], /--listen/],
    ["a config and a server", [...agent, "--config", "c.json", "--server", "t"], /--config/],
    ["a config that is not there", [...agent, "--config", "c.json"], /cannot be read/],
    ["a policy in production", [...agent, "--production", "--server", "t", "--", "node"], /signed/],
  ])("%s is a usage error", async ([, args, message]) => {
    const printed = await runCli(["proxy", ...args], { cwd: await folderWithPolicy() });
    expect(printed.code).toBe(2);
    expect(printed.stderr).toMatch(message);
    expect(printed.stdout).toBe("");
  });

  test.for<[string, unknown, RegExp]>([
    ["no servers", {}, /mcpServers/],
    ["no object", { mcpServers: { test: "x" } }, /must be an object/],
    ["an unknown member", { mcpServers: { test: { command: "x", shell: true } } }, /`shell`/],
    ["neither command nor url", { mcpServers: { test: {} } }, /either/],
    ["arguments that are none", { mcpServers: { test: { command: "x", args: "y" } } }, /args/],
    ["an environment that is none", { mcpServers: { test: { command: "x", env: 1 } } }, /env/],
    [
      "headers that are none",
      { mcpServers: { test: { url: "https://a.example/", headers: 1 } } },
      /headers/,
    ],
  ])("a config with %s", async ([, config, message]) => {
    const cwd = await folderWithPolicy();
    await writeFile(join(cwd, "c.json"), JSON.stringify(config));
    const args = ["proxy", ...agent, "--config", "c.json"];
    const printed = await runCli(args, { cwd });
    expect([printed.code, printed.stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
