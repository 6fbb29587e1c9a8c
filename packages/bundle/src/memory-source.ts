import { refuseBundle } from "./bundle-refusal.ts";
import { createLayout } from "./layout.ts";
import type { BundleSource } from "./ports.ts";
import { toDigest } from "./internal/sha256.ts";

/** A source whose documents are set by path, as a server would hand them out. */
export interface MemorySource extends BundleSource {
  /** Sets a document, or takes it away, and wakes whoever waits. */
  set(path: string, bytes: Uint8Array | undefined): void;
}

/**
 * Creates a source in memory: for tests, and for applications that receive documents by a way of
 * their own. Paths are those of the layout, such as `payments/head/production.json`.
 *
 * @example
 * ```ts
 * import { createMemorySource } from "@portcullis/bundle";
 *
 * declare const head: Uint8Array;
 * const source = createMemorySource({ name: "payments", channel: "production" });
 * source.set("payments/head/production.json", head);
 * ```
 */
export function createMemorySource({
  name,
  channel,
}: {
  readonly name: string;
  readonly channel: string;
}): MemorySource {
  const layout = createLayout(name, channel);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const waiting = new Set<() => void>();
  const demand = (path: string): Uint8Array<ArrayBuffer> => {
    const bytes = files.get(path);
    if (bytes === undefined) throw refuseBundle("not-found", "The source has no such document.");
    return bytes;
  };
  return {
    set(path, bytes) {
      if (bytes === undefined) files.delete(path);
      else files.set(path, new Uint8Array(bytes));
      for (const wake of waiting) wake();
    },
    root: (version) => Promise.resolve(files.get(layout.root(version))),
    async head(previousTag) {
      const bytes = demand(layout.head());
      const tag = await toDigest(bytes);
      return tag === previousTag ? "unchanged" : { bytes, tag };
    },
    async bundle(digest, maxBytes) {
      const bytes = demand(layout.bundle(digest));
      if (bytes.length > maxBytes) throw refuseBundle("too-large", "The bundle is too large.");
      return bytes;
    },
    changed(_previousTag, signal) {
      return new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake);
        if (signal.aborted) wake();
      });
    },
  };
}
