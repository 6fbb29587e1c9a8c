import type { LoopbackRequest, LoopbackServer } from "./loopback-server.ts";
import { openLoopbackServer } from "./loopback-server.ts";

/** The server of whoever wrote the injection: it keeps whatever reaches it. */
export interface AttackerServer extends LoopbackServer {
  /** Everything that came, oldest first. */
  received(): readonly LoopbackRequest[];
}

/** Opens the attacker's server on a free port of 127.0.0.1. */
export async function openAttackerServer(): Promise<AttackerServer> {
  const received: LoopbackRequest[] = [];
  const server = await openLoopbackServer((request) => {
    received.push(request);
    return { status: 200, json: { thanks: true } };
  });
  return { ...server, received: () => [...received] };
}
