import { PortcullisConfigError } from "@portcullis/core";
import type { IssuerKey, KeySet } from "./ports.ts";

/** A key set whose keys the host itself adds and withdraws. */
export interface StaticKeySet extends KeySet {
  /** Replaces all keys: a key that is not among them is withdrawn, also for chains seen before. */
  replace(keys: readonly IssuerKey[]): void;
}

/**
 * Creates a key set in memory, such as from the root document of a bundle.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when a `kid` is empty or occurs twice.
 *
 * @example
 * ```ts
 * declare const key: IssuerKey;
 * const keys = createStaticKeySet([key]);
 * keys.replace([]); // withdraws it
 * ```
 */
export function createStaticKeySet(keys: readonly IssuerKey[]): StaticKeySet {
  let known = toMap(keys);
  return Object.freeze({
    find: async (kid: string) => known.get(kid),
    replace(next: readonly IssuerKey[]) {
      known = toMap(next);
    },
  });
}

function toMap(keys: readonly IssuerKey[]): ReadonlyMap<string, IssuerKey> {
  const map = new Map(keys.map((key) => [key.kid, Object.freeze({ ...key })]));
  if (map.size !== keys.length || map.has("")) {
    throw new PortcullisConfigError("keys", "Every issuer key needs a `kid` of its own.");
  }
  return map;
}
