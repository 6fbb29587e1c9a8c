import { isObject, own } from "../message.ts";
import type { Request } from "../message.ts";

/** Servers behind a proxy, as names show them. */
export interface Names {
  /** Keys of the servers. */
  readonly servers: readonly string[];
  /** With one server its names stay as they are; with several each gets its server in front. */
  readonly isPlain: boolean;
}

const BETWEEN = "__";

/** A name as the client sees it: `<server>__<name>`; a server's key has no underscore. */
export function toExposed({ isPlain }: Names, server: string, name: string): string {
  return isPlain ? name : `${server}${BETWEEN}${name}`;
}

/** The server of an exposed name, and its own name there. */
function fromExposed(
  { servers, isPlain }: Names,
  exposed: string,
): { readonly server: string; readonly name: string } | undefined {
  const [first = ""] = servers;
  if (isPlain) return { server: first, name: exposed };
  const end = exposed.indexOf(BETWEEN);
  const server = exposed.slice(0, Math.max(0, end));
  return servers.includes(server)
    ? { server, name: exposed.slice(end + BETWEEN.length) }
    : undefined;
}

/** Where a request goes, with the parameters as that server knows them. */
export interface Route {
  readonly server: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The server that a request is for; undefined where none can be told. */
export function routeOf(
  names: Names,
  { method, params }: Request,
  ownerOf: (uri: unknown) => string | undefined,
): Route | undefined {
  const [first = ""] = names.servers;
  if (names.isPlain) return { server: first, params };
  if (method === "tools/call" || method === "prompts/get") {
    const exposed = own(params, "name");
    const found = typeof exposed === "string" ? fromExposed(names, exposed) : undefined;
    return found && { server: found.server, params: { ...params, name: found.name } };
  }
  if (method.startsWith("resources/")) {
    const server = ownerOf(own(params, "uri"));
    return server === undefined ? undefined : { server, params };
  }
  const ref = own(params, "ref");
  if (method !== "completion/complete" || !isObject(ref)) return undefined;
  const name = own(ref, "name");
  if (typeof name !== "string") {
    const server = ownerOf(own(ref, "uri"));
    return server === undefined ? undefined : { server, params };
  }
  const found = fromExposed(names, name);
  return (
    found && { server: found.server, params: { ...params, ref: { ...ref, name: found.name } } }
  );
}

/** A place in the joined list of all servers: a server, and a place in its own list. */
export function readCursor(
  { servers }: Names,
  cursor: unknown,
): { readonly index: number; readonly cursor?: string } | undefined {
  if (cursor === undefined) return { index: 0 };
  if (typeof cursor !== "string") return undefined;
  const end = cursor.indexOf(":");
  const index = servers.indexOf(cursor.slice(0, Math.max(0, end)));
  const rest = cursor.slice(end + 1);
  if (index === -1) return undefined;
  return rest === "" ? { index } : { index, cursor: rest };
}

/** The place after a page, or undefined at the end. */
export function nextCursor({ servers }: Names, index: number, next: unknown): string | undefined {
  if (typeof next === "string") return `${servers[index] ?? ""}:${next}`;
  const following = servers[index + 1];
  return following === undefined ? undefined : `${following}:`;
}

/** What several servers say of themselves, as one: what one of them can, the proxy can. */
export function joinGreetings(results: readonly object[]): object | undefined {
  const [first] = results;
  if (first === undefined) return undefined;
  const versions = new Set(results.map((result) => own(result, "protocolVersion")));
  if (versions.size > 1) return undefined;
  const capabilities = results.map((result) => own(result, "capabilities")).filter(isObject);
  const merged: Record<string, unknown> = {};
  for (const name of ["tools", "prompts", "resources", "completions", "logging"]) {
    const parts = capabilities.map((one) => own(one, name)).filter(isObject);
    if (parts.length > 0) merged[name] = Object.assign({}, ...parts);
  }
  const serverInfo = { name: "portcullis-proxy", version: "1" };
  return { ...first, capabilities: merged, serverInfo, instructions: undefined };
}
