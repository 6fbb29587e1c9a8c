import type { InProcessPermit, TaskToken } from "../call-context.ts";
import type { Principal } from "../principal.ts";

/** What the verifier is asked about. */
export interface ExpectedCall {
  readonly tool: string;
  /** `high` for every class but `read`. */
  readonly risk: "normal" | "high";
  /** The user's own words, for tokens that bind their digest. */
  readonly request?: readonly string[];
}

/** A verified credential. */
export interface VerifiedCredential {
  readonly principal: Principal;
  /** The task's id (`txn`): always the session. */
  readonly session: string;
  /** Checks that the credential covers these canonical arguments; throws if not. */
  bindArguments(canonicalArguments: string): Promise<void>;
  /** Uses up the one-time part; throws when it was used before. */
  consume(): Promise<void>;
}

/**
 * Verifies task tokens and in-process permits. It throws a `PortcullisError` with an `ERR_TOKEN_…`
 * or `ERR_DELEGATION_…` code, which becomes the denial code.
 */
export interface CredentialVerifier {
  verify(
    credential: TaskToken | InProcessPermit,
    expected: ExpectedCall,
  ): Promise<VerifiedCredential>;
}

/** Looks up live roles; a failure denies with `identity-unavailable`. */
export interface RoleResolver {
  /** Roles that the party holds now, in addition to those the policy lists. */
  resolve(kind: "agent" | "user", id: string): Promise<readonly string[]>;
}

/** Remembers one-time ids. */
export interface ReplayStore {
  /** Adds the key if it is absent, atomically. Times in seconds since the epoch. */
  consume(
    key: string,
    issuedAtSeconds: number,
    expiresAtSeconds: number,
  ): Promise<"ok" | "replayed" | "full" | "cold">;
}
