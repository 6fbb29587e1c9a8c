import type { VerifiedLinks } from "./verify-links.ts";

/** Chains that were verified, by the digest of their exact text. Holds successes alone. */
export interface PrefixCache {
  get(key: string, nowSeconds: number): VerifiedLinks | undefined;
  set(key: string, links: VerifiedLinks): void;
  delete(key: string): void;
  clear(): void;
}

interface Entry {
  readonly links: VerifiedLinks;
  /** Earliest `exp` of its links. */
  readonly until: number;
}

/** Creates an empty cache that forgets what was not used for longest. */
export function createPrefixCache(maxEntries: number): PrefixCache {
  const entries = new Map<string, Entry>();
  return {
    get(key, nowSeconds) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (!(entry.until > nowSeconds)) return undefined;
      entries.set(key, entry);
      return entry.links;
    },
    set(key, links) {
      entries.delete(key);
      entries.set(key, { links, until: Math.min(...links.links.map(({ claims }) => claims.exp)) });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  };
}
