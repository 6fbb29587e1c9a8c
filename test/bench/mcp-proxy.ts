import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BenchResult } from "./bench-result.ts";
import { formatNs, line, runGated } from "./gated.ts";
import type { Measured } from "./gated.ts";
import { asyncContender, measure, ratio } from "./measure.ts";

const FOLDER = join(import.meta.dirname, "mcp");
const SERVER = [process.execPath, join(FOLDER, "echo-server.mjs")] as const;
const CLI = join(import.meta.dirname, "../../packages/cli/src/bin.ts");
const BASE = "pass-through proxy";
const GUARDED = "portcullis proxy";
const INPUTS = Array.from({ length: 256 }, (_, index) => ({
  path: `notes/report-${index}.txt`,
  text: `line ${index} `.repeat(80),
}));

/**
 * Times one call of a real MCP server, over standard input and output, behind a proxy that only
 * passes messages on, behind ours, and behind none. Each proxy and each server is a process.
 */
export function benchMcpProxy(): Promise<BenchResult> {
  return runGated("mcp-proxy", measureProxies);
}

async function measureProxies(rounds: number): Promise<Measured> {
  const guarded = [
    process.execPath,
    "--conditions=portcullis-source",
    CLI,
    "proxy",
    "--policy",
    join(FOLDER, "policy.yaml"),
    "--agent",
    "bench",
    "--server",
    "bench",
    "--",
    ...SERVER,
  ];
  const clients = {
    "no proxy": await connect(SERVER),
    [BASE]: await connect([process.execPath, join(FOLDER, "pass-through.mjs"), ...SERVER]),
    [GUARDED]: await connect(guarded),
  };
  try {
    const contenders = Object.entries(clients).map(([name, client]) =>
      asyncContender(name, INPUTS, (args) => client.call(args)),
    );
    const timings = await measure(contenders, { rounds, sampleMs: 300, clock: wallNs });
    return {
      results: timings.map(({ name, ...figures }) => ({
        case: name,
        ...figures,
        ratio: ratio(timings, name, BASE),
      })),
      // Reported, not gated: calls so small over pipes are the least that a proxy can be measured by.
      gates: [],
      lines: timings.map(({ name, medianNs }) =>
        line(name, formatNs(medianNs), `x${ratio(timings, name, BASE).toFixed(2)}`),
      ),
    };
  } finally {
    for (const client of Object.values(clients)) client.end();
  }
}

// The work is spread over processes, so CPU time of this one says nothing.
function wallNs(): number {
  return performance.now() * 1e6;
}

interface BenchClient {
  call(args: (typeof INPUTS)[number]): Promise<void>;
  end(): void;
}

/** The plainest client: what it costs is the same for all. */
async function connect([command = "", ...args]: readonly string[]): Promise<BenchClient> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  const waiting = new Map<number, (message: string) => void>();
  createInterface({ input: child.stdout }).on("line", (text) => {
    const { id }: { readonly id?: number } = JSON.parse(text);
    if (id !== undefined) waiting.get(id)?.(text);
  });
  let count = 0;
  const request = (method: string, params: object): Promise<string> =>
    new Promise((resolve) => {
      count += 1;
      waiting.set(count, resolve);
      send({ id: count, method, params });
    });
  const send = (message: object): void => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  };
  await request("initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1.0.0" },
  });
  send({ method: "notifications/initialized" });
  await request("tools/list", {});
  return {
    async call(given) {
      const text = await request("tools/call", { name: "echo", arguments: given });
      waiting.delete(count);
      if (!text.includes(given.text)) throw new Error(`The call did not run: ${text}`);
    },
    end() {
      child.stdin.end();
      child.kill();
    },
  };
}
