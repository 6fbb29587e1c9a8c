import type {
  Clock,
  PolicyObservation,
  PolicyRef,
  PolicySource,
  SourcedPolicy,
} from "@portcullis/core";
import type { PortcullisError } from "@portcullis/core";
import type { BundleSource, BundleStorage } from "../ports.ts";
import type { PrepareBundle } from "../prepare-bundle.ts";
import type { ShadowCounts } from "./shadow-tally.ts";
import type { IssuerEntry } from "../root-document.ts";

/** A bundle that was verified, tested and made current. */
export interface ActiveBundle extends SourcedPolicy {
  /** Name, serial and digest of the bundle. */
  readonly ref: PolicyRef;
  readonly target: "main" | "canary";
  /** Milliseconds since the epoch at which it was activated. */
  readonly since: number;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/** What one refresh came to. */
export type RefreshResult =
  /** `activated`: another bundle is in force; `confirmed`: the same, and fresh again. */
  | { readonly kind: "activated" | "confirmed"; readonly serial: number; readonly digest: string }
  /** The head names a bundle that is not valid yet; the old one stays. */
  | { readonly kind: "pending"; readonly serial: number; readonly digest: string }
  /** The old bundle stays, and runs out by itself. */
  | { readonly kind: "failed"; readonly stage: RefreshStage; readonly error: PortcullisError };

/** Where a refresh can fail. */
export type RefreshStage =
  | "state"
  | "clock"
  | "root"
  | "head"
  | "bundle"
  | "prepare"
  | "persist"
  | "shadow"
  | "canary";

/** The last thing that went wrong. */
export interface StatusError {
  readonly stage: RefreshStage;
  readonly code: string;
  readonly reason: string;
  readonly at: string;
}

/** What a client says about itself; plain JSON, the same everywhere. */
export interface BundleStatus {
  readonly name: string;
  readonly channel: string;
  readonly instance: string;
  readonly core: string;
  readonly root_version: number;
  readonly head_version: number | null;
  /** Two clients that report one version with two digests were told two stories. */
  readonly head_digest: string | null;
  readonly active: {
    readonly digest: string;
    readonly serial: number;
    readonly target: "main" | "canary";
    readonly since: string;
    readonly confirmed_until: string;
  } | null;
  readonly shadow: ({ readonly digest: string; readonly serial: number } & ShadowCounts) | null;
  readonly pending: { readonly digest: string; readonly serial: number } | null;
  readonly last_ok: string | null;
  readonly last_error: StatusError | null;
}

/** How long a bundle that nothing confirms any more stays in force, in seconds. */
export interface MaxStale {
  /** For tools whose class is `read`. Default 86 400. */
  readonly readOnlySeconds?: number;
  /** For every other tool. Default 0. */
  readonly sideEffectsSeconds?: number;
}

/** When a canary is given up. */
export interface CanaryLimits {
  /** Decisions that are looked at before anything is concluded. Default 50. */
  readonly minDecisions?: number;
  /** Largest share of decisions that erred, of the last 200. Default 0.05. */
  readonly maxErrorShare?: number;
}

/** Options of `createBundleClient`. */
export interface BundleClientOptions {
  readonly name: string;
  readonly channel: string;
  /** The trust anchor: bytes that come with the application, never from the network. */
  readonly initialRoot: Uint8Array;
  readonly source: BundleSource;
  readonly storage: BundleStorage;
  /** Stable across restarts; draws the canaries. */
  readonly instance: string;
  /** Version of `@portcullis/core` that evaluates, `x.y.z`. */
  readonly core: string;
  /** Default: load, compile and test without further parts. */
  readonly prepare?: PrepareBundle;
  readonly maxStale?: MaxStale;
  readonly canary?: CanaryLimits;
  /** Longest time between two refreshes; 0 = only when `refresh` is called. Default 30. */
  readonly refreshSeconds?: number;
  /** Longest time of one refresh. Default 30. */
  readonly refreshTimeoutSeconds?: number;
  /** Default the system's. */
  readonly clock?: Clock;
  /** Told after every change, and every 60 s while refreshes run by themselves. */
  readonly onStatus?: (status: BundleStatus) => void;
}

/** Keeps one verified bundle in force, and gives it to guards. */
export interface BundleClient extends PolicySource {
  /**
   * Verifies the initial root, restores what storage holds and begins to refresh.
   *
   * @throws {PortcullisError} `ERR_BUNDLE_…` when the initial root is not one, or governs other names.
   */
  start(): Promise<void>;
  /** Refreshes once; whoever calls while one runs waits for that one. It never rejects. */
  refresh(): Promise<RefreshResult>;
  /**
   * The bundle in force for a tool; without one, as for a tool that only reads.
   *
   * @throws {PortcullisError} `ERR_BUNDLE_…` when there is none, or it must not be used any more.
   */
  current(tool?: string): ActiveBundle;
  /** The canary that is tried on the side, if there is one. */
  shadow(): ActiveBundle | undefined;
  observe(observation: PolicyObservation): void;
  onCandidate(activate: (candidate: SourcedPolicy) => Promise<void>): () => void;
  /** Token issuers that the newest root vouches for. */
  issuers(): readonly IssuerEntry[];
  status(): BundleStatus;
  stop(): Promise<void>;
}
