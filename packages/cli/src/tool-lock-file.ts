import { open, readFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PortcullisError } from "@portcullis/core";
import type { ToolLock } from "@portcullis/inspect";
import { formatToolLock, parseToolLock } from "@portcullis/inspect";
import { nodeDigest } from "./node-digest.ts";
import { readStrictJson } from "./strict-json.ts";

/** Name that a lock has by default. */
export const LOCK_FILE = "./mcp-tools.lock.json";

/** Largest lock that is read, in characters. */
const MAX_LENGTH = 64 * 1024 * 1024;

/**
 * Reads a lock of tool definitions.
 *
 * @throws {PortcullisError} `ERR_LOCK_INVALID` with the reason `unreadable`, `malformed`, `version`,
 * `edited` or `definition-mismatch`.
 *
 * @example
 * ```ts
 * const lock = await loadToolLock("./mcp-tools.lock.json");
 * ```
 */
export async function loadToolLock(
  path: string | URL,
  { cwd = process.cwd() }: { readonly cwd?: string } = {},
): Promise<ToolLock> {
  const lock = await findToolLock(path, { cwd });
  if (lock === undefined)
    throw refused("unreadable", "The lock of tool definitions cannot be read.");
  return lock;
}

/** As {@link loadToolLock}; undefined where there is no such file. */
export async function findToolLock(
  path: string | URL,
  { cwd }: { readonly cwd: string },
): Promise<ToolLock | undefined> {
  let text: string;
  try {
    text = await readFile(toPath(path, cwd), "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw refused("unreadable", "The lock of tool definitions cannot be read.", cause);
  }
  const result = text.length > MAX_LENGTH ? undefined : readStrictJson(text.replace(/^\ufeff/, ""));
  if (result?.ok !== true) {
    throw refused("malformed", "The lock of tool definitions is not plain JSON, or too large.");
  }
  return parseToolLock(result.value, { digest: nodeDigest });
}

/** Writes a lock so that a reader sees the old one or the new one, and no half of either. */
export async function writeToolLock(
  path: string,
  lock: ToolLock,
  { cwd }: { readonly cwd: string },
): Promise<void> {
  const target = toPath(path, cwd);
  const draft = `${target}.${process.pid}.${Date.now().toString(36)}.tmp`;
  try {
    const file = await open(draft, "wx", 0o644);
    try {
      await file.writeFile(formatToolLock(lock));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { force: true });
    throw refused("unwritable", "The lock of tool definitions cannot be written.", cause);
  }
}

function toPath(path: string | URL, cwd: string): string {
  return typeof path === "string" ? resolve(cwd, path) : fileURLToPath(path);
}

function refused(reason: string, message: string, cause?: unknown): PortcullisError {
  return new PortcullisError("ERR_LOCK_INVALID", message, { cause, fields: { reason } });
}
