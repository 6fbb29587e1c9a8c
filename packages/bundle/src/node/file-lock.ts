import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";

/** A lock between processes: a file that one of them made. */
export interface FileLock {
  /** Takes the lock if it is free, or keeps it; false when another process has it. */
  hold(): Promise<boolean>;
  release(): Promise<void>;
}

const RENEW_EVERY_MS = 30_000;
const TAKEN_OVER_AFTER_MS = 120_000;

/**
 * Creates a lock on a path. Whoever holds it renews it every 30 s; one that was not renewed for
 * 120 s, or whose process on this machine is gone, is taken over. Who lost it notices at the next
 * `hold`.
 */
export function createFileLock(path: string): FileLock {
  const mine = JSON.stringify({
    id: randomUUID(),
    pid: process.pid,
    host: hostname(),
    origin: performance.timeOrigin,
  });
  let timer: NodeJS.Timeout | undefined;
  const renew = async (): Promise<void> => {
    const now = new Date();
    if ((await readLock(path)) === mine) await utimes(path, now, now).catch(() => undefined);
  };
  const take = async (): Promise<boolean> => {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(mine);
      await file.close();
    } catch {
      return false;
    }
    timer ??= setInterval(() => void renew(), RENEW_EVERY_MS).unref();
    return (await readLock(path)) === mine;
  };
  return {
    async hold() {
      const found = await readLock(path);
      if (found === mine) return true;
      if (found === undefined) return take();
      if (!(await isAbandoned(path, found))) return false;
      // Whoever was faster has made another one by now; theirs stays.
      if ((await readLock(path)) !== found) return false;
      await rm(path, { force: true });
      return take();
    },
    async release() {
      clearInterval(timer);
      if ((await readLock(path)) === mine) await rm(path, { force: true });
    },
  };
}

async function readLock(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

async function isAbandoned(path: string, text: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return true;
  if (Date.now() - found.mtimeMs > TAKEN_OVER_AFTER_MS) return true;
  const owner = readOwner(text);
  return owner !== undefined && owner.host === hostname() && !isAlive(owner);
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly origin: number;
}

function readOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("pid" in value) || !("host" in value) || !("origin" in value)) return undefined;
    const { pid, host, origin } = value;
    return typeof pid === "number" && typeof host === "string" && typeof origin === "number"
      ? { pid, host, origin }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, origin }: Owner): boolean {
  // After a restart in a container the same number is this process, begun at another time.
  if (pid === process.pid) return origin === performance.timeOrigin;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return !(cause instanceof Error && "code" in cause && cause.code === "ESRCH");
  }
}
