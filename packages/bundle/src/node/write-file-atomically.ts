import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Access rights of what is written. */
export interface WriteModes {
  readonly file: number;
  readonly folder: number;
}

/**
 * Replaces a file so that after a crash its path holds the old or the new bytes, whole: a temporary
 * file beside it, flushed, renamed, and the folder flushed.
 */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  { file: mode, folder: folderMode }: WriteModes,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: folderMode });
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(folder);
}

/** Makes a rename last; a file system that cannot do it is none that keeps more. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
