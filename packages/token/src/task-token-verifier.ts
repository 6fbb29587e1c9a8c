import type {
  CallContext,
  Clock,
  ContextInput,
  CredentialVerifier,
  Digest,
  ExpectedCall as GuardsExpectedCall,
  ExpectedCaller as GuardsExpectedCaller,
  InProcessPermit,
  Random,
  ReplayStore,
  TaskToken,
  VerifiedCaller,
  VerifiedCredential,
} from "@portcullis/core";
import type { ChainInput } from "./internal/split-chain.ts";
import type { ActorKeys, KeySet, RevocationView, SignatureBackend } from "./ports.ts";
import type { TokenAlgorithm } from "./public-jwk.ts";

/** Parts and bounds of `createTaskTokenVerifier`. */
export interface TaskTokenVerifierOptions {
  readonly backend: SignatureBackend;
  /** Keys of the token issuers. */
  readonly keys: KeySet;
  /** Remembers which call tokens were used. Processes that serve one audience share one. */
  readonly replay: ReplayStore;
  /** Without it the bound on a revoked right is the grant's life. */
  readonly revocation?: RevocationView;
  /** Confirms the names of actors below the grant, for records. */
  readonly actorKeys?: ActorKeys;
  /** This enforcement point; has to be in every token's `aud`. */
  readonly audience: string;
  /** Algorithms that are taken. Default Ed25519 and ES256; `ML-DSA-65` only where listed. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** Tolerance between issuer and verifier in seconds, 0 to 2. Default 2. */
  readonly skewSeconds?: number;
  /** Longest time that the replay store or revocation view may take. Default 250. */
  readonly storeTimeoutMs?: number;
  /** Most verified chains that are remembered. Default 2 048. */
  readonly cacheEntries?: number;
  /** Default the platform's. */
  readonly clock?: Clock;
  /** Default the platform's. */
  readonly digest?: Digest;
  /** Default the platform's. */
  readonly random?: Random;
}

/** What the verifier is told about the caller. Default risk `high`. */
export type ExpectedCaller = Omit<GuardsExpectedCaller, "risk"> &
  Partial<Pick<GuardsExpectedCaller, "risk">>;

/** What the verifier is asked about. Default risk `high`, mode `execute`. */
export type ExpectedCall = ExpectedCaller & Pick<GuardsExpectedCall, "tool" | "mode">;

/** A chain that was verified; authorises no call. */
export interface VerifiedChain extends VerifiedCaller {
  /** On whose behalf. */
  readonly subject: string;
  /** Task id, the session of every call. */
  readonly txn: string;
  /** Every actor, newest first. */
  readonly actors: readonly string[];
  /** `jti` of every link, the grant's first. */
  readonly tokenIds: readonly string[];
}

/** A verified call; belongs to the verifier that returned it. */
export interface VerifiedTask extends VerifiedChain, VerifiedCredential {
  /** `jti` of the call token, or an id of the permit. */
  readonly callId: string;
  readonly tool: string;
}

/** What a permit or its call is made for. */
export interface PermittedCall {
  readonly tool: string;
  /** RFC 8785 text of the validated arguments. */
  readonly canonicalArguments: string;
  /** Default `execute`. */
  readonly mode?: "execute" | "dry-run";
  /** Approval whose one-time grant the call uses. */
  readonly approval?: string;
}

/** Verifies task tokens and in-process permits for a guard or a service. */
export interface TaskTokenVerifier extends CredentialVerifier {
  /**
   * Verifies a chain with a call token, or a permit; uses nothing up.
   *
   * @throws {PortcullisError} `ERR_TOKEN_…` or `ERR_DELEGATION_…`.
   */
  verify(
    credential: TaskToken | InProcessPermit | ChainInput,
    expected: ExpectedCall,
  ): Promise<VerifiedTask>;
  /**
   * Verifies a chain of 1 to 9 links without a call token; what it returns authorises no call.
   *
   * @throws {PortcullisError} `ERR_TOKEN_…` or `ERR_DELEGATION_…`.
   */
  verifyChain(
    credential: TaskToken | ChainInput,
    expected?: ExpectedCaller,
  ): Promise<VerifiedChain>;
  /**
   * Binds a verified task to its arguments: their digest is the token's, and they satisfy the last
   * link's constraints. What the policy itself makes of bound arguments has to satisfy those alone.
   *
   * @throws {PortcullisError} `ERR_TOKEN_INVALID`.
   */
  bindArguments(task: VerifiedTask, canonicalArguments: string): Promise<void>;
  /**
   * Makes a permit for one call in this process, in place of a call token: as short, as narrow, used
   * as often.
   *
   * @throws {PortcullisError} `ERR_TOKEN_…` or `ERR_DELEGATION_…` when the chain does not cover it.
   */
  mintPermit(chain: ChainInput, call: PermittedCall): Promise<InProcessPermit>;
  /**
   * Uses a bound task up; the last step before the tool runs.
   *
   * @throws {PortcullisError} `ERR_TOKEN_REPLAYED`, or any code of {@link verify}.
   */
  consume(task: VerifiedTask): Promise<void>;
  /**
   * A context function for adapters: each call gets a permit of its own, made for exactly this tool
   * and these arguments; a model request gets the chain, which authorises no call. What the chain
   * does not cover is refused when the guard verifies it. Chain and permits stay in this function
   * and in the guard's call: nothing of them is in messages or a framework's state.
   */
  taskContext(
    chain: string,
    context?: Pick<CallContext, "session" | "request" | "facts" | "signal">,
  ): (call: object) => Promise<ContextInput>;
  /** Forgets the chains that were verified, after an issuer's key was revoked. */
  clearCache(): void;
}
