import type { ContextInput } from "@portcullis/core";
import type { Connection } from "./connection.ts";
import { isObject, own } from "./message.ts";

/** Lists that a server gives, by method: the member that holds the entries. */
export const LISTS: ReadonlyMap<string, string> = new Map([
  ["tools/list", "tools"],
  ["prompts/list", "prompts"],
  ["resources/list", "resources"],
  ["resources/templates/list", "resourceTemplates"],
]);

/** A list that was asked for. */
export interface AskedList {
  readonly method: string;
  readonly context: ContextInput | undefined;
  /** Number of the list at the time when it was asked for. */
  readonly epoch: number;
}

/**
 * A page of a list without what the principal may not use, redacted: tools by the policy that
 * enforces and by their pins, resources and prompts by whether they could be read.
 */
export async function filterList(
  connection: Connection,
  result: object,
  { method, context, epoch }: AskedList,
): Promise<object> {
  const { guard, server, definitions } = connection;
  const member = LISTS.get(method) ?? "";
  const listed = own(result, member);
  const entries: readonly unknown[] = Array.isArray(listed) ? listed : [];
  if (method === "tools/list") {
    const shown = await guard.visibleTools(definitions.note(entries, epoch), context, {
      nameOf: (name) => `mcp:${server}/${name}`,
      origin: "mcp",
    });
    return { ...result, [member]: await guard.redact(shown, context) };
  }
  const kept = await keepReadable(connection, entries.filter(isObject), { method, context });
  return { ...result, [member]: await guard.redact(kept, context) };
}

async function keepReadable(
  { guard, server }: Connection,
  entries: readonly Readonly<Record<string, unknown>>[],
  { method, context }: Pick<AskedList, "method" | "context">,
): Promise<readonly object[]> {
  const [by, asked] =
    method === "prompts/list"
      ? (["name", "prompts/get"] as const)
      : (["uri", "resources/read"] as const);
  const tool = `mcp-method:${server}/${asked}`;
  const usable = await guard.visibleTools([{ name: tool }], context, { origin: "mcp" });
  if (usable.length === 0) return [];
  // A template's addresses are not known yet.
  if (method === "resources/templates/list") return entries;
  const isReadable = async (entry: Readonly<Record<string, unknown>>): Promise<boolean> => {
    const call = { callId: "list", tool, args: { [by]: own(entry, by) }, origin: "mcp" } as const;
    const decision = await guard.check(call, context);
    // A prompt's own arguments are not known yet.
    return decision.outcome !== "deny" || decision.denial.code === "arguments-invalid";
  };
  const readable = await Promise.all(entries.map(isReadable));
  return entries.filter((_, index) => readable[index] === true);
}
