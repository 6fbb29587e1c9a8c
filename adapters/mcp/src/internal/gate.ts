import { PortcullisError } from "@portcullis/core";
import type { RequestId } from "../transport.ts";
import { conduct } from "./conduct.ts";
import type { Beside, Connection } from "./connection.ts";
import { createContinuations, isContinuation } from "./continuations.ts";
import { createDelivery } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import { filterList, LISTS } from "./filter-list.ts";
import type { AskedList } from "./filter-list.ts";
import type { Leg } from "./leg.ts";
import {
  INTERNAL_ERROR,
  isId,
  own,
  readMessage,
  toError,
  toMessage,
  toResult,
  versionOf,
} from "./message.ts";
import type { Notice, Reply, Request } from "./message.ts";
import { createReplies } from "./replies.ts";
import { findContext, toCall } from "./to-call.ts";
import type { Way } from "./way.ts";

/** Everything between a client and a server passes here. */
export interface Gate {
  /** Takes a message of the client; settles when it was handed on or answered. */
  fromClient(message: unknown, beside: Beside): Promise<void>;
  /** Takes a message of the server. */
  fromServer(message: unknown, beside: Beside): Promise<void>;
  /** Ends everything that is open. */
  close(): void;
}

/** What a gate keeps. */
interface Parts {
  readonly connection: Connection;
  readonly deliver: Delivery;
  /** Decided requests of the client. */
  readonly forward: Way;
  /** Decided requests of the server. */
  readonly reverse: Way;
  /** Requests that pass without a decision. */
  readonly passing: Set<RequestId>;
  readonly lists: Map<RequestId, AskedList>;
}

/** Requests that open and keep a connection and do nothing else. */
const PASSING: ReadonlySet<string> = new Set(["initialize", "ping", "server/discover"]);
const NOTICE = "notifications/";

/** Puts the guard between both ends of a connection. */
export function createGate(connection: Connection): Gate {
  const deliver = createDelivery(connection.toClient);
  const toClient: Way["send"] = (message, beside) => deliver(Promise.resolve(message), beside);
  const { toServer } = connection;
  const parts: Parts = {
    connection,
    deliver,
    forward: createWay(connection, { send: toServer, answer: toClient, isReverse: false }),
    reverse: createWay(connection, { send: toClient, answer: toServer, isReverse: true }),
    passing: new Set(),
    lists: new Map(),
  };
  return {
    async fromClient(message, beside) {
      const read = readMessage(message);
      if (read === undefined) throw unreadable();
      if (read.kind === "request") await takeRequest(parts, read, beside);
      else if (read.kind === "notice") await takeNotice(parts, read, beside);
      else if (connection.decidesReverse) parts.reverse.replies.settle(read);
      else await toServer(toMessage(read), beside);
    },
    async fromServer(message, beside) {
      const read = readMessage(message);
      if (read === undefined) throw unreadable();
      if (read.kind === "request") await takeReverse(parts, read, beside);
      else if (read.kind === "notice") await takeServerNotice(parts, read, beside);
      else await takeReply(parts, read, beside);
    },
    close: () => close(parts),
  };
}

function createWay(
  connection: Connection,
  { send, answer, isReverse }: Pick<Way, "send" | "answer" | "isReverse">,
): Way {
  return {
    connection,
    send,
    answer,
    isReverse,
    isModern: (request) => (versionOf(request) ?? connection.version() ?? "") >= "2026",
    replies: createReplies(),
    continuations: createContinuations(connection),
    running: new Map(),
  };
}

async function takeRequest(parts: Parts, request: Request, beside: Beside): Promise<void> {
  const { connection, passing, lists, forward } = parts;
  const { id, method } = request;
  // An answer is known by its id alone: nothing that is not inspected may have that of a call.
  const isCall = !PASSING.has(method) && !LISTS.has(method);
  if (passing.has(id) || lists.has(id) || (!isCall && forward.running.has(id))) throw unreadable();
  if (PASSING.has(method)) {
    passing.add(id);
  } else if (LISTS.has(method)) {
    const { epoch } = connection.definitions;
    const call = toCall(connection, request);
    const context = await findContext(connection, request, { call, beside });
    if (passing.has(id) || lists.has(id) || forward.running.has(id)) throw unreadable();
    lists.set(id, { method, context, epoch });
  } else {
    await begin(parts.forward, request, beside);
    return;
  }
  await connection.toServer(toMessage(request), beside);
}

/** Begins an execution, or goes on with one that waits; settles as the transport takes the message. */
function begin(way: Way, request: Request, beside: Beside): Promise<void> {
  return new Promise((handed, lost) => {
    const leg: Leg = { request, beside, handed, lost };
    beside.requestSignal?.addEventListener("abort", () => cancel(way, request.id), { once: true });
    void start(way, leg).catch(lost);
  });
}

async function start(way: Way, leg: Leg): Promise<void> {
  const { request, beside } = leg;
  const waiting =
    !way.isReverse && isContinuation(request)
      ? await way.continuations.take(request, beside)
      : undefined;
  if (waiting === undefined) await conduct(way, leg);
  else waiting.resume(leg);
}

async function takeReply(parts: Parts, reply: Reply, beside: Beside): Promise<void> {
  const { connection, passing, lists, deliver, forward } = parts;
  const { id } = reply;
  const list = lists.get(id);
  if (list !== undefined && lists.delete(id) && reply.kind === "result") {
    const filtered = filterList(connection, reply.result, list).then(
      (result) => toResult(id, result),
      () => toError(id, INTERNAL_ERROR, "The server's list could not be read."),
    );
    await deliver(filtered, beside);
  } else if (list !== undefined || passing.delete(id)) {
    await deliver(Promise.resolve(toMessage(reply)), beside);
  } else {
    // Waited for inside the guard; else it is too late, or nobody asked.
    forward.replies.settle(reply);
  }
}

async function takeReverse(parts: Parts, request: Request, beside: Beside): Promise<void> {
  const { connection, reverse, deliver } = parts;
  if (connection.decidesReverse && request.method !== "ping") {
    await begin(reverse, request, beside);
    return;
  }
  await deliver(Promise.resolve(toMessage(request)), beside);
}

async function takeNotice(parts: Parts, notice: Notice, beside: Beside): Promise<void> {
  const { connection, forward, lists, passing } = parts;
  if (!notice.method.startsWith(NOTICE)) return;
  if (notice.method === "notifications/cancelled") {
    const id = own(notice.params, "requestId");
    if (!isId(id)) return;
    if (!lists.has(id) && !passing.has(id) && !cancel(forward, id)) return;
  }
  await connection.toServer(toMessage(notice), beside);
}

async function takeServerNotice(parts: Parts, notice: Notice, beside: Beside): Promise<void> {
  const { connection, reverse, deliver } = parts;
  const { method, params } = notice;
  if (!method.startsWith(NOTICE)) return;
  if (method === "notifications/tools/list_changed") connection.definitions.markStale();
  if (method === "notifications/cancelled" && connection.decidesReverse) {
    if (!cancel(reverse, own(params, "requestId"))) return;
  }
  const redacted = connection.guard.redact(params, undefined);
  await deliver(
    redacted.then((clean) => toMessage({ ...notice, params: clean })),
    beside,
  );
}

/** Stops a request; whether the other side has it, and so is to be told. */
function cancel({ running }: Way, id: unknown): boolean {
  const state = isId(id) ? running.get(id) : undefined;
  if (state === undefined) return false;
  state.isCancelled = true;
  state.stop.abort(new DOMException("The request was cancelled.", "AbortError"));
  return state.isSent;
}

function close({ forward, reverse, passing, lists }: Parts): void {
  passing.clear();
  lists.clear();
  for (const way of [forward, reverse]) {
    for (const id of way.running.keys()) cancel(way, id);
    way.replies.failAll(new Error("The connection was closed."));
  }
}

function unreadable(): PortcullisError {
  return new PortcullisError("ERR_ARGUMENTS_INVALID", "This is not one JSON-RPC message.");
}
