import type { Digest, JsonObject, ToolDefinition } from "@portcullis/core";
import { canonicalize, definitionDigest, PortcullisError } from "@portcullis/core";

/** Who a server is, as far as the host can tell; what a server says of itself is `serverInfo`. */
export interface ServerIdentity {
  readonly transport?: string;
  readonly url?: string;
  readonly command?: string;
  readonly serverInfo?: string;
}

/** The pin of one tool. */
export interface PinnedTool {
  /** `definitionDigest` of the definition under the server's key, without volatile members. */
  readonly digest: string;
  /** Who approved it; absent = in quarantine: known, and refused. */
  readonly approvedBy?: string;
  /** ISO 8601 in UTC. */
  readonly approvedAt?: string;
  /** The definition as it was received, for a readable difference; it must have the digest. */
  readonly definition?: ToolDefinition;
}

/** The pins of one server. */
export interface PinnedServer {
  readonly identity?: ServerIdentity;
  /** Members of `_meta` that may change, by RFC 6901 pointer below `/_meta/`. */
  readonly volatile?: readonly string[];
  readonly tools: Readonly<Record<string, PinnedTool>>;
  /** Digest over key, identity, volatile members and the sorted set of pins. */
  readonly listDigest: string;
}

/**
 * The approved tool definitions of every server, as `mcp-tools.lock.json` holds them.
 *
 * ```json
 * { "lockfileVersion": 1, "servers": { "github": {
 *   "identity": { "transport": "http", "url": "https://mcp.example.com" },
 *   "tools": { "create_issue": { "digest": "sha256:…", "approvedBy": "alice",
 *                                "approvedAt": "2026-11-20T10:00:00Z" } },
 *   "listDigest": "sha256:…" } } }
 * ```
 */
export interface ToolLock {
  readonly lockfileVersion: 1;
  readonly servers: Readonly<Record<string, PinnedServer>>;
}

/** What digests are computed with. */
export interface LockOptions {
  /** Hashing, as core's port. */
  readonly digest: Pick<Digest, "sha256">;
}

/** A lock that is not the one somebody wrote, with the reason. */
export function lockRefused(reason: string, message: string): PortcullisError {
  return new PortcullisError("ERR_LOCK_INVALID", message, { fields: { reason } });
}

// Policies address servers more strictly; a key that they cannot write is merely never met.
const SERVER_KEY = /^[^/\p{C}\p{Z}]{1,128}$/u;

/** Whether a text can be a server's key in a lock. */
export function isServerKey(key: string): boolean {
  return SERVER_KEY.test(key) && key !== "__proto__";
}

/** The policy's name of a server's tool. */
export function toolNameOf(server: string, name: string): string {
  return `mcp:${server}/${name}`;
}

/** Digest of a definition under its server's key, without the members that may change. */
export async function digestPinned(
  { server, definition }: { readonly server: string; readonly definition: ToolDefinition },
  volatile: readonly string[],
  { digest }: LockOptions,
): Promise<string> {
  const kept = withoutVolatile(definition, volatile);
  return definitionDigest(digest, toolNameOf(server, definition.name), kept);
}

function withoutVolatile(definition: ToolDefinition, volatile: readonly string[]): ToolDefinition {
  const { _meta: meta } = definition;
  if (volatile.length === 0 || typeof meta !== "object" || meta === null || Array.isArray(meta)) {
    return definition;
  }
  const names = new Set(volatile.map(toMemberName));
  const kept = Object.entries(meta).filter(([name]) => !names.has(name));
  const copy: JsonObject = Object.fromEntries(kept);
  return { ...definition, _meta: copy };
}

/** Name of the member of `_meta` that a pointer of the lock names. */
function toMemberName(pointer: string): string {
  return pointer.slice("/_meta/".length).replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Digest over everything that a server's pins say but the definitions, which have their own. */
export async function digestList(
  server: string,
  { identity, volatile, tools }: Omit<PinnedServer, "listDigest">,
  { digest }: LockOptions,
): Promise<string> {
  const pins = Object.entries(tools)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pin]) => [name, pin.digest, pin.approvedBy ?? null, pin.approvedAt ?? null]);
  const subject = { server, identity: identity ?? null, volatile: volatile ?? [], pins };
  const { text } = canonicalize(subject, {
    dropUndefined: true,
    maxLength: 64 * 1024 * 1024,
    maxNodes: 10_000_000,
  });
  return `sha256:${await digest.sha256(text)}`;
}

/**
 * Writes a lock with its members and names in a fixed order, so that a change of one pin is a change
 * of few lines.
 */
export function formatToolLock({ lockfileVersion, servers }: ToolLock): string {
  const sorted = Object.entries(servers)
    .toSorted(byName)
    .map(
      ([key, { identity, volatile, tools, listDigest }]) =>
        [
          key,
          {
            ...(identity === undefined ? {} : { identity }),
            ...(volatile === undefined ? {} : { volatile }),
            tools: toRecord(Object.entries(tools).toSorted(byName).map(toWritten)),
            listDigest,
          },
        ] as const,
    );
  return `${JSON.stringify({ lockfileVersion, servers: toRecord(sorted) }, undefined, 2)}\n`;
}

function toWritten([name, pin]: readonly [string, PinnedTool]): readonly [string, object] {
  if (pin.definition === undefined) return [name, pin];
  return [
    name,
    { ...pin, definition: canonicalize(pin.definition, { dropUndefined: true }).value },
  ];
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** A record of own members whatever their names are. */
export function toRecord<T>(
  entries: readonly (readonly [string, T])[],
): Readonly<Record<string, T>> {
  return Object.fromEntries(entries);
}
