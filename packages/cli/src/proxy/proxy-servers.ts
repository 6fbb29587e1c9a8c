import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { PortcullisConfigError } from "@portcullis/core";
import type { Transport } from "@portcullis/mcp";
import { isJsonObject } from "../is-json-object.ts";
import { parseJsonOption } from "../read-json-option.ts";
import { HttpUpstream } from "./http-upstream.ts";
import { StdioUpstream } from "./stdio-upstream.ts";

/** What the flags say about the servers. */
export interface ServerFlags {
  readonly config?: string | undefined;
  readonly server?: string | undefined;
  readonly url?: string | undefined;
  /** The command after `--`. */
  readonly command: readonly string[];
}

/** The servers of a proxy: from flags, or from a file as MCP hosts have it. */
export type ProxyServers = Readonly<Record<string, () => Transport>>;

const MEMBERS: ReadonlySet<string> = new Set([
  "command",
  "args",
  "env",
  "cwd",
  "url",
  "headers",
  "type",
]);

/**
 * Reads which servers stand behind the proxy.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when there is none, or an entry cannot be read;
 * never with a value of it.
 */
export async function readProxyServers(flags: ServerFlags, cwd: string): Promise<ProxyServers> {
  const { config, server, url, command } = flags;
  if (config !== undefined) {
    if (server !== undefined || url !== undefined || command.length > 0) {
      throw new PortcullisConfigError("--config", "With --config all servers are in the file.");
    }
    return readConfig(config, cwd);
  }
  if (server === undefined) {
    throw new PortcullisConfigError(
      "--server",
      "Name the server with --server, as in --server files.",
    );
  }
  const [program, ...args] = command;
  if ((program === undefined) === (url === undefined)) {
    const message = "Give the server's command after --, or its address with --url.";
    throw new PortcullisConfigError("--url", message);
  }
  return {
    [server]: toConnect(server, program === undefined ? { url } : { command: program, args }, cwd),
  };
}

async function readConfig(path: string, cwd: string): Promise<ProxyServers> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, path), "utf8");
  } catch (cause) {
    throw new PortcullisConfigError("--config", "The file of --config cannot be read.", { cause });
  }
  const value = parseJsonOption("--config", text);
  const servers = isJsonObject(value) ? value["mcpServers"] : undefined;
  if (!isJsonObject(servers)) {
    throw new PortcullisConfigError(
      "--config",
      "The file of --config needs `mcpServers`, an object.",
    );
  }
  return Object.fromEntries(
    Object.entries(servers).map(([name, entry]) => [name, toConnect(name, entry, cwd)]),
  );
}

function toConnect(name: string, entry: unknown, cwd: string): () => Transport {
  const wrong = (what: string): PortcullisConfigError =>
    new PortcullisConfigError("--config", `The server \`${name}\` ${what}.`);
  if (!isJsonObject(entry)) throw wrong("must be an object");
  const unknown = Object.keys(entry).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw wrong(`has a member \`${unknown}\` that is not known`);
  const { command, args = [], env = {}, url, headers = {} } = entry;
  const folder = entry["cwd"] ?? cwd;
  if (typeof url === "string" && command === undefined) {
    const address = readUrl(url);
    if (address === undefined) throw wrong("needs an address of http or https");
    if (!isTexts(headers)) throw wrong("needs `headers` of texts");
    return () => new HttpUpstream({ url: address, headers });
  }
  if (typeof command !== "string" || command === "" || url !== undefined) {
    throw wrong("needs either `command` or `url`");
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === "string")) {
    throw wrong("needs `args`, a list of texts");
  }
  if (!isTexts(env) || typeof folder !== "string") throw wrong("needs `env` and `cwd` of texts");
  return () => new StdioUpstream({ command, args, env, cwd: resolve(cwd, folder) });
}

/** Plain HTTP carries everything in the open, so it is for this machine alone. */
function readUrl(text: string): URL | undefined {
  try {
    const url = new URL(text);
    const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
    return url.protocol === "https:" || (url.protocol === "http:" && isLocal) ? url : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isJsonObject(value) && Object.values(value).every((member) => typeof member === "string");
}
