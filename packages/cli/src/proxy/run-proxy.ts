import type { ContextInput } from "@portcullis/core";
import { guardProxy } from "@portcullis/mcp";
import type { CliIo } from "../cli-io.ts";
import { createPortcullis } from "../create-portcullis.ts";
import { toPrintable } from "../printable.ts";
import { listenForClients } from "./http-downstream.ts";
import { readProxyServers } from "./proxy-servers.ts";
import type { ServerFlags } from "./proxy-servers.ts";
import { StdioDownstream } from "./stdio-downstream.ts";

/** What a proxy is to do. */
export interface ProxyRun {
  readonly policy: string;
  readonly production: boolean;
  /** Prints the address as JSON. */
  readonly asJson: boolean;
  readonly context: ContextInput;
  readonly servers: ServerFlags;
  /** Lock of approved definitions. */
  readonly lock?: string;
  readonly log?: string;
  /** Listens there; without it the client is on standard input and output. */
  readonly port?: number;
}

/** Runs a proxy until its client ends or somebody interrupts it. */
export async function runProxy(run: ProxyRun, io: CliIo): Promise<void> {
  const { context, servers, policy, production, log, lock, port } = run;
  const say = (text: string): void => {
    void io.stderr.write(`portcullis: ${toPrintable(text)}\n`).catch(() => undefined);
  };
  const upstreams = await readProxyServers(servers, io.cwd);
  const guard = await createPortcullis({
    policy,
    production: production || io.env["NODE_ENV"] === "production",
    logger: { warn: (text) => void io.stderr.write(`${text}\n`).catch(() => undefined) },
    ...(log === undefined ? {} : { log }),
    ...(lock === undefined ? {} : { lock }),
  });
  const proxy = guardProxy({ guard, context, upstreams });
  const onError = (error: Error): void => say(error.name);
  if (port !== undefined) {
    const listening = await listenForClients(proxy, { port, onError });
    say(`listening on ${listening.url}`);
    if (run.asJson) await io.stdout.write(`${JSON.stringify({ url: listening.url })}\n`);
    await interrupted(io);
    await listening.close();
    return;
  }
  const client = new StdioDownstream(io);
  Object.assign(client, { onerror: onError });
  await proxy.connect(client);
  await Promise.race([client.ended, interrupted(io)]);
  await proxy.close();
}

function interrupted(io: CliIo): Promise<void> {
  return new Promise((resolve) => {
    io.onInterrupt?.(resolve);
  });
}
