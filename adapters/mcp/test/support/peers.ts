import type { Loose } from "./loose.ts";
import { Client as ClientV2, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { InMemoryTransport as MemoryV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as MemoryV1 } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server as ServerV1 } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, Server as ServerV2 } from "@modelcontextprotocol/server";
import type { ScenarioTool } from "@portcullis/testkit";

const INFO = { name: "vectors", version: "1.0.0" };

/** A pair of transports whose ends know each other. */
export interface Ends {
  readonly client: Loose;
  readonly server: Loose;
}

/** Versions and protocols that the same adapter source must hold on. */
export const KINDS = ["v1", "v2", "v2 on 2026-07-28", "v1 client, v2 server"] as const;
export type Kind = (typeof KINDS)[number];

export function memoryPair(kind: Kind): Ends {
  const [client, server] = (kind === "v1" ? MemoryV1 : MemoryV2).createLinkedPair();
  return { client, server };
}

export function createClient(kind: Kind, options: Record<string, unknown> = {}): Loose {
  if (kind === "v1" || kind === "v1 client, v2 server") return new ClientV1(INFO, options);
  const pinned = kind === "v2" ? {} : { versionNegotiation: { mode: { pin: "2026-07-28" } } };
  return new ClientV2(INFO, { ...pinned, ...options });
}

/** A low-level server over plain tools; handlers see the signal that the SDK gives them. */
export function createServer(kind: Kind, tools: readonly ScenarioTool[]): Loose {
  const capabilities = { tools: { listChanged: true } };
  const list = () => ({
    tools: tools.map(({ name, description, input, extra }) => ({
      name,
      description,
      inputSchema: input,
      ...extra,
    })),
  });
  const call = async (params: { name: string; arguments?: unknown }, signal: AbortSignal) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (tool === undefined) throw new Error(`no tool ${params.name}`);
    const value = await tool.execute(params.arguments ?? {}, signal);
    return { content: [{ type: "text" as const, text: JSON.stringify(value) }] };
  };
  if (kind === "v1") {
    const server = new ServerV1(INFO, { capabilities });
    server.setRequestHandler(ListToolsRequestSchema, list);
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
      call(params, signal),
    );
    return server;
  }
  const server = new ServerV2(INFO, { capabilities });
  server.setRequestHandler("tools/list", list as Loose);
  server.setRequestHandler("tools/call", ({ params }, ctx) =>
    call(params as Loose, ctx.mcpReq.signal),
  );
  return server;
}

/** A client transport to servers of 2026-07-28, one for each request, without a socket. */
export function httpEnds(factory: () => Loose): Loose {
  const handler = createMcpHandler(factory);
  return new StreamableHTTPClientTransport(new URL("http://127.0.0.1/mcp"), {
    fetch: (url, init) => handler.fetch(new Request(url, init)),
  });
}
