import type { ComparedTool, PresentedTool } from "./compare-with-lock.ts";
import { compareWithLock } from "./compare-with-lock.ts";
import { scanDefinition } from "./scan-definition.ts";
import type { LockOptions, PinnedServer, PinnedTool, ToolLock } from "./tool-lock.ts";
import { digestList, digestPinned, isServerKey, lockRefused, toRecord } from "./tool-lock.ts";

/** Who pins, and when. */
export interface PinOptions extends LockOptions {
  /** Identity of the person who approves. */
  readonly by: string;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/** What became of one definition. */
export type PinnedResult =
  | {
      readonly ok: true;
      readonly digest: string;
      /** False where it is in quarantine: it looks poisoned and needs an approval by name. */
      readonly isApproved: boolean;
    }
  | {
      readonly ok: false;
      readonly reason: "changed" | "unknown" | "repeated" | "server-key";
      readonly compared?: ComparedTool;
    };

/** A lock and what became of each definition, in order. */
export interface PinnedTools {
  readonly lock: ToolLock;
  readonly results: readonly PinnedResult[];
}

/** A lock without any server. */
export const EMPTY_LOCK: ToolLock = Object.freeze({
  lockfileVersion: 1,
  servers: Object.freeze({}),
});

/**
 * Pins the tools of servers that the lock does not know yet. Of a server that it knows, nothing is
 * pinned anew: a changed definition and a new tool are refused and need {@link approveTool}. What
 * looks poisoned is pinned in quarantine.
 */
export async function pinTools(
  lock: ToolLock,
  presented: readonly PresentedTool[],
  options: PinOptions,
): Promise<PinnedTools> {
  const servers = new Map<string, Draft>();
  const results: PinnedResult[] = [];
  for (const tool of presented) {
    results.push(
      Object.hasOwn(lock.servers, tool.server)
        ? await check(lock, tool, options)
        : await draftPin(servers, tool, options),
    );
  }
  const added = await Promise.all(
    [...servers].map(async ([key, server]) => [key, await seal(key, server, options)] as const),
  );
  const all = toRecord([...Object.entries(lock.servers), ...added]);
  return { lock: Object.freeze({ lockfileVersion: 1, servers: all }), results };
}

/**
 * Approves the definition of one tool by name: a changed one, a new one, or one in quarantine. Its
 * earlier pin is gone.
 *
 * @throws {PortcullisError} `ERR_LOCK_INVALID` with the reason `unknown-server` when the lock does not
 * have the server, or `other-server` when the server is another one than the pinned one.
 */
export async function approveTool(
  lock: ToolLock,
  tool: PresentedTool,
  options: PinOptions,
): Promise<ToolLock> {
  const { server: key, definition } = tool;
  const server = Object.hasOwn(lock.servers, key) ? lock.servers[key] : undefined;
  if (server === undefined) {
    throw lockRefused("unknown-server", `The lock has no pins of the server \`${key}\`.`);
  }
  const { findings } = await compareWithLock(lock, tool, options);
  if (findings.some(({ rule }) => rule === "other-server")) {
    throw lockRefused("other-server", `The server \`${key}\` is not the one that was pinned.`);
  }
  const digest = await digestPinned(tool, server.volatile ?? [], options);
  const pin: PinnedTool = {
    digest,
    approvedBy: options.by,
    approvedAt: options.at,
    definition,
  };
  const tools = new Map([...Object.entries(server.tools), [definition.name, pin]]);
  const sealed = await seal(key, { ...server, tools }, options);
  const rest = Object.entries(lock.servers).filter(([name]) => name !== key);
  return Object.freeze({
    lockfileVersion: 1,
    servers: toRecord([...rest, [key, sealed] as const]),
  });
}

interface Draft extends Pick<PinnedServer, "identity" | "volatile"> {
  readonly tools: Map<string, PinnedTool>;
}

async function check(
  lock: ToolLock,
  tool: PresentedTool,
  options: PinOptions,
): Promise<PinnedResult> {
  const compared = await compareWithLock(lock, tool, options);
  if (compared.verdict === "changed" || compared.verdict === "unknown") {
    return { ok: false, reason: compared.verdict, compared };
  }
  const volatile = lock.servers[tool.server]?.volatile ?? [];
  const digest = await digestPinned(tool, volatile, options);
  return { ok: true, digest, isApproved: compared.verdict === "clean" };
}

async function draftPin(
  servers: Map<string, Draft>,
  tool: PresentedTool,
  options: PinOptions,
): Promise<PinnedResult> {
  const { server: key, definition, identity } = tool;
  if (!isServerKey(key)) return { ok: false, reason: "server-key" };
  const server: Draft = servers.get(key) ?? {
    ...(identity === undefined ? {} : { identity }),
    tools: new Map(),
  };
  servers.set(key, server);
  const digest = await digestPinned(tool, [], options);
  const known = server.tools.get(definition.name);
  // The same name twice: which of them a call means is the server's choice.
  if (known !== undefined && known.digest !== digest) return { ok: false, reason: "repeated" };
  const isApproved = scanDefinition(definition).verdict !== "poisoned";
  const approval = isApproved ? { approvedBy: options.by, approvedAt: options.at } : {};
  server.tools.set(definition.name, { digest, ...approval, definition });
  return { ok: true, digest, isApproved };
}

async function seal(key: string, draft: Draft, options: LockOptions): Promise<PinnedServer> {
  const { identity, volatile } = draft;
  const server = {
    ...(identity === undefined ? {} : { identity }),
    ...(volatile === undefined ? {} : { volatile }),
    tools: toRecord([...draft.tools]),
  };
  return { ...server, listDigest: await digestList(key, server, options) };
}
