import type { DefinitionInspector, DefinitionVerdict } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import { compareWithLock } from "./compare-with-lock.ts";
import { scanDefinition } from "./scan-definition.ts";
import type { LockOptions, ToolLock } from "./tool-lock.ts";
import { toolNameOf } from "./tool-lock.ts";

/** A `DefinitionInspector` that holds every definition against a lock. */
export interface LockInspector extends DefinitionInspector {
  /**
   * Takes note that a server says its list has changed: until a tool of it is listed again, its
   * calls are `stale`.
   */
  noticeListChanged(server: string): void;
}

const SERVER_TOOL = /^mcp:([a-z0-9][a-z0-9-]*)\/(.+)$/s;
/** Scans of the host's own tools that are remembered. */
const MOST_SCANS = 2048;
const UNKNOWN_NAME: DefinitionVerdict = Object.freeze({
  verdict: "unknown",
  findings: Object.freeze([]),
});
const STALE: DefinitionVerdict = Object.freeze({ verdict: "stale", findings: Object.freeze([]) });

/**
 * Creates the inspector of one guard.
 *
 * A server's tool passes if the lock has it approved, exactly as it is presented. A change is
 * remembered from the list in which it was seen: a call beside the old definition is refused as well,
 * until the approved one is listed again. The host's own tools are in no lock; they are scanned.
 *
 * @example
 * ```ts
 * import type { Digest, PolicyDocument } from "@portcullis/core";
 * import { createGuard } from "@portcullis/core";
 * import type { ToolLock } from "@portcullis/inspect/mcp";
 * import { createLockInspector } from "@portcullis/inspect/mcp";
 *
 * declare const policy: PolicyDocument;
 * declare const lock: ToolLock;
 * declare const digest: Digest;
 * const guard = await createGuard({ policy, definitions: createLockInspector(lock, { digest }) });
 * ```
 */
export function createLockInspector(lock: ToolLock, options: LockOptions): LockInspector {
  const refusedInList = new Map<string, DefinitionVerdict>();
  const stale = new Set<string>();
  const scans = new Map<string, DefinitionVerdict>();
  return {
    async inspect(tool, definition, moment) {
      const [, server, name] = SERVER_TOOL.exec(tool) ?? [];
      if (server === undefined) return scanOnce(scans, definition);
      if (moment === "call" && stale.has(tool)) return STALE;
      if (name === undefined || definition.name !== name) return UNKNOWN_NAME;
      const { verdict, findings } = await compareWithLock(lock, { server, definition }, options);
      const answer = { verdict, findings };
      if (moment === "call") return refusedInList.get(tool) ?? answer;
      stale.delete(tool);
      refusedInList.delete(tool);
      // What the lock does not have is refused at every call anyway, and a server can list any number.
      if (verdict !== "clean" && isPinned(lock, server, name)) refusedInList.set(tool, answer);
      return answer;
    },
    noticeListChanged(server) {
      const pins = Object.hasOwn(lock.servers, server) ? lock.servers[server] : undefined;
      for (const name of Object.keys(pins?.tools ?? {})) stale.add(toolNameOf(server, name));
    },
  };
}

function isPinned(lock: ToolLock, server: string, name: string): boolean {
  const pins = Object.hasOwn(lock.servers, server) ? lock.servers[server] : undefined;
  return pins !== undefined && Object.hasOwn(pins.tools, name);
}

function scanOnce(
  scans: Map<string, DefinitionVerdict>,
  definition: Parameters<DefinitionInspector["inspect"]>[1],
): DefinitionVerdict {
  const { text } = canonicalize(definition, { dropUndefined: true });
  const known = scans.get(text);
  if (known !== undefined) return known;
  const { verdict, findings } = scanDefinition(definition);
  const answer = { verdict, findings };
  remember(scans, [text, answer]);
  return answer;
}

function remember(
  map: Map<string, DefinitionVerdict>,
  [key, value]: readonly [string, DefinitionVerdict],
): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_SCANS && oldest !== undefined) map.delete(oldest);
}
