import type { BundleClientOptions, BundleStatus, FetchLike } from "@portcullis/bundle";

/** How `createPortcullis` keeps and refreshes bundles. */
export interface BundleSettings extends Pick<
  BundleClientOptions,
  "maxStale" | "canary" | "refreshSeconds"
> {
  /** Stable across restarts; draws the canaries. Default the name of this machine. */
  readonly instance?: string;
  /**
   * Folder for the last good bundle; false keeps nothing across restarts. Default
   * `./.portcullis/bundles/<name>-<channel>`.
   */
  readonly folder?: string | false;
  /** Bearer token for the server. */
  readonly token?: string;
  /** Default `globalThis.fetch`; one with client certificates for mTLS. */
  readonly fetch?: FetchLike;
  /** Told after every change, and every 60 s. */
  readonly onStatus?: (status: BundleStatus) => void;
  /** Ends refreshing; the bundle in force runs out by itself. */
  readonly signal?: AbortSignal;
}
