import { importJWK } from "jose";
import type { CryptoKey, JWK } from "jose";
import { PortcullisConfigError } from "@portcullis/core";
import type { Json } from "@portcullis/core";
import { isJsonObject } from "./internal/canonical-document.ts";
import { SIGNATURE_ALGORITHMS } from "./internal/signature-algorithms.ts";
import type { PublicJwk, SignatureAlgorithm } from "./public-jwk.ts";
import { algorithmOf, readPublicJwk } from "./public-jwk.ts";

/** Signs documents: a key at hand, or a key service that never gives its key away. */
export interface DocumentSigner {
  readonly algorithm: SignatureAlgorithm;
  readonly publicJwk: PublicJwk;
  /** Signs the signing input of a JWS (RFC 7515 §5.1) and gives the raw signature. */
  sign(input: Uint8Array): Promise<Uint8Array>;
}

/** A private key as JWK: the public members and its secret one. */
export type PrivateJwk = PublicJwk & { readonly d?: string; readonly priv?: string };

/**
 * Makes a signer of a private key.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when it is not a private Ed25519, P-256 or
 * ML-DSA-65 key, or this runtime does not know its algorithm.
 *
 * @example
 * ```ts
 * import type { PrivateJwk } from "@portcullis/bundle";
 * import { createKeySigner } from "@portcullis/bundle";
 *
 * declare const jwk: PrivateJwk;
 * const signer = await createKeySigner(jwk);
 * ```
 */
export async function createKeySigner(jwk: PrivateJwk): Promise<DocumentSigner> {
  const publicJwk = toPublicJwk(jwk);
  if (publicJwk === undefined) throw keyError();
  const algorithm = algorithmOf(publicJwk);
  const key = await importPrivate({ ...jwk }, algorithm);
  const { parameters } = SIGNATURE_ALGORITHMS[algorithm];
  return Object.freeze({
    algorithm,
    publicJwk,
    sign: async (input) =>
      new Uint8Array(await crypto.subtle.sign(parameters, key, new Uint8Array(input))),
  } satisfies DocumentSigner);
}

/** The public part of a private key; undefined when it is not strict. */
export function toPublicJwk(jwk: Json): PublicJwk | undefined {
  if (!isJsonObject(jwk)) return undefined;
  const { d: _d, priv: _priv, ...rest } = jwk;
  return readPublicJwk(rest);
}

async function importPrivate(jwk: JWK, algorithm: SignatureAlgorithm): Promise<CryptoKey> {
  try {
    const key = await importJWK(jwk, algorithm);
    if (!(key instanceof Uint8Array) && key.type === "private") return key;
  } catch (cause) {
    throw keyError(cause);
  }
  throw keyError();
}

function keyError(cause?: unknown): PortcullisConfigError {
  const message =
    "The key is not a private Ed25519, P-256 or ML-DSA-65 key that this runtime knows.";
  return new PortcullisConfigError("key", message, { cause });
}
