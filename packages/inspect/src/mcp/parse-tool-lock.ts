import type { Json, JsonObject, ToolDefinition } from "@portcullis/core";
import { canonicalize } from "@portcullis/core";
import type {
  LockOptions,
  PinnedServer,
  PinnedTool,
  ServerIdentity,
  ToolLock,
} from "./tool-lock.ts";
import { digestList, digestPinned, isServerKey, lockRefused, toRecord } from "./tool-lock.ts";

const DIGEST = /^sha256:[\w-]{43}$/;
const VOLATILE = /^\/_meta\/[^/]+$/;
const IDENTITY = ["transport", "url", "command", "serverInfo"] as const;
const MAX_NAME = 256;
const MAX_TEXT = 2048;
const LIMITS = { maxLength: 64 * 1024 * 1024, maxNodes: 4_000_000, maxDepth: 80 } as const;

/**
 * Reads a lock of tool definitions, strictly, and checks that it is whole.
 *
 * Unknown members refuse it, and so does a pin, an approval or an identity that was edited without
 * its list digest, a definition that has not its digest, or a server's pins under another server's
 * key. It is no signature: whoever can compute digests can write a lock, so in production it travels
 * in a signed bundle or under code review.
 *
 * @throws {PortcullisError} `ERR_LOCK_INVALID` with the reason `malformed`, `version`, `edited` or
 * `definition-mismatch`.
 *
 * @example
 * ```ts
 * import type { Digest } from "@portcullis/core";
 * import { parseToolLock } from "@portcullis/inspect/mcp";
 *
 * declare const digest: Digest;
 * const lock = await parseToolLock(JSON.parse("{}"), { digest });
 * ```
 */
export async function parseToolLock(source: unknown, options: LockOptions): Promise<ToolLock> {
  const document = toObject(freeze(source), "", ["lockfileVersion", "servers"]);
  if (document["lockfileVersion"] !== 1) {
    throw lockRefused("version", "The lock is not of version 1.");
  }
  const servers: (readonly [string, PinnedServer])[] = [];
  for (const [key, value] of Object.entries(toMap(document["servers"], "/servers"))) {
    if (!isServerKey(key)) throw malformed("/servers", "a server's key is not a key");
    const server = toServer(value, `/servers/${key}`);
    await verifyServer(key, server, options);
    servers.push([key, server]);
  }
  return Object.freeze({ lockfileVersion: 1, servers: toRecord(servers) });
}

function freeze(source: unknown): Json {
  try {
    return canonicalize(source, LIMITS).value;
  } catch (cause) {
    throw malformed("", "it is not plain JSON, or too large", cause);
  }
}

async function verifyServer(
  key: string,
  server: PinnedServer,
  options: LockOptions,
): Promise<void> {
  if ((await digestList(key, server, options)) !== server.listDigest) {
    throw lockRefused(
      "edited",
      `The pins of the server \`${key}\` have not the digest of their list: the lock was edited, or they are another server's.`,
    );
  }
  for (const [name, { definition, digest }] of Object.entries(server.tools)) {
    if (definition === undefined) continue;
    const own = await digestPinned({ server: key, definition }, server.volatile ?? [], options);
    if (own !== digest || definition.name !== name) {
      throw lockRefused(
        "definition-mismatch",
        `A definition of the server \`${key}\` in the lock has not the digest of its pin.`,
      );
    }
  }
}

function toServer(value: Json, path: string): PinnedServer {
  const source = toObject(value, path, ["identity", "volatile", "tools", "listDigest"]);
  const { identity, volatile, listDigest } = source;
  const tools = Object.entries(toMap(source["tools"], `${path}/tools`)).map(([name, pin]) => {
    if (name === "" || name.length > MAX_NAME)
      throw malformed(`${path}/tools`, "a name is too long");
    return [name, toPin(pin, `${path}/tools`)] as const;
  });
  return {
    ...(identity === undefined ? {} : { identity: toIdentity(identity, `${path}/identity`) }),
    ...(volatile === undefined ? {} : { volatile: toVolatile(volatile, `${path}/volatile`) }),
    tools: toRecord(tools),
    listDigest: toDigest(listDigest, `${path}/listDigest`),
  };
}

function toPin(value: Json, path: string): PinnedTool {
  const source = toObject(value, path, ["digest", "approvedBy", "approvedAt", "definition"]);
  const { approvedBy, approvedAt, definition } = source;
  if ((approvedBy === undefined) !== (approvedAt === undefined)) {
    throw malformed(path, "an approval needs both who and when");
  }
  if (approvedAt !== undefined && Number.isNaN(Date.parse(toText(approvedAt, path)))) {
    throw malformed(path, "the time of an approval is no time");
  }
  return {
    digest: toDigest(source["digest"], path),
    ...(approvedBy === undefined ? {} : { approvedBy: toText(approvedBy, path) }),
    ...(approvedAt === undefined ? {} : { approvedAt: toText(approvedAt, path) }),
    ...(definition === undefined ? {} : { definition: toDefinition(definition, path) }),
  };
}

function toDefinition(value: Json, path: string): ToolDefinition {
  const source = toMap(value, path);
  const { name } = source;
  if (typeof name !== "string") throw malformed(path, "a definition has no name");
  return { ...source, name };
}

function toIdentity(value: Json, path: string): ServerIdentity {
  const source = toObject(value, path, IDENTITY);
  return toRecord(Object.entries(source).map(([name, text]) => [name, toText(text, path)]));
}

function toVolatile(value: Json, path: string): readonly string[] {
  if (!Array.isArray(value)) throw malformed(path, "this is a list of pointers");
  return value.map((pointer: Json) => {
    const text = toText(pointer, path);
    if (!VOLATILE.test(text)) throw malformed(path, "only single members of `/_meta` may change");
    return text;
  });
}

function toDigest(value: Json | undefined, path: string): string {
  if (typeof value !== "string" || !DIGEST.test(value)) {
    throw malformed(path, "a digest is `sha256:` and 43 characters of base64url");
  }
  return value;
}

function toText(value: Json, path: string): string {
  if (typeof value !== "string" || value === "" || value.length > MAX_TEXT) {
    throw malformed(path, "a text is missing or too long");
  }
  return value;
}

function toObject(
  value: Json | undefined,
  path: string,
  known: readonly string[],
): Readonly<Record<string, Json>> {
  const source = toMap(value, path);
  if (Object.keys(source).some((name) => !known.includes(name))) {
    throw malformed(path, "there is a member that is not known");
  }
  return source;
}

function toMap(value: Json | undefined, path: string): Readonly<Record<string, Json>> {
  if (!isObject(value)) throw malformed(path, "this is an object");
  return value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(path: string, why: string, cause?: unknown): Error {
  const place = path === "" ? "" : ` at ${path}`;
  const error = lockRefused("malformed", `The lock is not valid${place}: ${why}.`);
  if (cause !== undefined) error.cause = cause;
  return error;
}
