import type { JsonObject } from "../json.ts";
import type { Party } from "../principal.ts";
import type { Evaluated, Frame, Value } from "./frame.ts";
import { memoOf } from "./frame.ts";

/** Readers of whole roots; a root that is not known is `undefined`. */
const READERS: Readonly<Record<string, Value>> = {
  args: (frame) => frame.args,
  context: (frame) => frame.context,
  now: (frame) => frame.now,
  tool: (frame) => frame.tool.attributes,
  principal: readPrincipal,
  resource: readResource,
  session: readSession,
  flow: (frame) => (frame.session === undefined ? undefined : { session: frame.session.labels }),
};

/** The reader of a root, or undefined where there is no such root. */
export function rootReader(name: string): Value | undefined {
  return Object.hasOwn(READERS, name) ? READERS[name] : undefined;
}

/** `session.calls` as far as it was kept; undefined where the session is not known. */
export function readKeptCalls(frame: Frame): readonly JsonObject[] | undefined {
  if (frame.session === undefined) return undefined;
  const memo = memoOf(frame);
  memo.calls ??= frame.session.calls.map(({ tool, outcome, at, args }) => {
    const call = { tool, outcome, at };
    memo.kept.set(call, args);
    return call;
  });
  return memo.calls;
}

/** True where older calls of the session were dropped. */
export function hasDroppedCalls(frame: Frame): boolean {
  return frame.session?.truncated !== false;
}

function readPrincipal({ agent, principal }: Frame): JsonObject {
  const base = { agent: toJson(agent), chain: principal.chain.map(toJson) };
  return principal.user === undefined ? base : { ...base, user: toJson(principal.user) };
}

function toJson({ id, roles }: Party): JsonObject {
  return { id, roles };
}

function readResource(frame: Frame): Evaluated {
  const { resourceType, resourceId } = frame.tool;
  if (resourceType === undefined || frame.args === undefined) return undefined;
  const id = resourceId?.(frame);
  return id === undefined ? { type: resourceType } : { type: resourceType, id };
}

// What was dropped could have decided, so the kept calls are no value of their own.
function readSession(frame: Frame): Evaluated {
  const { session } = frame;
  if (session === undefined) return undefined;
  const base = { turn: session.turn, startedAt: session.startedAt };
  return session.truncated ? base : { ...base, calls: readKeptCalls(frame) ?? [] };
}

/** Makes the root `tool` of a catalogue entry. */
export function toolAttributes(
  name: string,
  entry: {
    readonly class: string;
    readonly sensitivity: string;
    readonly reversible: boolean;
    readonly origin: string;
  },
): JsonObject {
  const { class: toolClass, sensitivity, reversible, origin } = entry;
  return Object.freeze({ name, class: toolClass, sensitivity, reversible, origin });
}
