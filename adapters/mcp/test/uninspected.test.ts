import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Rule, Scanner } from "@portcullis/core";
import { expect, test } from "vitest";
import { guardClient } from "../src/index.ts";
import { callOf, context, entry, guardOver, policyOf, rawPair, settle } from "./support/setup.ts";

const SECRET = "hunter2-secret";

const scanner: Scanner = {
  id: "test",
  kinds: ["secret"],
  scan: (text) => ({
    status: "complete",
    findings: [...text.matchAll(/hunter2-secret/g)].map(({ index }) => ({
      kind: "secret",
      rule: "password",
      start: index,
      end: index + SECRET.length,
      confidence: "high",
    })),
  }),
};

const redact: Rule = {
  id: "redact",
  effect: "require",
  tools: ["mcp:files/read"],
  obligations: [{ type: "redact", target: "result", kinds: ["secret"] }],
};
const policy = policyOf({ "mcp:files/read": entry() }, [redact]);

test.for([
  ["plainly", {}],
  ["as if it asked for input", { resultType: "input_required" }],
  ["with a state", { resultType: "input_required", requestState: "x" }],
] as const)("a server that answers %s gets no result past the guard", async ([, extra]) => {
  const { guard } = await guardOver(policy, { scanner });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = new Server({ name: "files", version: "1" }, { capabilities: { tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, () => ({
    ...extra,
    content: [{ type: "text", text: `pw=${SECRET}` }],
  }));
  await server.connect(far);
  const client = new Client({ name: "c", version: "1" });
  guardClient(client, { guard, server: "files", context });
  await client.connect(near);
  const result = await client.callTool({ name: "read", arguments: {} });
  expect(JSON.stringify(result)).not.toContain(SECRET);
});

test("a call does not begin under the id of a ping that waits", async () => {
  const { guard } = await guardOver(policy, { scanner });
  const { client, server } = await rawPair({ guard, side: "server" });
  await client.send({ jsonrpc: "2.0", id: 5, method: "ping" });
  await client.send(callOf(5, "read")).catch(() => undefined);
  await settle();
  expect(server.received.map(({ method }) => method)).toEqual(["ping"]);
});

test("a list under the id of a call carries no result past the guard", async () => {
  const { guard } = await guardOver(policy, { scanner });
  const { client, server } = await rawPair({ guard, side: "server" });
  const list = client.send({ jsonrpc: "2.0", id: 5, method: "tools/list" });
  await client.send(callOf(5, "read")).catch(() => undefined);
  await list.catch(() => undefined);
  await settle();
  const result = { content: [{ type: "text", text: `pw=${SECRET}` }] };
  await server.send({ jsonrpc: "2.0", id: 5, result }).catch(() => undefined);
  await settle();
  expect(JSON.stringify(client.received)).not.toContain(SECRET);
});
