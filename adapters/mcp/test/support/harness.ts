import type { Loose } from "./loose.ts";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import type {
  AdapterHarness,
  AdapterLetter,
  CallOutput,
  ModelCall,
  Observation,
  Scenario,
} from "@portcullis/testkit";
import { guardClient, guardProxy, guardServer } from "../../src/index.ts";
import { createClient, createServer, httpEnds, memoryPair } from "./peers.ts";
import type { Kind } from "./peers.ts";

const SERVER = "vectors";

/** One side of one kind of peers, with the guard on that side. */
export function harnessFor(kind: Kind, letter: "C" | "S" | "P"): AdapterHarness {
  const side = { C: "client side", S: "server side", P: "proxy" }[letter];
  return {
    name: "mcp",
    letters: [letter satisfies AdapterLetter],
    entryPoint: `${kind}, ${side}`,
    server: SERVER,
    run: (scenario, mode) => runScenario(scenario, { kind, letter, isGuarded: mode === "guarded" }),
  };
}

async function runScenario(
  scenario: Scenario,
  { kind, letter, isGuarded }: { kind: Kind; letter: "C" | "S" | "P"; isGuarded: boolean },
): Promise<Observation> {
  const { guard, context, signal } = scenario;
  const options = {
    guard,
    server: SERVER,
    ...(context === undefined ? {} : { context: { ...context, signal } }),
  };
  const client = createClient(kind);
  const newServer = () => {
    const server = createServer(kind, scenario.tools);
    return isGuarded && letter === "S" ? guardServer(server, options) : server;
  };
  if (isGuarded && letter === "C") guardClient(client, options);
  if (kind === "v2 on 2026-07-28") {
    await client.connect(httpEnds(newServer));
  } else {
    const open = () => {
      const ends = memoryPair(kind);
      void newServer().connect(ends.server);
      return ends.client;
    };
    const outer = memoryPair(kind);
    if (isGuarded && letter === "P") {
      await guardProxy({ ...options, upstreams: { [SERVER]: open } }).connect(outer.server);
      await client.connect(outer.client);
    } else {
      await client.connect(open());
    }
  }
  const observation = await runTurns(scenario, client);
  await client.close();
  return observation;
}

async function runTurns(scenario: Scenario, client: Loose): Promise<Observation> {
  const outputs: CallOutput[] = [];
  const modelRequests = [];
  for (const [index, turn] of scenario.turns.entries()) {
    await scenario.beforeTurn(index);
    // A list that cannot be redacted is not given out at all.
    const { tools } = await client.listTools().catch(() => ({ tools: [] }));
    modelRequests.push({
      tools: tools.map(({ name }: { name: string }) => name),
      text: JSON.stringify([tools, outputs]),
    });
    if (!("calls" in turn)) continue;
    // A model's calls of one step are made at the same time.
    outputs.push(
      ...(await Promise.all(turn.calls.map((call) => callTool(client, call, scenario)))),
    );
  }
  return { modelRequests, outputs };
}

async function callTool(
  client: Loose,
  { id, name, args }: ModelCall,
  { signal }: Scenario,
): Promise<CallOutput> {
  const output = { callId: id, tool: name };
  try {
    const result = await client.callTool({ name, arguments: args }, ...abortable(client, signal));
    return { ...output, isError: result.isError === true, text: JSON.stringify(result) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ...output, isError: true, text };
  }
}

/** The first SDK takes a schema before its options. */
function abortable(client: Loose, signal: AbortSignal): unknown[] {
  return client instanceof ClientV1 ? [undefined, { signal }] : [{ signal }];
}
