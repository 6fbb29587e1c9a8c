import { resolve } from "node:path";
import { PortcullisConfigError, trustedPrincipal } from "@portcullis/core";
import type { ContextInput } from "@portcullis/core";
import { EXIT } from "../exit-code.ts";
import { runProxy } from "../proxy/run-proxy.ts";
import { defineVerb } from "../verb.ts";
import type { Verb } from "../verb.ts";

/** `portcullis proxy`: an MCP proxy that decides every message, in front of any server. */
export const proxyVerb: Verb = defineVerb({
  name: "proxy",
  summary: "Stand between MCP clients and servers, and decide every message",
  isVariadic: true,
  args: {
    policy: {
      type: "string",
      description: "Policy file, or a folder that holds a policy.yaml",
      valueHint: "path",
      default: "./policy.yaml",
    },
    agent: { type: "string", description: "Id of the agent that the client is", valueHint: "id" },
    roles: {
      type: "string",
      description: "Roles of the agent, with commas between",
      valueHint: "list",
    },
    user: {
      type: "string",
      description: "Id of the person on whose behalf it acts",
      valueHint: "id",
    },
    session: {
      type: "string",
      description: "Id of the task; default one for each server and principal",
      valueHint: "id",
    },
    server: {
      type: "string",
      description: "Key of the one server in the policy",
      valueHint: "key",
    },
    url: { type: "string", description: "Address of the one server", valueHint: "url" },
    config: {
      type: "string",
      description: "File with `mcpServers`, as MCP hosts have it, for several servers",
      valueHint: "path",
    },
    listen: {
      type: "string",
      description: "Port of 127.0.0.1 for Streamable HTTP; default standard input and output",
      valueHint: "port",
    },
    lock: {
      type: "string",
      description: "Lock of approved definitions; what is not in it is hidden and denied",
      valueHint: "path",
    },
    log: { type: "string", description: "Decision log to append to", valueHint: "path" },
    json: { type: "boolean", description: "With --listen, print the address as one JSON object" },
    production: { type: "boolean", description: "Refuse a policy that is not signed" },
  },
  details: `
portcullis proxy --policy ./policy.yaml --agent assistant --server files -- npx files-server ./notes
portcullis proxy --agent assistant --user user:ann --server github --url https://mcp.example.com/mcp
portcullis proxy --agent assistant --config ./servers.json --listen 7300

Put it where the client had the server's own command or address; neither of them is changed. A tool is
mcp:<server>/<tool> in the policy, any other request mcp-method:<server>/<method>; what the policy does
not have is denied. With one server all names stay as they are, with several they are <server>__<name>.

A server that ends is started again with the next message.

Exit codes: 0 the client has ended, 2 used wrongly, 3 broken inside.`,
  async run(given, io) {
    if (given.agent === undefined) {
      throw new PortcullisConfigError("--agent", "Say which agent the client is with --agent.");
    }
    const { _: command, json } = given;
    if (json === true && given.listen === undefined) {
      throw new PortcullisConfigError(
        "--json",
        "--json needs --listen: the client has the output.",
      );
    }
    await runProxy(
      {
        policy: resolve(io.cwd, given.policy),
        production: given.production === true,
        asJson: json === true,
        context: toContext({ ...given, agent: given.agent }),
        servers: { config: given.config, server: given.server, url: given.url, command },
        ...(given.lock === undefined ? {} : { lock: resolve(io.cwd, given.lock) }),
        ...(given.log === undefined ? {} : { log: resolve(io.cwd, given.log) }),
        ...(given.listen === undefined ? {} : { port: toPort(given.listen) }),
      },
      io,
    );
    return EXIT.ok;
  },
});

function toContext(given: {
  readonly agent: string;
  readonly roles?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
}): ContextInput {
  const { agent, roles, user, session } = given;
  const principal = trustedPrincipal({
    agent: { id: agent, roles: roles === undefined ? [] : roles.split(",") },
    ...(user === undefined ? {} : { user: { id: user } }),
  });
  return session === undefined ? { principal } : { principal, session: { id: session } };
}

function toPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PortcullisConfigError("--listen", "--listen needs a port from 0 to 65535.");
}
