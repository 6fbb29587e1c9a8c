/** Where a client gets documents from; nothing that it gives is believed. */
export interface BundleSource {
  /** The root with this version; undefined when there is none. */
  root(version: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** The newest head, or `unchanged` when it is still the one that came with this tag. */
  head(
    previousTag: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly tag?: string } | "unchanged">;
  /** The bundle whose payload has this digest; reads at most `maxBytes`, past every cache. */
  bundle(digest: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Resolves when the head may be another than the one that came with this tag, at the latest after
   * a time of the source's own. Absent: the client asks at intervals.
   */
  changed?(previousTag: string | undefined, signal: AbortSignal): Promise<void>;
}

/** Where a client keeps what it knows across restarts. */
export interface BundleStorage {
  /** What was written under a name; undefined when nothing was. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Atomic and durable: after a crash the name holds the old or the new bytes, whole. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /** Gives up what the storage holds on to, such as a lock. */
  close?(): Promise<void>;
}
