import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { refuseBundle } from "../bundle-refusal.ts";
import type { BundleStorage } from "../ports.ts";
import { createFileLock } from "./file-lock.ts";
import { readFileCapped } from "./read-file-capped.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

const MODES = { file: 0o600, folder: 0o700 } as const;
const MAX_BYTES = 64 * 1024 * 1024;
const NAME = /^(state\.json|bundles\/[0-9a-f]{64}\.json)$/;

/**
 * Creates a storage in a folder: `state.json` and `bundles/<digest>.json`, readable by nobody else,
 * written so that a crash leaves the old or the new file. One process writes; a second one reads,
 * and its writes are refused.
 *
 * @example
 * ```ts
 * import { createFileStorage } from "@portcullis/bundle/node";
 *
 * const storage = createFileStorage("/var/lib/pay/portcullis");
 * ```
 */
export function createFileStorage(folder: string): BundleStorage {
  const lock = createFileLock(join(folder, "lock"));
  const pathOf = (name: string): string => {
    if (NAME.test(name)) return join(folder, name);
    throw refuseBundle("storage", "The storage holds no such name.");
  };
  const hold = async (): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: MODES.folder });
    if (await lock.hold()) return;
    throw refuseBundle("storage", "Another process writes to this storage.");
  };
  return {
    async read(name) {
      return readFileCapped(pathOf(name), MAX_BYTES);
    },
    async write(name, bytes) {
      const path = pathOf(name);
      await hold();
      await writeFileAtomically(path, bytes, MODES);
    },
    async remove(name) {
      const path = pathOf(name);
      await hold();
      await rm(path, { force: true });
    },
    close: () => lock.release(),
  };
}
