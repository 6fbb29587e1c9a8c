import type { Loose } from "./support/loose.ts";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { CallToolResultSchema, ListToolsResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { McpServer as McpServerV2 } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  assertGuarded,
  guardClient,
  guardServer,
  guardTransport,
  isGuarded,
} from "../src/index.ts";
import { callOf, context, entry, guardOver, policyOf, rawPair, settle } from "./support/setup.ts";

const INFO = { name: "files", version: "1.0.0" };
const policy = policyOf({ "mcp:files/read": entry(), "mcp:files/stop": entry() });

/** A real server whose forbidden tool tells what happened. */
function fileServer(McpServerOf: Loose = McpServer) {
  const ran: string[] = [];
  const server = new McpServerOf(INFO);
  const tool = (name: string) =>
    server.registerTool(name, { inputSchema: z.object({ path: z.string().optional() }) }, () => {
      ran.push(name);
      return { content: [{ type: "text", text: `${name} done` }] };
    });
  return { server, ran, read: tool("read"), remove: tool("remove") };
}

async function connect(server: Loose, client: Loose = new Client(INFO)): Promise<Loose> {
  const [left, right] = InMemoryTransport.createLinkedPair() as Loose[];
  await server.connect(right);
  await client.connect(left);
  return client;
}

describe("V26 a raw request", () => {
  const raw = { method: "tools/call", params: { name: "remove", arguments: {} } };

  test("unguarded: it runs", async () => {
    const { server, ran } = fileServer();
    const client = await connect(server);
    await client.request(raw, CallToolResultSchema);
    expect(ran).toEqual(["remove"]);
  });

  test("is denied like any other", async () => {
    const { server, ran } = fileServer();
    const { guard, outcomes } = await guardOver(policy);
    const client = guardClient(new Client(INFO), { guard, context, server: "files" });
    await connect(server, client);
    const result: Loose = await client.request(raw, CallToolResultSchema);
    expect(result.isError).toBe(true);
    expect(JSON.parse(result.content[0].text)).toMatchObject({
      error: "portcullis.denied",
      code: "tool-unknown",
    });
    expect(result).toHaveProperty(["_meta", "portcullis/decisionId"], expect.stringMatching(/^d_/));
    expect(result).not.toHaveProperty("resultType");
    expect([ran, outcomes()]).toEqual([[], ["mcp:files/remove:tool-unknown"]]);
  });
});

describe("V27 handlers swapped, added and registered at any time", () => {
  test.for([
    ["v1", McpServer],
    ["v2", McpServerV2],
  ] as const)("%s", async ([, McpServerOf]) => {
    for (const isGuardedRun of [false, true]) {
      const { server, ran, read } = fileServer(McpServerOf);
      const { guard } = await guardOver(policy);
      if (isGuardedRun) guardServer(server, { guard, context, server: "files" });
      const client = await connect(server);
      read.update({
        callback: () => {
          ran.push("swapped");
          return { content: [] };
        },
      });
      server.registerTool("late", { inputSchema: z.object({}) }, () => {
        ran.push("late");
        return { content: [] };
      });
      await client.callTool({ name: "late", arguments: {} });
      await client.callTool({ name: "remove", arguments: {} });
      await client.callTool({ name: "read", arguments: { path: "a" } });
      // The permitted tool runs with whatever callback it has; that is the server's own matter.
      expect(ran).toEqual(isGuardedRun ? ["swapped"] : ["late", "remove", "swapped"]);
      const { tools } = await client.listTools();
      const names = tools.map(({ name }: { name: string }) => name);
      expect(names).toEqual(isGuardedRun ? ["read"] : ["read", "remove", "late"]);
    }
  });

  test("the server inside an McpServer is guarded as well", async () => {
    const { server, ran } = fileServer();
    const { guard } = await guardOver(policy);
    guardServer(server, { guard, context, server: "files" });
    const client = await connect(server.server);
    await client.callTool({ name: "remove", arguments: {} });
    expect(ran).toEqual([]);
  });
});

describe("V28 malformed messages", () => {
  const broken: readonly (readonly [string, object])[] = [
    ["a call without an id", { jsonrpc: "2.0", method: "tools/call", params: { name: "stop" } }],
    ["a list of messages", [callOf(1, "stop"), callOf(2, "stop")]],
    ["a null id", { ...callOf(1, "stop"), id: null }],
    ["an object as id", { ...callOf(1, "stop"), id: { a: 1 } }],
    [
      "parameters that are a list",
      { jsonrpc: "2.0", id: 1, method: "tools/call", params: ["stop"] },
    ],
    ["another version", { ...callOf(1, "stop"), jsonrpc: "1.0" }],
    ["a request that is also an answer", { ...callOf(1, "stop"), result: {}, method: 7 }],
    ["an inherited method", Object.create(callOf(1, "stop"))],
    ["a notification that is none", { jsonrpc: "2.0", method: "resources/read", params: {} }],
  ];

  test.for(broken)("unguarded: %s arrives", async ([, message]) => {
    const { client, server } = await rawPair();
    await client.send(message);
    expect(server.received).toHaveLength(1);
  });

  test.for(broken)("%s never arrives", async ([, message]) => {
    for (const side of ["client", "server"] as const) {
      const { guard } = await guardOver(policyOf({ "mcp:files/stop": entry() }));
      const { client, server } = await rawPair({ guard, side });
      await client.send(message).catch(() => undefined);
      await settle();
      expect(server.received).toEqual([]);
    }
  });

  test.for([[7], [["a"]], ["text"], [null]])("arguments %j are denied", async ([args]) => {
    const { guard, outcomes } = await guardOver(policyOf({ "mcp:files/stop": entry() }));
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send({ ...callOf(1, "stop"), params: { name: "stop", arguments: args } });
    await client.next(({ id }) => id === 1);
    expect(server.received).toEqual([]);
    expect(outcomes()).toEqual(["mcp:files/stop:arguments-invalid"]);
  });

  test("no arguments are empty ones", async () => {
    const { guard } = await guardOver(policyOf({ "mcp:files/stop": entry() }));
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send({ ...callOf(1, "stop"), params: { name: "stop" } });
    expect(server.received[0].params.arguments).toEqual({});
  });

  test("a name that is no text, and one that names another server", async () => {
    const { guard, outcomes } = await guardOver(policy);
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send(callOf(1, 7 as Loose));
    await client.send(callOf(2, "../other/read"));
    await client.next(({ id }) => id === 2);
    expect(server.received).toEqual([]);
    expect(outcomes()).toEqual(["mcp:files/:tool-unknown", "mcp:files/../other/read:tool-unknown"]);
  });

  test("what is not known of a call's parameters is not sent", async () => {
    const { guard } = await guardOver(policy);
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send(callOf(1, "read", { path: "a" }, { override: true, _meta: { a: 1 } }));
    expect(server.received[0].params).toEqual({
      name: "read",
      arguments: { path: "a" },
      _meta: { a: 1 },
    });
  });
});

describe("V25 duplicate ids", () => {
  test("are decided separately and answered in turn", async () => {
    const { guard, outcomes } = await guardOver(policy);
    const { client, server } = await rawPair({ guard, side: "client" });
    server.on(({ id, params }) => {
      void server.send({
        jsonrpc: "2.0",
        id,
        result: { content: [], path: params.arguments.path },
      });
    });
    const sent = [
      client.send(callOf(7, "read", { path: "first" })),
      client.send(callOf(7, "remove")),
      client.send(callOf(7, "read", { path: "second" })),
    ];
    await Promise.all(sent);
    await settle();
    expect(server.received.map(({ params }) => params.arguments.path)).toEqual(["first", "second"]);
    expect(client.received.map(({ result }) => result.path ?? result.isError).toSorted()).toEqual([
      "first",
      "second",
      true,
    ]);
    expect(outcomes().toSorted()).toEqual([
      "mcp:files/read:completed",
      "mcp:files/read:completed",
      "mcp:files/remove:tool-unknown",
    ]);
  });
});

const readOf = (uri: string) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "resources/read",
  params: { uri, _meta: { token: 1 } },
});

describe("other methods", () => {
  const permitted = policyOf({
    "mcp-method:files/resources/read": entry(),
    "mcp-method:files/acme/search": entry(),
  });

  test.for([["client"], ["server"]] as const)("are decided as tools, %s side", async ([side]) => {
    const { guard, outcomes } = await guardOver(permitted);
    const { client, server } = await rawPair({ guard, side });
    server.on(({ id }) => void server.send({ jsonrpc: "2.0", id, result: { contents: [] } }));
    await client.send(readOf("file:///a"));
    expect((await client.next(({ id }) => id === 1)).result).toEqual({ contents: [] });
    expect(server.received[0].params).toEqual({ uri: "file:///a", _meta: { token: 1 } });
    expect(outcomes()).toEqual(["mcp-method:files/resources/read:completed"]);
  });

  test.for([
    ["prompts/get"],
    ["completion/complete"],
    ["logging/setLevel"],
    ["tasks/result"],
    ["subscriptions/listen"],
    ["acme/unknown"],
    ["tools/call/"],
    ["constructor"],
  ])("%s is denied when the catalogue does not have it", async ([method]) => {
    for (const side of ["client", "server"] as const) {
      const { guard } = await guardOver(permitted);
      const { client, server } = await rawPair({ guard, side });
      await client.send({ jsonrpc: "2.0", id: 1, method, params: {} });
      const { error } = await client.next(({ id }) => id === 1);
      expect(error).toMatchObject({
        code: -32001,
        data: { error: "portcullis.denied", code: "tool-unknown" },
      });
      expect(server.received).toEqual([]);
    }
  });

  test("an error keeps its code and loses its stack and data", async () => {
    const { guard, outcomes } = await guardOver(permitted);
    const { client, server } = await rawPair({ guard, side: "client" });
    server.on(({ id }) => {
      const message = "gone\n    at read (/srv/app.js:1:1)";
      void server.send({ jsonrpc: "2.0", id, error: { code: -32002, message, data: { a: 1 } } });
    });
    await client.send(readOf("file:///a"));
    const { error } = await client.next(({ id }) => id === 1);
    expect(error).toEqual({ code: -32002, message: "gone" });
    expect(outcomes()).toEqual(["mcp-method:files/resources/read:failed"]);
  });

  test("opening and keeping a connection needs no rule", async () => {
    const { guard, log } = await guardOver(permitted);
    for (const side of ["client", "server"] as const) {
      const { client, server } = await rawPair({ guard, side });
      server.on(({ id }) => void server.send({ jsonrpc: "2.0", id, result: { ok: true } }));
      for (const [id, method] of ["initialize", "ping", "server/discover"].entries()) {
        await client.send({ jsonrpc: "2.0", id, method });
        expect((await client.next((message) => message.id === id)).result).toEqual({ ok: true });
      }
    }
    expect(log).toEqual([]);
  });
});

describe("wrapping", () => {
  test("a transport is wrapped once, and known by identity", async () => {
    const { guard } = await guardOver(policy);
    const other = await guardOver(policy);
    const [transport] = InMemoryTransport.createLinkedPair() as Loose[];
    const wrapped = guardTransport(transport, { guard, server: "files" });
    expect(guardTransport(wrapped, { guard, server: "files" })).toBe(wrapped);
    expect([
      isGuarded(wrapped, guard),
      isGuarded(wrapped, other.guard),
      isGuarded(transport),
    ]).toEqual([true, false, false]);
    expect(() => assertGuarded({ wrapped, transport }, guard)).toThrow("`transport` is not under");
  });

  test("V76 client and transport under one guard decide once", async () => {
    const { server } = fileServer();
    const { guard, outcomes } = await guardOver(policy);
    const client = new Client(INFO);
    guardClient(guardClient(client, { guard, context, server: "files" }), {
      guard,
      context,
      server: "files",
    });
    const [left, right] = InMemoryTransport.createLinkedPair() as Loose[];
    await server.connect(right);
    await client.connect(guardTransport(left, { guard, context, server: "files" }));
    await client.callTool({ name: "read", arguments: {} });
    expect(outcomes()).toEqual(["mcp:files/read:completed"]);
  });

  test("what is connected already cannot be guarded any more", async () => {
    const { server } = fileServer();
    const { guard } = await guardOver(policy);
    const client = await connect(server);
    const options = { guard, context, server: "files" };
    expect(() => guardClient(client, options)).toThrow("connected already");
    expect(() => guardServer(server, options)).toThrow("connected already");
  });

  test.for<[string]>([[""], ["Files"], ["a/b"], ["-a"], ["a:b"]])(
    "refuses the server key %j",
    async ([key]) => {
      const { guard } = await guardOver(policy);
      const [transport] = InMemoryTransport.createLinkedPair() as Loose[];
      const refused = expect.objectContaining({ code: "ERR_OPTIONS_INVALID" });
      expect(() => guardTransport(transport, { guard, server: key })).toThrow(refused);
      expect(() => guardClient(new Client(INFO), { guard, server: key })).toThrow(refused);
    },
  );

  test("a context comes from the scope of the call around it, and else denies", async () => {
    const scoped = policyOf({
      "mcp:files/read": entry(),
      outer: entry({ origin: "local" }),
    });
    const { guard, log, outcomes } = await guardOver(scoped);
    const { server } = fileServer();
    const client = guardClient(new Client(INFO), { guard, server: "files" });
    await connect(server, client);
    const call = () => client.callTool({ name: "read", arguments: {} });
    expect(((await call()) as Loose).isError).toBe(true);
    await guard.execute({ callId: "outer-1", tool: "outer", args: {} }, context, call);
    expect(outcomes()).toEqual([
      "mcp:files/read:context-missing",
      "mcp:files/read:completed",
      "outer:completed",
    ]);
    expect(log.at(-2)?.parentCallId).toBe("outer-1");
  });

  test("a context function is told who the HTTP layer verified, and its throw denies", async () => {
    const seen: Loose[] = [];
    const { guard, outcomes } = await guardOver(policy);
    const [left, right] = InMemoryTransport.createLinkedPair() as Loose[];
    const { server } = fileServer();
    guardServer(server, {
      guard,
      server: "files",
      context: (call) => {
        seen.push(call);
        if (call.authInfo === undefined) throw new Error("nobody");
        return context;
      },
    });
    await server.connect(right);
    await left.start();
    await left.send(callOf(1, "read", { path: "a" }, { _meta: { "portcullis/task-token": "t" } }), {
      authInfo: { clientId: "web" },
    });
    await left.send(callOf(2, "read"));
    await settle();
    expect(seen[0]).toEqual({
      tool: "mcp:files/read",
      args: { path: "a" },
      callId: "1",
      server: "files",
      method: "tools/call",
      authInfo: { clientId: "web" },
      taskToken: "t",
    });
    expect(outcomes()).toEqual(["mcp:files/read:context-missing", "mcp:files/read:completed"]);
  });

  test("both sides at once, and a list through both", async () => {
    const { server, ran } = fileServer();
    const { guard, outcomes } = await guardOver(policy);
    const options = { guard, context, server: "files" };
    guardServer(server, options);
    const client = guardClient(new Client(INFO), options);
    await connect(server, client);
    const { tools } = await client.request({ method: "tools/list" }, ListToolsResultSchema);
    expect(tools.map(({ name }) => name)).toEqual(["read"]);
    await client.callTool({ name: "read", arguments: { path: "a" } });
    expect([ran, outcomes()]).toEqual([
      ["read"],
      ["mcp:files/read:completed", "mcp:files/read:completed"],
    ]);
  });
});
