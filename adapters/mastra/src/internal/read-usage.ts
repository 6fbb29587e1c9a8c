import type { Usage } from "@portcullis/core";
import { readMember } from "../framework-call.ts";

/**
 * The token use that the chunks of one model request tell; undefined where they do not, which is
 * not the same as none.
 */
export function readUsage(
  chunks: readonly { readonly type: string; readonly payload: unknown }[],
): Usage | undefined {
  const finish = chunks.findLast(({ type }) => type === "finish")?.payload;
  const usage = readMember(readMember(finish, "output"), "usage") ?? readMember(finish, "usage");
  const inputTokens = readMember(usage, "inputTokens");
  const outputTokens = readMember(usage, "outputTokens");
  if (typeof inputTokens !== "number" || typeof outputTokens !== "number") return undefined;
  return { inputTokens, outputTokens };
}
