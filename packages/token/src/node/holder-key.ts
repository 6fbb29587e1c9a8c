import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { JsonWebKey, KeyObject } from "node:crypto";
import { PortcullisConfigError } from "@portcullis/core";
import type { HolderKey } from "../ports.ts";
import type { PublicJwk, TokenAlgorithm } from "../public-jwk.ts";
import { algorithmOf, parsePublicJwk } from "../public-jwk.ts";

/** A private key as it is kept in a file; whoever reads it signs. */
export type PrivateJwk = Readonly<Record<string, string>>;

/**
 * Makes a key pair for one agent run or issuer; the private key stays in the returned object.
 *
 * @example
 * ```ts
 * const planner = generateHolderKey();
 * planner.publicJwk; // what `cnf` of its grant names
 * ```
 */
export function generateHolderKey(algorithm: TokenAlgorithm = "Ed25519"): HolderKey {
  return toHolderKey(generate(algorithm));
}

/**
 * Makes a key pair that is to be kept in a file, for an issuer.
 *
 * @example
 * ```ts
 * const { key, privateJwk } = generateIssuerKey();
 * ```
 */
export function generateIssuerKey(algorithm: TokenAlgorithm = "Ed25519"): {
  readonly key: HolderKey;
  readonly privateJwk: PrivateJwk;
} {
  const pair = generate(algorithm);
  return { key: toHolderKey(pair), privateJwk: toStrings(pair.export({ format: "jwk" })) };
}

/**
 * Reads a private key of {@link generateIssuerKey}.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is none of a kind that is taken.
 *
 * @example
 * ```ts
 * const { privateJwk } = generateIssuerKey();
 * importHolderKey(privateJwk).algorithm; // "Ed25519"
 * ```
 */
export function importHolderKey(privateJwk: PrivateJwk): HolderKey {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: { ...privateJwk }, format: "jwk" });
  } catch {
    // What the platform says may quote the key.
    throw new PortcullisConfigError("key", "The key is not a private key in JWK form.");
  }
  return toHolderKey(key);
}

function generate(algorithm: TokenAlgorithm): KeyObject {
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  if (algorithm === "ML-DSA-65") return generateKeyPairSync("ml-dsa-65").privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

function toHolderKey(key: KeyObject): HolderKey {
  const publicJwk = toPublicJwk(createPublicKey(key));
  const algorithm = algorithmOf(publicJwk);
  return Object.freeze({
    algorithm,
    publicJwk,
    sign(signingInput: string) {
      const data = Buffer.from(signingInput, "latin1");
      const bytes =
        algorithm === "ES256"
          ? sign("sha256", data, { key, dsaEncoding: "ieee-p1363" })
          : sign(null, data, key);
      return bytes.toString("base64url");
    },
  } satisfies HolderKey);
}

function toPublicJwk(key: KeyObject): PublicJwk {
  const { kty, crv, x, y, alg, pub } = toStrings(key.export({ format: "jwk" }));
  const members = Object.entries({ kty, crv, x, y, alg, pub }).filter(
    (member): member is [string, string] => member[1] !== undefined,
  );
  const jwk = parsePublicJwk(Object.fromEntries(members));
  if (jwk === undefined) {
    throw new PortcullisConfigError("key", "The key is of a kind that task tokens do not take.");
  }
  return jwk;
}

function toStrings(jwk: JsonWebKey): Record<string, string> {
  return Object.fromEntries(
    Object.entries(jwk).filter(
      (member): member is [string, string] => typeof member[1] === "string",
    ),
  );
}
