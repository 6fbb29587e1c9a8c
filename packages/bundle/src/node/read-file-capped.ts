import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { refuseBundle } from "../bundle-refusal.ts";

/**
 * Reads a plain file up to a size; undefined when there is none. Links are not followed.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` with `too-large`, `ERR_BUNDLE_UNAVAILABLE` with
 * `not-found` when it is no plain file.
 */
export async function readFileCapped(
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  let file;
  try {
    // Without O_NONBLOCK a named pipe would be waited for.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw refuseBundle("not-found", "The document cannot be read.", { cause });
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw refuseBundle("not-found", "The document is no plain file.");
    if (found.size > maxBytes) throw refuseBundle("too-large", "The document is too large.");
    const bytes = await file.readFile();
    if (bytes.length > maxBytes) throw refuseBundle("too-large", "The document is too large.");
    return new Uint8Array(bytes);
  } finally {
    await file.close();
  }
}

/** Tells whether an error says that a path is not there. */
function isMissing(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    "code" in cause &&
    (cause.code === "ENOENT" || cause.code === "ENOTDIR")
  );
}
