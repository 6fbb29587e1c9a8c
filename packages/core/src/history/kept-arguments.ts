import { isObject } from "../evaluate/frame.ts";
import { toPointer } from "../internal/json-pointer.ts";
import type { Json, JsonObject } from "../json.ts";
import type { HistoryArgument } from "../policy/history-arguments.ts";
import type { Digest } from "../ports/runtime.ts";
import type { KeptArguments } from "../ports/session-store.ts";
import { canonicalTextOf } from "./canonical-text.ts";

/** What is kept of an argument that is not there. */
export const ABSENT = "-";
/** What is kept of a value that is no object where only a member of it is read. */
const OTHER = ".";
/** Stands before the hash of an object, and alone where only its members are read. */
export const OBJECT = "{";

/** The keyed hash under which one session keeps arguments. */
export interface HistorySeal {
  /** Names the secret without giving it away. */
  readonly keyId: string;
  /** The HMAC of a canonical text. */
  readonly seal: (text: string) => Promise<string>;
}

/** Derives the hash of a session from the deployment's key, which no tool can reach. */
export async function createHistorySeal(
  digest: Digest,
  deploymentKey: string,
  sessionKey: string,
): Promise<HistorySeal> {
  const key = await digest.hmacSha256(deploymentKey, JSON.stringify(["history", sessionKey]));
  const keyId = await digest.hmacSha256(key, "key-id");
  return { keyId, seal: async (text) => digest.hmacSha256(key, `value:${text}`) };
}

/** Keeps of the arguments of a call what conditions read, as keyed hashes. */
export async function keepArguments(
  args: JsonObject,
  read: readonly HistoryArgument[],
  { keyId, seal }: HistorySeal,
): Promise<KeptArguments> {
  const byPointer = new Map<string, string>();
  for (const { path } of read) {
    for (const { pointer, value, isRead } of stepsTo(args, path)) {
      const before = byPointer.get(pointer);
      // Of an object that is read as a whole and by a member, the whole has the hash.
      if (before !== undefined && !isRead) continue;
      byPointer.set(pointer, value === undefined ? ABSENT : await keep(value, isRead, seal));
    }
  }
  return Object.freeze({ keyId, byPointer: Object.freeze(Object.fromEntries(byPointer)) });
}

async function keep(value: Json, isRead: boolean, seal: HistorySeal["seal"]): Promise<string> {
  const prefix = isObject(value) ? OBJECT : "";
  const text = isRead ? canonicalTextOf(value) : undefined;
  if (text !== undefined) return prefix + (await seal(text));
  return prefix === "" ? OTHER : prefix;
}

interface Step {
  readonly pointer: string;
  readonly value: Json | undefined;
  readonly isRead: boolean;
}

/** The values on the way to an argument, as far as there are any. */
function stepsTo(args: JsonObject, path: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  let holder: Json | undefined = args;
  for (const [index, name] of path.entries()) {
    if (!isObject(holder)) break;
    holder = Object.hasOwn(holder, name) ? holder[name] : undefined;
    const pointer = toPointer(path.slice(0, index + 1));
    steps.push({ pointer, value: holder, isRead: index === path.length - 1 });
  }
  return steps;
}
