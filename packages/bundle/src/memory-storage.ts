import type { BundleStorage } from "./ports.ts";

/**
 * Creates a storage that ends with the process: no last-known-good bundle across restarts.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@portcullis/bundle";
 *
 * const storage = createMemoryStorage();
 * ```
 */
export function createMemoryStorage(): BundleStorage {
  const kept = new Map<string, Uint8Array>();
  return {
    read: (name) => Promise.resolve(kept.get(name)?.slice()),
    async write(name, bytes) {
      kept.set(name, bytes.slice());
    },
    async remove(name) {
      kept.delete(name);
    },
  };
}
