import type { ToolCall } from "@portcullis/core";
import type { GuardProxyOptions } from "../../guard-proxy.ts";
import type { JsonRpcMessage, RequestId, Transport } from "../../transport.ts";
import type { Beside } from "../connection.ts";
import { LISTS } from "../filter-list.ts";
import {
  INTERNAL_ERROR,
  isId,
  isObject,
  own,
  readMessage,
  toMessage,
  toRefusal,
  toRequest,
  versionOf,
} from "../message.ts";
import type { Notice, Reply, Request } from "../message.ts";
import { findContext } from "../to-call.ts";
import { joinGreetings, nextCursor, readCursor, routeOf, toExposed } from "./routes.ts";
import type { Names } from "./routes.ts";
import { createUpstream } from "./upstream.ts";
import type { Upstream } from "./upstream.ts";

/** Everything of one client of a proxy. */
export interface Router {
  close(): Promise<void>;
}

interface SentRequest {
  readonly upstream: Upstream;
  /** Its id there. */
  readonly id: RequestId;
  /** What the server names in its progress notifications. */
  readonly progressToken: unknown;
}

interface Parts {
  readonly names: Names;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly downstream: Transport;
  /** Where a request of the client is, by its own id. */
  readonly sent: Map<RequestId, SentRequest>;
  /** Requests of the servers, by the id that the client got. */
  readonly asked: Map<RequestId, { readonly upstream: Upstream; readonly id: RequestId }>;
  /** Servers of listed resources. */
  readonly owners: Map<string, string>;
  readonly nextId: () => number;
  readonly options: GuardProxyOptions;
}

const NO_SERVER = "none";
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;
const MOST_OWNERS = 100_000;

/** Joins one client with its servers; the caller starts the client's transport. */
export function createRouter(
  downstream: Transport,
  options: GuardProxyOptions & { readonly onClose: () => void },
): Router {
  const servers = Object.keys(options.upstreams);
  const upstreams = new Map<string, Upstream>();
  let count = 0;
  const parts: Parts = {
    names: { servers, isPlain: servers.length === 1 },
    upstreams,
    downstream,
    sent: new Map(),
    asked: new Map(),
    owners: new Map(),
    nextId: () => (count += 1),
    options,
  };
  const onError = (error: Error): void => downstream.onerror?.(error);
  for (const [name, connect] of Object.entries(options.upstreams)) {
    const upstream: Upstream = createUpstream({
      ...options,
      name,
      connect,
      onError,
      onMessage: (message, beside) => {
        takeFromServer(parts, upstream, { message, beside }).catch(onError);
      },
    });
    upstreams.set(name, upstream);
  }
  const close = async (): Promise<void> => {
    options.onClose();
    await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
  };
  Object.assign(downstream, {
    onmessage: (message: JsonRpcMessage, extra?: Beside) => {
      takeFromClient(parts, message, { ...extra }).catch(onError);
    },
    onclose: () => {
      close().catch(onError);
    },
  });
  return {
    async close() {
      await downstream.close();
      await close();
    },
  };
}

async function takeFromClient(parts: Parts, message: unknown, beside: Beside): Promise<void> {
  const read = readMessage(message);
  if (read === undefined) return;
  if (read.kind === "notice") return tellServers(parts, read, beside);
  if (read.kind !== "request") {
    const asked = parts.asked.get(read.id);
    parts.asked.delete(read.id);
    await asked?.upstream.tell({ ...read, id: asked.id }, beside);
    return;
  }
  const { id } = read;
  const reply = await answerRequest(parts, read, beside).catch((): Reply =>
    failure(id, INTERNAL_ERROR, "The request could not be handed on."),
  );
  parts.sent.delete(id);
  await parts.downstream.send(toMessage({ ...reply, id }), { relatedRequestId: id });
}

async function answerRequest(parts: Parts, request: Request, beside: Beside): Promise<Reply> {
  const { names, upstreams } = parts;
  const { method, id } = request;
  if (method === "ping") return { kind: "result", id, result: {} };
  if (!names.isPlain) {
    if (method === "initialize" || method === "server/discover")
      return greet(parts, request, beside);
    if (LISTS.has(method)) return listAll(parts, request, beside);
    if (method === "logging/setLevel") return askAll(parts, request, beside);
  }
  const route = routeOf(names, request, (uri) => parts.owners.get(String(uri)));
  const upstream = route && upstreams.get(route.server);
  if (upstream === undefined) return refuse(parts, request, beside);
  return ask(parts, { ...request, params: route?.params ?? {} }, { upstream, beside });
}

/** A name or method that none of the servers has: the guard refuses it, and puts it on record. */
async function refuse({ options }: Parts, request: Request, beside: Beside): Promise<Reply> {
  const { id, method, params } = request;
  const name = own(params, "name");
  const tool = method === "tools/call" && typeof name === "string" ? name : `mcp-method:${method}`;
  const call: ToolCall = { callId: String(id), tool, args: {}, origin: "mcp" };
  const server = NO_SERVER;
  const context = await findContext({ ...options, server }, request, { call, beside });
  const outcome = await options.guard.execute(call, context, () => {
    throw new Error("There is no such server.");
  });
  if (outcome.kind === "completed" || outcome.kind === "failed") {
    return failure(id, METHOD_NOT_FOUND, "No server of this proxy takes this request.");
  }
  const isModern = (versionOf(request) ?? "") >= "2026";
  const read = readMessage(toRefusal(request, outcome.denial, { isModern }));
  return read?.kind === "result" || read?.kind === "error"
    ? read
    : failure(id, INTERNAL_ERROR, "The request was refused.");
}

/** Sends a request under an id of our own; ids of several clients and servers would collide. */
function ask(
  { sent, nextId }: Parts,
  request: Request,
  { upstream, beside }: { readonly upstream: Upstream; readonly beside: Beside },
): Promise<Reply> {
  const id = nextId();
  const meta = own(request.params, "_meta");
  const progressToken = isObject(meta) ? own(meta, "progressToken") : undefined;
  sent.set(request.id, { upstream, id, progressToken });
  return upstream.request(request, beside, id);
}

async function askAll(parts: Parts, request: Request, beside: Beside): Promise<Reply> {
  const asking = [...parts.upstreams.values()].map((upstream) =>
    upstream.request(request, beside, parts.nextId()),
  );
  const replies = await Promise.all(asking);
  return (
    replies.find(({ kind }) => kind === "error") ??
    replies[0] ??
    failure(request.id, INTERNAL_ERROR, "There is no server.")
  );
}

async function greet(parts: Parts, request: Request, beside: Beside): Promise<Reply> {
  const asking = [...parts.upstreams.values()].map((upstream) =>
    upstream.request(request, beside, parts.nextId()),
  );
  const replies = await Promise.all(asking);
  const refused = replies.find(({ kind }) => kind === "error");
  if (refused !== undefined) return refused;
  const joined = joinGreetings(
    replies.flatMap((reply) => (reply.kind === "result" ? [reply.result] : [])),
  );
  return joined === undefined
    ? failure(request.id, INTERNAL_ERROR, "The servers speak different versions of the protocol.")
    : { kind: "result", id: request.id, result: joined };
}

/** One server's page of a joined list, its names as the client sees them. */
async function listAll(parts: Parts, request: Request, beside: Beside): Promise<Reply> {
  const { names, upstreams, owners } = parts;
  const { id, method, params } = request;
  const place = readCursor(names, own(params, "cursor"));
  const server = names.servers[place?.index ?? -1];
  const upstream = server === undefined ? undefined : upstreams.get(server);
  if (place === undefined || server === undefined || upstream === undefined) {
    return failure(id, INVALID_PARAMS, "This is no cursor of this proxy.");
  }
  const paged = withMember(params, "cursor", place.cursor);
  const reply = await ask(parts, { ...request, params: paged }, { upstream, beside });
  // A server without prompts answers with an error, and the other servers are asked all the same.
  const page = reply.kind === "result" ? reply.result : {};
  const member = LISTS.get(method) ?? "";
  const listed = own(page, member);
  const entries = (Array.isArray(listed) ? listed : []).filter(isObject).map((entry) => {
    const uri = own(entry, "uri");
    if (typeof uri === "string" && owners.size < MOST_OWNERS) owners.set(uri, server);
    const name = own(entry, "name");
    const isCalledByName = method === "tools/list" || method === "prompts/list";
    if (!isCalledByName || typeof name !== "string") return entry;
    return { ...entry, name: toExposed(names, server, name) };
  });
  const next = nextCursor(names, place.index, own(page, "nextCursor"));
  const result = withMember({ ...page, [member]: entries }, "nextCursor", next);
  return { kind: "result", id, result };
}

function withMember(
  value: object,
  name: string,
  member: string | undefined,
): Readonly<Record<string, unknown>> {
  const rest = Object.entries(value).filter(([key]) => key !== name);
  return Object.fromEntries(member === undefined ? rest : [...rest, [name, member]]);
}

async function tellServers(parts: Parts, notice: Notice, beside: Beside): Promise<void> {
  const { upstreams, sent } = parts;
  if (notice.method !== "notifications/cancelled") {
    await Promise.all([...upstreams.values()].map((upstream) => upstream.tell(notice, beside)));
    return;
  }
  const id = own(notice.params, "requestId");
  const found = isId(id) ? sent.get(id) : undefined;
  if (found === undefined) return;
  const params = { ...notice.params, requestId: found.id };
  await found.upstream.tell({ ...notice, params }, beside);
}

async function takeFromServer(
  parts: Parts,
  upstream: Upstream,
  { message, beside }: { readonly message: Request | Notice; readonly beside: Beside },
): Promise<void> {
  const { downstream, asked, nextId } = parts;
  const related = relatedTo(parts, upstream, { message, beside });
  const options = related === undefined ? {} : { relatedRequestId: related };
  if (message.kind === "notice") {
    await downstream.send(toMessage(withOuterId(parts, upstream, message)), options);
    return;
  }
  const id = nextId();
  asked.set(id, { upstream, id: message.id });
  await downstream.send(toRequest({ ...message, id }, message.params), options);
}

/** The client's request that a message of a server belongs to, as far as that can be told. */
function relatedTo(
  { sent }: Parts,
  upstream: Upstream,
  { message, beside }: { readonly message: Request | Notice; readonly beside: Beside },
): RequestId | undefined {
  const open = [...sent].filter(([, at]) => at.upstream === upstream);
  const token = own(message.params, "progressToken");
  const told = open.find(
    ([, { id, progressToken }]) =>
      id === beside.relatedRequestId || (token !== undefined && token === progressToken),
  );
  if (told !== undefined) return told[0];
  return open.length === 1 ? open[0]?.[0] : undefined;
}

/** A server takes back a question under the id that the client got. */
function withOuterId({ asked }: Parts, upstream: Upstream, notice: Notice): Notice {
  if (notice.method !== "notifications/cancelled") return notice;
  const id = own(notice.params, "requestId");
  const found = [...asked].find(([, at]) => at.upstream === upstream && at.id === id);
  return found === undefined
    ? notice
    : { ...notice, params: { ...notice.params, requestId: found[0] } };
}

function failure(id: RequestId, code: number, text: string): Reply {
  return { kind: "error", id, code, text, data: undefined };
}
