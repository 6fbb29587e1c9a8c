import type { Awaitable } from "@portcullis/core";
import type { PublicJwk, TokenAlgorithm } from "./public-jwk.ts";
import type { RevocationReason } from "./token-error.ts";

/** A public key as its backend holds it; only that backend can use it. */
export interface VerificationKey {
  /** The one algorithm that it verifies (RFC 8725 §3.1). */
  readonly algorithm: TokenAlgorithm;
}

/** Verifies signatures. */
export interface SignatureBackend {
  /** The algorithms that it can verify. */
  readonly algorithms: readonly TokenAlgorithm[];
  /** Makes a key usable; throws for one that is none, such as a point that is not on its curve. */
  importPublicKey(jwk: PublicJwk): Awaitable<VerificationKey>;
  /**
   * Whether a signature holds. Every character of the input is one byte; the signature is in
   * base64url.
   */
  verify(key: VerificationKey, signingInput: string, signature: string): Awaitable<boolean>;
}

/** A private key that signs and is never given out. */
export interface HolderKey {
  readonly algorithm: TokenAlgorithm;
  readonly publicJwk: PublicJwk;
  /** Signs the bytes of a text of one byte for each character; resolves to base64url. */
  sign(signingInput: string): Awaitable<string>;
}

/** A key that signs grants. */
export interface IssuerKey {
  /** As the header of a grant names it; the RFC 7638 thumbprint where we make keys. */
  readonly kid: string;
  /** The only `iss` that it may sign for; `"*"` lets it speak for any, for tests and inspection. */
  readonly issuer: string;
  readonly jwk: PublicJwk;
}

/** Finds the keys of token issuers. */
export interface KeySet {
  /** The key, or undefined where there is none; throws when that cannot be known now. */
  find(kid: string): Promise<IssuerKey | undefined>;
}

/** What is asked at every call, whether its chain was verified before or not. */
export interface RevocationQuery {
  readonly subject: string;
  /** `sub_ver` of the grant. */
  readonly subjectVersion?: number;
  /** `iat` of the grant, in seconds. */
  readonly issuedAt: number;
  /** `jti` of every token of the chain, the grant's first. */
  readonly tokenIds: readonly string[];
  /** Every actor, newest first. */
  readonly actors: readonly string[];
  /** Thumbprints of every holder's key. */
  readonly keyThumbprints: readonly string[];
  /** `high` for every tool that does not only read. */
  readonly risk: "normal" | "high";
}

/** What is known about revocation now. */
export interface RevocationView {
  /** The reason to refuse, or undefined; a throw or time-out refuses as well. */
  check(query: RevocationQuery, nowSeconds: number): Awaitable<RevocationReason | undefined>;
}

/** Which keys are known to belong to an actor, so that records need not say "claimed". */
export interface ActorKeys {
  /** RFC 7638 thumbprints of the actor's keys. */
  find(actor: string): Awaitable<readonly string[]>;
}
