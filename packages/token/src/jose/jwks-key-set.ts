import type { JsonObject } from "@portcullis/core";
import type { IssuerKey, KeySet } from "../ports.ts";
import type { PublicJwk } from "../public-jwk.ts";
import { algorithmOf, parsePublicJwk } from "../public-jwk.ts";
import type { JwksSource, JwksSourceOptions } from "./jwks-source.ts";
import { createJwksSource } from "./jwks-source.ts";

/** A key set at an address; `reload` forgets what was fetched. */
export interface JwksKeySet extends KeySet {
  /** Forgets all keys, after one was revoked; clear the verifier's cache as well. */
  reload(): void;
}

/**
 * Creates the key set of one token issuer at a JWKS address. Keys without `alg` or `use: "sig"`, and
 * of kinds that task tokens do not take, are left out.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when the address is not one that is taken.
 *
 * @example
 * ```ts
 * const keys = createJwksKeySet({
 *   issuer: "https://tokens.example",
 *   url: "https://tokens.example/jwks.json",
 * });
 * ```
 */
export function createJwksKeySet({
  issuer,
  ...options
}: JwksSourceOptions & {
  /** The only `iss` that these keys speak for. */
  readonly issuer: string;
}): JwksKeySet {
  const source: JwksSource = createJwksSource(options);
  return Object.freeze({
    async find(kid: string): Promise<IssuerKey | undefined> {
      const json = await source.find(kid);
      const jwk = json === undefined ? undefined : toPublicJwk(json);
      return jwk === undefined ? undefined : { kid, issuer, jwk };
    },
    reload: () => source.reload(),
  });
}

/** The public key of a member of a JWKS, if it is one for signatures of task tokens. */
function toPublicJwk(json: JsonObject): PublicJwk | undefined {
  const { kty, crv, x, y, alg, pub, use } = json;
  if (use !== "sig" || typeof alg !== "string") return undefined;
  const members =
    kty === "AKP" ? { kty, alg, pub } : kty === "EC" ? { kty, crv, x, y } : { kty, crv, x };
  const present = Object.entries(members).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const jwk = parsePublicJwk(Object.fromEntries(present));
  return jwk !== undefined && algorithmOf(jwk) === alg ? jwk : undefined;
}
