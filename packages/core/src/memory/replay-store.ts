import { PortcullisConfigError } from "../errors.ts";
import type { ReplayStore } from "../ports/credential-verifier.ts";
import type { Clock } from "../ports/runtime.ts";
import { createHighWater } from "./high-water.ts";

/** Parts and bounds of {@link createMemoryReplayStore}. */
export interface MemoryReplayStoreOptions {
  /** Only its wall clock is read. */
  readonly clock: Clock;
  /** Tolerance between issuer and verifier, 0 to 2. Default 2. */
  readonly skewSeconds?: number;
  /** Most ids held at the same time. Default 200 000. */
  readonly maxKeys?: number;
}

const MOST_KEY_LENGTH = 1024;

/**
 * Creates a `ReplayStore` in memory: an id is taken once, until it expires.
 *
 * It answers `cold` for an id that it can say nothing about: issued no later than the store began
 * plus the skew, or expired by the highest time that the store has seen, so that a wall clock going
 * back revives nothing. It answers `full` rather than forget an id early.
 *
 * `consume` rejects with `ERR_STORE_UNAVAILABLE` when the clock fails, and with a `TypeError` for
 * a key longer than 1 024 characters or a time that is not finite.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an option is out of its range.
 *
 * @example
 * ```ts
 * declare const clock: Clock;
 * const issuedAtSeconds = clock.now() / 1000;
 * const replay = createMemoryReplayStore({ clock, skewSeconds: 0 });
 * await replay.consume("thumbprint:jti", issuedAtSeconds, issuedAtSeconds + 5); // "ok" once
 * ```
 */
export function createMemoryReplayStore(options: MemoryReplayStoreOptions): ReplayStore {
  const { clock, skewSeconds = 2, maxKeys = 200_000 } = options;
  if (!(skewSeconds >= 0 && skewSeconds <= 2)) {
    throw new PortcullisConfigError("skewSeconds", "`skewSeconds` must be from 0 to 2.");
  }
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new PortcullisConfigError("maxKeys", "`maxKeys` must be a positive whole number.");
  }
  const readSeconds = createHighWater(() => clock.now() / 1000);
  const begun = readSeconds();
  const keys = new Set<string>();
  const buckets = new Map<number, string[]>();
  let droppedUntil = Math.floor(begun);

  const drop = (second: number): void => {
    for (const key of buckets.get(second) ?? []) keys.delete(key);
    buckets.delete(second);
  };
  const dropExpired = (now: number): void => {
    const last = Math.floor(now);
    if (last - droppedUntil > buckets.size) {
      for (const second of buckets.keys()) if (second <= last) drop(second);
      droppedUntil = last;
    }
    while (droppedUntil < last) drop((droppedUntil += 1));
  };

  return {
    async consume(key, issuedAtSeconds, expiresAtSeconds) {
      if (typeof key !== "string" || key.length > MOST_KEY_LENGTH) {
        throw new TypeError("A one-time id must be a text of at most 1 024 characters.");
      }
      if (!Number.isFinite(issuedAtSeconds) || !Number.isFinite(expiresAtSeconds)) {
        throw new TypeError("The times of a one-time id must be finite.");
      }
      const now = readSeconds();
      dropExpired(now);
      if (keys.has(key)) return "replayed";
      const until = expiresAtSeconds + skewSeconds;
      if (issuedAtSeconds <= begun + skewSeconds || until <= now) return "cold";
      if (keys.size >= maxKeys) return "full";
      keys.add(key);
      const second = Math.ceil(until);
      const bucket = buckets.get(second);
      if (bucket === undefined) buckets.set(second, [key]);
      else bucket.push(key);
      return "ok";
    },
  };
}
