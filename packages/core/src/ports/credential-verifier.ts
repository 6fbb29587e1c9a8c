import type { InProcessPermit, TaskToken } from "../call-context.ts";
import type { PolicyRef } from "../decision.ts";
import type { Principal } from "../principal.ts";

/** What the verifier is told about the caller, whichever tool it is about to use. */
export interface ExpectedCaller {
  /** `high` for every class but `read`. */
  readonly risk: "normal" | "high";
  /** The user's own words, for tokens that bind their digest. */
  readonly request?: readonly string[];
  /** The policy in force, for tokens that want at least a certain one. */
  readonly bundle?: PolicyRef;
}

/** What the verifier is asked about. */
export interface ExpectedCall extends ExpectedCaller {
  readonly tool: string;
  /** `dry-run` where nothing runs for real. Default `execute`. */
  readonly mode?: "execute" | "dry-run";
}

/** One hop of a verified delegation chain, for records. */
export interface DelegationHop {
  /** Who acts at this hop. */
  readonly actor: string;
  /** Id of the token (`jti`). */
  readonly tokenId: string;
  /** RFC 7638 thumbprint of the key that the hop's holder has. */
  readonly keyThumbprint: string;
  /**
   * True where the issuer or a list of known keys stands for the name; else it is what the
   * delegator claims.
   */
  readonly confirmed: boolean;
}

/**
 * Whose credential it was that was proven and refused all the same, such as a revoked one: for
 * records, in the error's field `caller`.
 */
export interface RefusedCaller {
  /** On whose behalf. */
  readonly user: string;
  /** Every hop of the delegation chain, newest first. */
  readonly delegation: readonly DelegationHop[];
  /** What the task was granted for. */
  readonly purpose?: string;
}

/** Who a credential speaks for; authorises no call. */
export interface VerifiedCaller {
  readonly principal: Principal;
  /** The task's id (`txn`): always the session. */
  readonly session: string;
  /** Every hop of the delegation chain, newest first. */
  readonly delegation?: readonly DelegationHop[];
  /** What the task was granted for. */
  readonly purpose?: string;
}

/** A verified credential. */
export interface VerifiedCredential extends VerifiedCaller {
  /** Approval that the credential is bound to; the guard refuses any other. */
  readonly approval?: string;
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
  /** Verifies what authorises one call. */
  verify(
    credential: TaskToken | InProcessPermit,
    expected: ExpectedCall,
  ): Promise<VerifiedCredential>;
  /**
   * Verifies a chain without a call token, for what authorises nothing: the tools that are shown,
   * the prompts that are redacted, the use that is counted. Without it `verify` is asked.
   */
  verifyChain?(credential: TaskToken, expected: ExpectedCaller): Promise<VerifiedCaller>;
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
