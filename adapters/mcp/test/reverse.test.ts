import type { Loose } from "./support/loose.ts";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Scanner } from "@portcullis/core";
import { inputRequired, McpServer } from "@modelcontextprotocol/server";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { guardClient, guardServer } from "../src/index.ts";
import { httpEnds } from "./support/peers.ts";
import { callOf, context, entry, guardOver, policyOf, rawPair, settle } from "./support/setup.ts";

const INFO = { name: "files", version: "1.0.0" };
const deploy = policyOf({ "mcp:files/deploy": entry() });
const asking = policyOf({
  "mcp:files/deploy": entry(),
  "mcp-method:files/elicitation/create": entry(),
  "mcp-method:files/sampling/createMessage": entry(),
  "mcp-method:files/roots/list": entry(),
});

/** Finds the word SECRET. */
const scanner: Scanner = {
  id: "s",
  kinds: ["secret"],
  scan(text) {
    const start = text.indexOf("SECRET");
    const finding = {
      kind: "secret",
      rule: "s",
      start,
      end: start + 6,
      confidence: "high",
    } as const;
    return { status: "complete", findings: start === -1 ? [] : [finding] };
  },
};

const request = (method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id: 5,
  method,
  params,
});

describe("V53 what a server asks of its client", () => {
  const refusals: readonly (readonly [string, object])[] = [
    ["sampling/createMessage", { error: expect.objectContaining({ code: -1 }) }],
    ["elicitation/create", { result: { action: "decline" } }],
    ["roots/list", { result: { roots: [] } }],
    ["acme/steal", { error: expect.objectContaining({ code: -32001 }) }],
  ];

  test.for(refusals)("unguarded: %s arrives", async ([method]) => {
    const { client, server } = await rawPair();
    await server.send(request(method));
    expect(client.received).toHaveLength(1);
  });

  test.for(refusals)("%s is refused by default", async ([method, refusal]) => {
    const { guard, outcomes } = await guardOver(deploy);
    const { client, server } = await rawPair({ guard, side: "client" });
    await server.send(request(method));
    expect(await server.next(({ id }) => id === 5)).toMatchObject(refusal);
    expect(client.received).toEqual([]);
    expect(outcomes()).toEqual([`mcp-method:files/${method}:tool-unknown`]);
  });

  test("is delivered where the policy permits it, and the answer is redacted", async () => {
    const { guard, outcomes } = await guardOver(asking, { scanner });
    const { client, server } = await rawPair({ guard, side: "client" });
    client.on(({ id, params }) => {
      const text = `${params.ask}: SECRET`;
      void client.send({ jsonrpc: "2.0", id, result: { action: "accept", content: { text } } });
    });
    await server.send(request("elicitation/create", { ask: "password" }));
    const { result } = await server.next(({ id }) => id === 5);
    expect(result).toEqual({ action: "accept", content: { text: "password: [REDACTED:s]" } });
    expect(outcomes()).toEqual(["mcp-method:files/elicitation/create:completed"]);
  });

  test("an answer that nobody asked for is not sent", async () => {
    const { guard } = await guardOver(asking);
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send({ jsonrpc: "2.0", id: 5, result: { roots: ["file:///"] } });
    await settle();
    expect(server.received).toEqual([]);
  });

  test("the server's own side lets its questions pass", async () => {
    const { guard } = await guardOver(deploy);
    const { client, server } = await rawPair({ guard, side: "server" });
    client.on(({ id }) => void client.send({ jsonrpc: "2.0", id, result: { roots: [] } }));
    await server.send(request("roots/list"));
    expect((await server.next(({ id }) => id === 5)).result).toEqual({ roots: [] });
  });

  test("a question that the server takes back is not decided any more", async () => {
    const { guard, outcomes } = await guardOver(asking);
    const { client, server } = await rawPair({ guard, side: "client" });
    await server.send(request("elicitation/create"));
    await client.next(({ id }) => id === 5);
    const params = { requestId: 5 };
    await server.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    await settle();
    expect(client.received.at(-1)).toMatchObject({ method: "notifications/cancelled" });
    expect(outcomes()).toEqual(["mcp-method:files/elicitation/create:aborted"]);
  });
});

/** A server of 2026-07-28 whose tool asks before it deploys. */
function deployServer(ran: string[], rounds = 1) {
  const server = new McpServer(INFO);
  server.registerTool("deploy", { inputSchema: z.object({ env: z.string() }) }, (async (
    { env }: { env: string },
    ctx: Loose,
  ) => {
    const round = Number(ctx.mcpReq.requestState() ?? 0);
    if (round < rounds) {
      return inputRequired({
        requestState: String(round + 1),
        inputRequests: {
          confirm: inputRequired.elicit({
            message: `Deploy to ${env}?`,
            requestedSchema: { type: "object", properties: { ok: { type: "string" } } } as Loose,
          }),
        },
      });
    }
    ran.push(`${env}: ${JSON.stringify(ctx.mcpReq.inputResponses)}`);
    return { content: [{ type: "text", text: `deployed to ${env}` }] };
  }) as Loose);
  return server;
}

function deployClient(asked: string[]): Client {
  const client = new Client(INFO, {
    capabilities: { elicitation: {} },
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  });
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    asked.push(params.message);
    return { action: "accept", content: { ok: "SECRET" } };
  });
  return client;
}

describe.each([["client"], ["server"]] as const)(
  "V54 and V78 a tool that needs input, %s side",
  (side) => {
    async function run(document: typeof asking, rounds = 1) {
      const ran: string[] = [];
      const asked: string[] = [];
      const made = await guardOver(document, { scanner });
      const options = { guard: made.guard, context, server: "files" };
      const client = deployClient(asked);
      if (side === "client") guardClient(client, options);
      // One server for each request: only the client's own side can know of an open execution.
      const shared = deployServer(ran, rounds);
      void shared;
      await client.connect(
        httpEnds(() => {
          const server = deployServer(ran, rounds);
          return side === "server" ? guardServer(server, options) : server;
        }),
      );
      const result: Loose = await client
        .callTool({ name: "deploy", arguments: { env: "test" } })
        .catch((error: unknown) => ({ isError: true, error: String(error) }));
      return { ...made, ran, asked, result };
    }

    test.runIf(side === "client")("is one execution, and secrets stay here", async () => {
      const { result, ran, asked, outcomes } = await run(asking);
      expect(result.content[0].text).toBe("deployed to test");
      expect(asked).toEqual(["Deploy to test?"]);
      expect(ran).toHaveLength(1);
      expect(ran[0]).toContain("[REDACTED:s]");
      expect(ran[0]).not.toContain("SECRET");
      expect(outcomes().toSorted()).toEqual([
        "mcp-method:files/elicitation/create:completed",
        "mcp:files/deploy:completed",
      ]);
    });

    test.runIf(side === "client")(
      "eight rounds are one execution, the ninth is refused",
      async () => {
        const eight = await run(asking, 8);
        expect(eight.result.content[0].text).toBe("deployed to test");
        expect(eight.outcomes().filter((one) => one.startsWith("mcp:"))).toEqual([
          "mcp:files/deploy:completed",
        ]);
        const nine = await run(asking, 9);
        expect(nine.ran).toEqual([]);
        expect(nine.result.isError).toBe(true);
        expect(nine.outcomes().filter((one) => one.startsWith("mcp:"))).toEqual([
          "mcp:files/deploy:failed",
        ]);
      },
    );

    test("a question that the policy refuses is not asked and ends the call", async () => {
      const { result, ran, asked, outcomes } = await run(deploy);
      expect([ran, asked]).toEqual([[], []]);
      expect(result.isError).toBe(true);
      expect(outcomes().toSorted()).toEqual([
        "mcp-method:files/elicitation/create:tool-unknown",
        "mcp:files/deploy:failed",
      ]);
    });
  },
);

describe.each([["client"], ["server"]] as const)("V54 continuations by hand, %s side", (side) => {
  const question = { confirm: { method: "elicitation/create", params: { message: "?" } } };
  const meta = { _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28" } };

  async function open(document = asking) {
    const made = await guardOver(document);
    let who = context;
    const ends = await rawPair({ guard: made.guard, side, context: () => who });
    await ends.client.send(callOf(1, "deploy", { env: "test" }, meta));
    await ends.server.next(({ id }) => id === 1);
    const result = {
      resultType: "input_required",
      requestState: "state-1",
      inputRequests: question,
    };
    await ends.server.send({ jsonrpc: "2.0", id: 1, result });
    expect((await ends.client.next(({ id }) => id === 1)).result).toEqual(result);
    return {
      ...made,
      ...ends,
      become: (other: typeof context) => {
        who = other;
      },
    };
  }

  const answer = (id: number, more: object = {}, args: object = { env: "test" }) =>
    callOf(id, "deploy", args, {
      ...meta,
      requestState: "state-1",
      inputResponses: { confirm: { action: "accept" } },
      ...more,
    });

  test("the matching one goes on, once", async () => {
    const { client, server, outcomes } = await open();
    await client.send(answer(2));
    expect((await server.next(({ id }) => id === 2)).params).toMatchObject({
      arguments: { env: "test" },
      requestState: "state-1",
      inputResponses: { confirm: { action: "accept" } },
    });
    await server.send({ jsonrpc: "2.0", id: 2, result: { content: [], resultType: "complete" } });
    expect((await client.next(({ id }) => id === 2)).result).toMatchObject({ content: [] });
    await client.send(answer(3));
    const { result } = await client.next(({ id }) => id === 3);
    expect(JSON.parse(result.content[0].text).code).toBe("continuation-invalid");
    expect(server.received.map(({ id }) => id)).toEqual([1, 2]);
    expect(outcomes().toSorted()).toEqual([
      "mcp-method:files/elicitation/create:completed",
      "mcp:files/deploy:completed",
      "mcp:files/deploy:continuation-invalid",
    ]);
  });

  test.for<[string, object]>([
    ["with changed arguments", answer(2, {}, { env: "production" })],
    ["with a foreign state", answer(2, { requestState: "state-2" })],
    ["without the state", answer(2, { requestState: undefined })],
    ["with an answer to what was not asked", answer(2, { inputResponses: { other: {} } })],
    ["of another tool", callOf(2, "remove", { env: "test" }, { ...meta, requestState: "state-1" })],
  ])("one %s is a new call, and denied", async ([, message]) => {
    const { client, server } = await open();
    await client.send(message);
    const { result } = await client.next(({ id }) => id === 2);
    expect(result).toMatchObject({ isError: true, resultType: "complete" });
    expect(server.received.map(({ id }) => id)).toEqual([1]);
    // The execution still waits for the right one.
    await client.send(answer(3));
    await server.next(({ id }) => id === 3);
  });

  test("one of another principal, and one after the policy forbids", async () => {
    const { trustedPrincipal } = await import("@portcullis/core");
    const { client, server, become } = await open();
    become({
      principal: trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:eve" } }),
      session: { id: "task", isNew: true },
    });
    await client.send(answer(2));
    const { result } = await client.next(({ id }) => id === 2);
    expect(JSON.parse(result.content[0].text).code).toBe("continuation-invalid");
    expect(server.received.map(({ id }) => id)).toEqual([1]);
  });

  test("a call that is cancelled while it waits ends, and its state is worth nothing", async () => {
    const { client, server, outcomes } = await open();
    const params = { requestId: 1 };
    await client.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    await settle();
    await client.send(answer(2));
    const { result } = await client.next(({ id }) => id === 2);
    expect(JSON.parse(result.content[0].text).code).toBe("continuation-invalid");
    expect(server.received.filter(({ id }) => id === 2)).toEqual([]);
    expect(outcomes()).toContain("mcp:files/deploy:aborted");
  });
});

describe("V55 headers that repeat arguments", () => {
  const withDefault = policyOf({ "mcp:files/deploy": entry() });
  const headers = { "Mcp-Param-Env": "test" };

  test("the same arguments pass", async () => {
    const { guard } = await guardOver(withDefault);
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send(callOf(1, "deploy", { force: true, env: "test" }), { headers });
    expect(server.received).toHaveLength(1);
  });

  test("arguments that a schema changes are denied, and nothing is sent", async () => {
    const clamped = policyOf({ "mcp:files/deploy": entry() }, [
      {
        id: "small",
        effect: "require",
        tools: ["mcp:files/deploy"],
        obligations: [{ type: "clamp", path: "/count", max: 3 }],
      },
    ]);
    const { guard, outcomes } = await guardOver({
      ...clamped,
      tools: {
        "mcp:files/deploy": entry({
          input: { type: "object", properties: { count: { type: "integer" } } },
        }),
      },
    });
    const { client, server } = await rawPair({ guard, side: "client" });
    await client.send(callOf(1, "deploy", { count: 9 }));
    expect(server.received[0].params.arguments).toEqual({ count: 3 });
    await client.send(callOf(2, "deploy", { count: 9 }), { headers: { "mcp-param-count": "9" } });
    const { result } = await client.next(({ id }) => id === 2);
    expect(JSON.parse(result.content[0].text).code).toBe("header-mismatch");
    expect(server.received).toHaveLength(1);
    expect(outcomes()).toContain("mcp:files/deploy:header-mismatch");
  });
});

test("an in-memory pair of the second SDK, both sides guarded, asks through", async () => {
  const { guard } = await guardOver(asking);
  const asked: string[] = [];
  const [left, right] = InMemoryTransport.createLinkedPair() as Loose[];
  const server = new McpServer(INFO);
  server.registerTool("deploy", { inputSchema: z.object({}) }, (async (_: unknown, ctx: Loose) => {
    const answer = await ctx.mcpReq.elicitInput({
      message: "Really?",
      requestedSchema: { type: "object", properties: { ok: { type: "string" } } },
    });
    return { content: [{ type: "text", text: answer.action }] };
  }) as Loose);
  const client = new Client(INFO, { capabilities: { elicitation: {} } });
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    asked.push(params.message);
    return { action: "accept", content: { ok: "yes" } };
  });
  const options = { guard, context, server: "files" };
  await guardServer(server, options).connect(right);
  await guardClient(client, options).connect(left);
  const result: Loose = await client.callTool({ name: "deploy", arguments: {} });
  expect([asked, result.content[0].text]).toEqual([["Really?"], "accept"]);
});
