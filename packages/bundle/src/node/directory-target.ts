import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { refuseBundle } from "../bundle-refusal.ts";
import { ENVELOPE_BYTES } from "../envelope.ts";
import { NAME } from "../internal/read-members.ts";
import type { PublishTarget } from "../publish-bundle.ts";
import { createFileLock } from "./file-lock.ts";
import { readFileCapped } from "./read-file-capped.ts";
import { writeFileAtomically } from "./write-file-atomically.ts";

const MODES = { file: 0o644, folder: 0o755 } as const;
const PATH = /^[a-z0-9-]+\/(root|head|bundle)\/[a-z0-9-]+\.json$/;
const ATTEMPTS = 100;
const PAUSE_MS = 100;

/**
 * Creates a place in a folder to publish one bundle to; any static server can hand it out. One
 * publisher writes at a time.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` for a name that is not of the grammar.
 *
 * @example
 * ```ts
 * import { createDirectoryTarget } from "@portcullis/bundle/node";
 *
 * const target = createDirectoryTarget("/srv/policy", "payments");
 * ```
 */
export function createDirectoryTarget(base: string, name: string): PublishTarget {
  if (!NAME.test(name)) throw refuseBundle("wrong-name", "The name of a bundle is a-z, 0-9 and -.");
  const pathOf = (path: string): string => {
    if (PATH.test(path)) return join(base, path);
    throw refuseBundle("path", "The layout has no such path.");
  };
  return {
    async read(path) {
      return readFileCapped(pathOf(path), ENVELOPE_BYTES.bundle);
    },
    async write(path, bytes) {
      await writeFileAtomically(pathOf(path), bytes, MODES);
    },
    async exclusively(work) {
      await mkdir(join(base, name), { recursive: true, mode: MODES.folder });
      const lock = createFileLock(join(base, name, ".publish.lock"));
      for (let attempt = 1; !(await lock.hold()); attempt += 1) {
        if (attempt === ATTEMPTS) {
          throw refuseBundle("storage", "Somebody else is publishing this bundle.");
        }
        await sleep(PAUSE_MS);
      }
      try {
        return await work();
      } finally {
        await lock.release();
      }
    },
  };
}
