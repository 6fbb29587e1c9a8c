import { watch } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { refuseBundle } from "../bundle-refusal.ts";
import { ENVELOPE_BYTES } from "../envelope.ts";
import { toDigest } from "../internal/sha256.ts";
import { createLayout } from "../layout.ts";
import type { BundleSource } from "../ports.ts";
import { readBundleFolder } from "./bundle-folder.ts";
import { readFileCapped } from "./read-file-capped.ts";

/** Options of {@link createDirectorySource}. */
export interface DirectorySourceOptions {
  /** Folder that the layout begins below. */
  readonly base: string;
  readonly name: string;
  readonly channel: string;
  /** How often the head is looked at where watching says nothing. Default 2 000. */
  readonly pollMs?: number;
}

/**
 * Creates a source that reads the layout from a folder, and notices a new head by watching it and by
 * looking every two seconds. A bundle may also lie there in directory form, without `.json`.
 *
 * @throws {PortcullisError} `ERR_BUNDLE_INVALID` for a name or a channel that is not of the grammar.
 *
 * @example
 * ```ts
 * import { createDirectorySource } from "@portcullis/bundle/node";
 *
 * const source = createDirectorySource({
 *   base: "/srv/policy",
 *   name: "payments",
 *   channel: "production",
 * });
 * ```
 */
export function createDirectorySource(options: DirectorySourceOptions): BundleSource {
  const { base, name, channel, pollMs = 2000 } = options;
  const layout = createLayout(name, channel);
  const headPath = join(base, layout.head());
  return {
    root: (version) => readFileCapped(join(base, layout.root(version)), ENVELOPE_BYTES.root),
    async head(previousTag) {
      const bytes = await readFileCapped(headPath, ENVELOPE_BYTES.head);
      if (bytes === undefined) throw refuseBundle("not-found", "There is no head.");
      const tag = await toDigest(new Uint8Array(bytes));
      return tag === previousTag ? "unchanged" : { bytes, tag };
    },
    async bundle(digest, maxBytes) {
      const path = join(base, layout.bundle(digest));
      const bytes = await readFileCapped(path, maxBytes);
      if (bytes !== undefined) return bytes;
      return readBundleFolder(path.slice(0, -".json".length));
    },
    changed: (previousTag, signal) => waitForChange({ headPath, pollMs, previousTag, signal }),
  };
}

/** Resolves when the head's file is another one than before. */
async function waitForChange({
  headPath,
  pollMs,
  previousTag,
  signal,
}: {
  readonly headPath: string;
  readonly pollMs: number;
  readonly previousTag: string | undefined;
  readonly signal: AbortSignal;
}): Promise<void> {
  const isOther = async (): Promise<boolean> => {
    const bytes = await readFileCapped(headPath, ENVELOPE_BYTES.head).catch(() => undefined);
    return bytes !== undefined && (await toDigest(new Uint8Array(bytes))) !== previousTag;
  };
  let wake: (() => void) | undefined;
  const watcher = (await stat(dirname(headPath)).catch(() => undefined))?.isDirectory()
    ? watch(dirname(headPath), { persistent: false }, () => wake?.())
    : undefined;
  watcher?.on("error", () => wake?.());
  try {
    while (!signal.aborted && !(await isOther())) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs).unref();
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", wake, { once: true });
        if (signal.aborted) wake();
      });
    }
  } finally {
    watcher?.close();
  }
}
