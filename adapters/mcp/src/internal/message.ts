import type { Denial } from "@portcullis/core";
import { toModelText } from "@portcullis/core";
import type { JsonRpcMessage, RequestId } from "../transport.ts";

/** A request with what this adapter reads of it. */
export interface Request {
  readonly kind: "request";
  readonly id: RequestId;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The answer to a request. */
export type Reply =
  | { readonly kind: "result"; readonly id: RequestId; readonly result: object }
  | {
      readonly kind: "error";
      readonly id: RequestId;
      readonly code: number;
      readonly text: string;
      readonly data: unknown;
    };

/** A message that nobody answers. */
export interface Notice {
  readonly kind: "notice";
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});
const VERSION = "io.modelcontextprotocol/protocolVersion";

/** Reads a message by its own members; undefined for whatever is not one JSON-RPC message. */
export function readMessage(message: unknown): Request | Reply | Notice | undefined {
  if (!isObject(message) || own(message, "jsonrpc") !== "2.0") return undefined;
  const [id, method] = [own(message, "id"), own(message, "method")];
  const params = own(message, "params") ?? NOTHING;
  if (typeof method === "string") {
    if (!isObject(params)) return undefined;
    if (id === undefined) return { kind: "notice", method, params };
    return isId(id) ? { kind: "request", id, method, params } : undefined;
  }
  const [result, error] = [own(message, "result"), own(message, "error")];
  if (!isId(id) || method !== undefined) return undefined;
  if (isObject(result) && error === undefined) return { kind: "result", id, result };
  if (!isObject(error) || result !== undefined) return undefined;
  const [code, text] = [own(error, "code"), own(error, "message")];
  return {
    kind: "error",
    id,
    code: typeof code === "number" ? code : INTERNAL_ERROR,
    text: typeof text === "string" ? text : "",
    data: own(error, "data"),
  };
}

/** JSON-RPC's code for whatever went wrong inside. */
export const INTERNAL_ERROR = -32_603;
/** The code of a refusal. */
const DENIED = -32_001;

/** A member of an object's own, or undefined. */
export function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

/** Whether it is an object with members, and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it may be the id of a request. */
export function isId(id: unknown): id is RequestId {
  return typeof id === "string" || typeof id === "number";
}

/** The protocol version that a request carries itself, as it does from 2026-07-28 on. */
export function versionOf({ params }: Pick<Request, "params">): string | undefined {
  const meta = own(params, "_meta");
  const version = isObject(meta) ? own(meta, VERSION) : undefined;
  return typeof version === "string" ? version : undefined;
}

/** A message made anew of what was read of it, so that nothing unread passes. */
export function toMessage(read: Request | Reply | Notice): JsonRpcMessage {
  if (read.kind === "request") return toRequest(read, read.params);
  if (read.kind === "result") return toResult(read.id, read.result);
  if (read.kind === "error") return toError(read.id, read.code, read.text, read.data);
  const { method, params } = read;
  return toJsonRpc(params === NOTHING ? { method } : { method, params });
}

/** A request as it is sent. */
export function toRequest({ id, method }: Request, params: object): JsonRpcMessage {
  return toJsonRpc(params === NOTHING ? { id, method } : { id, method, params });
}

/** The word that an answer is not waited for any more. */
export function toCancelled(requestId: RequestId): JsonRpcMessage {
  const params = { requestId, reason: "The call was aborted." };
  return toJsonRpc({ method: "notifications/cancelled", params });
}

/** A successful answer. */
export function toResult(id: RequestId, result: unknown): JsonRpcMessage {
  return toJsonRpc({ id, result });
}

/** A failed answer. */
export function toError(id: RequestId, code: number, text: string, data?: unknown): JsonRpcMessage {
  const error = { code, message: text, ...(data === undefined ? {} : { data }) };
  return toJsonRpc({ id, error });
}

/**
 * A refusal as its caller can understand it: a result for tools, which the model sees, the
 * protocol's own no for what a server asks of its client, an error for the rest.
 */
export function toRefusal(
  { id, method }: Request,
  denial: Denial,
  { isModern }: { readonly isModern: boolean },
): JsonRpcMessage {
  const text = toModelText(denial);
  if (method === "tools/call") {
    const result = textResult(text, { isModern });
    return toResult(id, { ...result, _meta: { "portcullis/decisionId": denial.decisionId } });
  }
  if (method === "elicitation/create") return toResult(id, { action: "decline" });
  if (method === "roots/list") return toResult(id, { roots: [] });
  const code = method === "sampling/createMessage" ? -1 : DENIED;
  return toError(id, code, denial.message, JSON.parse(text));
}

/** A tool's result that says what went wrong; the type is demanded from 2026-07-28 on only. */
export function textResult(text: string, { isModern }: { readonly isModern: boolean }): object {
  const result = { content: [{ type: "text", text }], isError: true };
  return isModern ? { ...result, resultType: "complete" } : result;
}

function toJsonRpc(members: object): JsonRpcMessage {
  return { jsonrpc: "2.0", ...members };
}
