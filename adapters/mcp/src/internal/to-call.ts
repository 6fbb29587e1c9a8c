import type { ContextInput, ToolCall } from "@portcullis/core";
import { policyName } from "@portcullis/core";
import { contextOf } from "../mcp-options.ts";
import type { Beside, Connection } from "./connection.ts";
import { isObject, own } from "./message.ts";
import type { Request } from "./message.ts";

/** Members beside the arguments that a request may carry on; unknown ones are not sent. */
const CARRIED = ["_meta", "task", "inputResponses", "requestState"];
const TOKEN = "portcullis/task-token";

/** A request as the guard sees it: a tool's call, or one of the protocol's other methods. */
export function toCall(
  { server, definitions }: Pick<Connection, "server" | "definitions">,
  { id, method, params }: Request,
): ToolCall {
  const callId = String(id);
  if (method !== "tools/call") {
    const args = Object.fromEntries(
      Object.entries(params).filter(([name]) => !CARRIED.includes(name)),
    );
    return { callId, tool: `mcp-method:${server}/${method}`, args, origin: "mcp" };
  }
  const [name, args] = [own(params, "name"), own(params, "arguments")];
  const isNamed = typeof name === "string";
  return {
    callId,
    tool: policyName({ server }, isNamed ? name : ""),
    args: args === undefined ? {} : args,
    origin: "mcp",
    ...(isNamed ? definitions.find(name) : {}),
  };
}

/** The parameters to send: the arguments that were decided on, and nothing unknown. */
export function toParams({ method, params }: Request, args: object): object {
  const carried = Object.fromEntries(
    CARRIED.filter((name) => Object.hasOwn(params, name)).map((name) => [name, params[name]]),
  );
  if (method !== "tools/call") return { ...args, ...carried };
  return { name: own(params, "name"), arguments: args, ...carried };
}

/** Who sends the request. */
export function findContext(
  connection: Pick<Connection, "guard" | "context" | "server">,
  request: Request,
  { call, beside }: { readonly call: ToolCall; readonly beside: Beside },
): Promise<ContextInput | undefined> {
  const meta = own(request.params, "_meta");
  const token = isObject(meta) ? own(meta, TOKEN) : undefined;
  return contextOf(connection, {
    tool: call.tool,
    args: call.args,
    callId: call.callId,
    server: connection.server,
    method: request.method,
    authInfo: beside.authInfo,
    taskToken: typeof token === "string" ? token : undefined,
  });
}
