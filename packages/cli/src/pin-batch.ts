import type { PinnedResult, ToolLock } from "@portcullis/inspect";
import { EMPTY_LOCK, pinTools } from "@portcullis/inspect";
import type { LineError } from "./answer-lines.ts";
import { answerLines } from "./answer-lines.ts";
import type { DefinitionLine } from "./definition-line.ts";
import { parseDefinitionLine } from "./definition-line.ts";
import { nodeDigest } from "./node-digest.ts";

/**
 * The answer about one pinned definition.
 *
 * ```json
 * {"id":"1","digest":"sha256:…"}
 * ```
 */
export interface PinAnswer {
  /** The line's own. */
  readonly id: string | number;
  /** What is pinned: the digest of the definition under its server's key. */
  readonly digest: string;
}

/** Options of {@link pinBatch}. */
export interface PinBatchOptions {
  /** Identity of the person who approves. */
  readonly by: string;
  /** When, ISO 8601 in UTC. Default now. */
  readonly at?: string;
  /** The lock so far. Default an empty one. */
  readonly lock?: ToolLock;
}

/** What became of all lines. */
export interface PinnedBatch {
  /** One answer for each line, in order. */
  readonly answers: readonly (PinAnswer | LineError)[];
  readonly lock: ToolLock;
  /** Tools that were pinned in quarantine, because they look poisoned. */
  readonly quarantined: readonly string[];
}

/** Why a definition is not pinned, for people. */
export const NOT_PINNED: Readonly<
  Record<Extract<PinnedResult, { readonly ok: false }>["reason"], string>
> = {
  changed: "The definition differs from its pin; look at it with --diff and approve it by name.",
  unknown: "The server is pinned without this tool, or is another one; approve the tool by name.",
  repeated: "The server lists another definition under the same name.",
  "server-key": "The server's key has a slash, white space or a character that does not show.",
};

/**
 * Pins the definitions of JSON Lines `{"id","server","tool"}`, as `portcullis pin --format jsonl` does.
 *
 * Servers that the lock has are not pinned anew: a line that differs from its pin is answered with
 * the error `not-pinned` and its pin stays.
 *
 * @example
 * ```ts
 * const { answers, lock } = await pinBatch(process.stdin, { by: "alice" });
 * ```
 */
export async function pinBatch(
  input: AsyncIterable<Uint8Array>,
  { by, at = new Date().toISOString(), lock = EMPTY_LOCK }: PinBatchOptions,
): Promise<PinnedBatch> {
  const read: ({ readonly number: number; readonly line: DefinitionLine } | LineError)[] = [];
  const lines = answerLines(input, async (value) => parseDefinitionLine(value));
  let number = 0;
  for await (const line of lines) {
    number += 1;
    read.push("error" in line ? line : { number, line });
  }
  const presented = read.flatMap((each) =>
    "line" in each && typeof each.line !== "number" ? [each.line] : [],
  );
  const pinned = await pinTools(lock, presented, { by, at, digest: nodeDigest });
  const results = pinned.results.values();
  const answers = read.map((each): PinAnswer | LineError => {
    if ("error" in each) return each;
    const result = results.next().value;
    if (result?.ok === true) return { id: each.line.id, digest: result.digest };
    const message = NOT_PINNED[result?.reason ?? "unknown"];
    return { line: each.number, error: { code: "not-pinned", message } };
  });
  const quarantined = pinned.results.flatMap((result, index) => {
    const tool = presented[index];
    return result.ok && !result.isApproved && tool !== undefined ? [nameOf(tool)] : [];
  });
  return { answers, lock: pinned.lock, quarantined };
}

/** A tool as people name it: `server/tool`. */
export function nameOf({
  server,
  definition,
}: Pick<DefinitionLine, "server" | "definition">): string {
  return `${server}/${definition.name}`;
}
