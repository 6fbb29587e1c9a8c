import type { Loose } from "./loose.ts";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import type {
  ContextInput,
  DecisionRecord,
  Guard,
  GuardOptions,
  PolicyDocument,
  Rule,
  ToolEntry,
} from "@portcullis/core";
import { APPROVAL_TERMS } from "@portcullis/testkit";
import { guardTransport } from "../../src/index.ts";

const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });
export const context: ContextInput = { principal, session: { id: "task", isNew: true } };

export function entry(more: Partial<ToolEntry> = {}): ToolEntry {
  return {
    class: "read",
    sensitivity: "internal",
    reversible: true,
    origin: "mcp",
    input: { type: "object", additionalProperties: true },
    result: { labels: [] },
    ...more,
  };
}

/** A policy over tools and methods of the server `files`; all of `permitted` is permitted. */
export function policyOf(
  tools: Readonly<Record<string, ToolEntry>>,
  more: readonly Rule[] = [],
): PolicyDocument {
  return {
    ast: 1,
    name: "mcp-tests",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: { supervisor: { users: [] } },
    tools,
    rules: [
      { id: "permit-bot", effect: "permit", agents: ["bot"], tools: Object.keys(tools) },
      ...more,
    ],
    limits: [],
    risk: {
      base: { read: 0, write: 0, delete: 0, execute: 0, send: 0, pay: 0, delegate: 0 },
      add: [],
      approval: [],
    },
    approval: APPROVAL_TERMS,
    audit: { level: "basic" },
  };
}

export interface TestGuard {
  readonly guard: Guard;
  readonly log: DecisionRecord[];
  /** `tool:code or result` of every finished call. */
  readonly outcomes: () => readonly string[];
}

export async function guardOver(
  policy: PolicyDocument,
  options: Partial<GuardOptions> = {},
): Promise<TestGuard> {
  const log: DecisionRecord[] = [];
  const guard = await createGuard({
    policy,
    sink: {
      write: async (record) => {
        log.push(record);
      },
    },
    ...options,
  });
  return {
    guard,
    log,
    outcomes: () =>
      log
        .filter(({ phase }) => phase === "outcome")
        .map(({ tool, code, result }) => `${tool}:${code ?? result}`),
  };
}

/** One end of a raw connection. */
export interface End {
  readonly received: Loose[];
  send(message: object, options?: object): Promise<void>;
  /** Handles everything that arrives from now on. */
  on(handler: (message: Loose) => void): void;
  /** Resolves with the first received message that fits, also one that came before. */
  next(fits: (message: Loose) => boolean): Promise<Loose>;
  readonly transport: Loose;
}

/** Two raw ends; with a guard it stands in the transport of `side`. */
export async function rawPair(guarded?: {
  guard: Guard;
  side: "client" | "server";
  context?: Loose;
  server?: string;
}): Promise<{ client: End; server: End }> {
  const [client, server] = InMemoryTransport.createLinkedPair() as Loose[];
  const wrap = (transport: Loose, side: "client" | "server") =>
    guarded?.side === side
      ? guardTransport(transport, {
          server: "files",
          ...("context" in guarded ? {} : { context }),
          ...guarded,
        })
      : transport;
  const ends = { client: toEnd(wrap(client, "client")), server: toEnd(wrap(server, "server")) };
  await ends.server.transport.start();
  await ends.client.transport.start();
  return ends;
}

function toEnd(transport: Loose): End {
  const received: Loose[] = [];
  const handlers: ((message: Loose) => void)[] = [];
  Object.assign(transport, {
    onmessage: (message: Loose) => {
      received.push(message);
      for (const handler of handlers) handler(message);
    },
  });
  return {
    received,
    transport,
    send: (message, options) => transport.send(message, options),
    on(handler) {
      handlers.push(handler);
    },
    next: (fits) =>
      new Promise((resolve) => {
        const known = received.find(fits);
        if (known !== undefined) return resolve(known);
        handlers.push((message) => {
          if (fits(message)) resolve(message);
        });
      }),
  };
}

/** A request to call a tool. */
export function callOf(id: number | string, name: string, args: unknown = {}, more: object = {}) {
  return {
    jsonrpc: "2.0",
    id,
    method: "tools/call",
    params: { name, arguments: args, ...more },
  };
}

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
