import type { DefinitionFinding, DefinitionVerdict, ToolDefinition } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import type { DefinitionChange } from "./diff-definitions.ts";
import { diffDefinitions } from "./diff-definitions.ts";
import { scanDefinition } from "./scan-definition.ts";
import { findShadowing } from "./shadowing.ts";
import type {
  LockOptions,
  PinnedServer,
  PinnedTool,
  ServerIdentity,
  ToolLock,
} from "./tool-lock.ts";
import { digestPinned } from "./tool-lock.ts";

/** A definition as a server presents it. */
export interface PresentedTool {
  /** Configured key of the server, never a name that it gives itself. */
  readonly server: string;
  readonly definition: ToolDefinition;
  /** Who the server is, where the host knows; another identity than the pinned one is unknown. */
  readonly identity?: ServerIdentity | undefined;
}

/** A definition held against the lock. */
export interface ComparedTool {
  readonly verdict: Exclude<DefinitionVerdict["verdict"], "stale">;
  readonly findings: readonly DefinitionFinding[];
  /** Differences to the approved definition, where the lock holds it. */
  readonly changes: readonly DefinitionChange[];
}

const RULE = { severity: "error", path: "" } as const;

/**
 * Holds a definition against the lock. An approved one, unchanged, is `clean` whatever the scan says:
 * that was looked at when it was approved. Everything else is refused: `changed`, `unknown`, or what
 * the scan says of one that is in quarantine, at least `suspicious`.
 *
 * @example
 * ```ts
 * import type { LockOptions, ToolLock } from "@portcullis/inspect/mcp";
 * import { compareWithLock } from "@portcullis/inspect/mcp";
 *
 * declare const lock: ToolLock;
 * declare const options: LockOptions;
 * const presented = { server: "github", definition: { name: "create_issue" } };
 * const { verdict, changes } = await compareWithLock(lock, presented, options);
 * ```
 */
export async function compareWithLock(
  lock: ToolLock,
  presented: PresentedTool,
  options: LockOptions,
): Promise<ComparedTool> {
  const { server, definition, identity } = presented;
  const scanned = scanDefinition(definition);
  const against = (
    verdict: ComparedTool["verdict"],
    ...more: readonly DefinitionFinding[]
  ): ComparedTool => ({ verdict, findings: [...more, ...scanned.findings], changes: [] });

  const pins = Object.hasOwn(lock.servers, server) ? lock.servers[server] : undefined;
  if (pins === undefined) {
    return against("unknown", UNKNOWN_SERVER, ...findShadowing(lock, presented));
  }
  if (!isIdentity(pins.identity, identity)) return against("unknown", OTHER_SERVER);
  const { name } = definition;
  const pin = Object.hasOwn(pins.tools, name) ? pins.tools[name] : undefined;
  if (pin === undefined) {
    const shadows = findShadowing(lock, presented);
    return against("unknown", UNKNOWN_TOOL, ...findRenamed(pins, definition), ...shadows);
  }
  if ((await digestPinned(presented, pins.volatile ?? [], options)) !== pin.digest) {
    return {
      ...against("changed", CHANGED, ...findWidening(pin, definition)),
      changes: changesOf(pin, definition),
    };
  }
  if (pin.approvedBy !== undefined) return against("clean");
  return against(scanned.verdict === "poisoned" ? "poisoned" : "suspicious", IN_QUARANTINE);
}

const UNKNOWN_SERVER: DefinitionFinding = {
  ...RULE,
  rule: "unknown-server",
  message: "The lock has no pins of this server.",
};
const OTHER_SERVER: DefinitionFinding = {
  ...RULE,
  rule: "other-server",
  message: "The server is not the one whose tools were pinned under this key.",
};
const UNKNOWN_TOOL: DefinitionFinding = {
  ...RULE,
  rule: "unknown-tool",
  message: "The server had no such tool when its tools were pinned.",
};
const CHANGED: DefinitionFinding = {
  ...RULE,
  rule: "changed-definition",
  message: "The definition differs from the one that was approved.",
};
const IN_QUARANTINE: DefinitionFinding = {
  ...RULE,
  rule: "not-approved",
  severity: "warning",
  message: "The definition is pinned in quarantine and waits for an approval by name.",
};

function isIdentity(
  pinned: ServerIdentity | undefined,
  presented: ServerIdentity | undefined,
): boolean {
  if (pinned === undefined || presented === undefined) return true;
  // A server's own account of its version may change; where and what it is may not.
  const names = ["transport", "url", "command"] as const;
  return names.every((name) => pinned[name] === undefined || pinned[name] === presented[name]);
}

function changesOf(pin: PinnedTool, definition: ToolDefinition): readonly DefinitionChange[] {
  return pin.definition === undefined ? [] : diffDefinitions(pin.definition, definition);
}

function findWidening(pin: PinnedTool, definition: ToolDefinition): readonly DefinitionFinding[] {
  return changesOf(pin, definition).flatMap(({ path, widens }) =>
    widens === undefined
      ? []
      : [{ rule: "widened-schema", severity: "error", path, message: widens }],
  );
}

/** A tool under a new name: nothing else than the name tells it from a pinned one, or its schema. */
function findRenamed(
  { tools }: PinnedServer,
  definition: ToolDefinition,
): readonly DefinitionFinding[] {
  const { inputSchema, description } = definition;
  const schema = schemaText(inputSchema);
  for (const [name, { definition: pinned }] of Object.entries(tools)) {
    if (pinned === undefined) continue;
    const sameSchema = schema !== undefined && schema === schemaText(pinned.inputSchema);
    const sameText = description !== undefined && description === pinned.description;
    if (!sameSchema && !(sameText && inputSchema === undefined)) continue;
    const message = `Looks like the pinned tool ${name} under another name.`;
    return [{ rule: "renamed-tool", severity: "error", path: "/name", message }];
  }
  return [];
}

/** The schema as text; undefined where it has no parameters, which says nothing. */
function schemaText(schema: ToolDefinition["inputSchema"]): string | undefined {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return undefined;
  const { properties } = schema;
  if (typeof properties !== "object" || properties === null) return undefined;
  if (Object.keys(properties).length === 0) return undefined;
  return canonicalize(schema, { dropUndefined: true }).text;
}
