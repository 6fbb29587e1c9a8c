import type { Awaitable, Clock, Digest, JsonObject, Random, ReplayStore } from "@portcullis/core";
import type { GrantClaims, GrantIssuer } from "../create-task-token-mint.ts";
import type { TrustedIssuer } from "./verify-foreign-jwt.ts";

/** What is known about a person now. */
export interface SubjectRecord {
  /** False once the person has left. */
  readonly isActive: boolean;
  /** Version of the person's rights, for `sub_ver`. */
  readonly version?: number;
}

/** What the ceiling is asked about. */
export interface CeilingRequest {
  readonly subject: string;
  /** The agent that will act. */
  readonly actor: string;
  readonly audience: readonly string[];
  /** What the agent says that the task is for. */
  readonly purpose?: string;
}

/** The most that a task may get. */
export interface CeilingDecision {
  /** Tools and constraints, as on the wire. */
  readonly tools: JsonObject;
  /** Tools that the agent may pass on and not use. Default none. */
  readonly delegateOnly?: readonly string[];
  /** Scopes that the subject token must have; one that is missing is never "all". */
  readonly requiredScopes: readonly string[];
  /** Longest life of the grant. */
  readonly ttlSeconds: number;
  /** Most delegations below it. */
  readonly maxDepth: number;
  /** Task id, where the subject token has none. */
  readonly txn?: string;
  readonly policy?: NonNullable<GrantClaims["policy"]>;
}

/** Parts of `createTokenExchangeHandler`. */
export interface TokenExchangeOptions {
  /** Who signs the grants. */
  readonly issuer: GrantIssuer;
  /** This endpoint, as subject and actor tokens name it in `aud`. */
  readonly audience: string;
  /** Who issues the tokens of people. */
  readonly subjectIssuers: readonly TrustedIssuer[];
  /** Who issues the tokens of agents. */
  readonly actorIssuers: readonly TrustedIssuer[];
  /** Services that a grant may be for; any other is refused. */
  readonly targets: readonly string[];
  /** Looks a person up now; undefined for nobody that is known. */
  readonly findSubject: (subject: string) => Awaitable<SubjectRecord | undefined>;
  /** Decides what the task may get at most; undefined refuses. */
  readonly ceiling: (request: CeilingRequest) => Awaitable<CeilingDecision | undefined>;
  /** Remembers which actor tokens were used. */
  readonly replay: ReplayStore;
  /** Authenticates the client apart from the actor token. Default not asked for. */
  readonly authenticateClient?: (request: Request) => Awaitable<boolean>;
  /** Takes why a request was refused, for logs; holds no token and no claim. */
  readonly onRefusal?: (refusal: { readonly error: string; readonly reason: string }) => void;
  /** Tolerance in seconds, 0 to 2. Default 2. */
  readonly skewSeconds?: number;
  /** Longest time that one of the functions above may take. Default 2 000. */
  readonly timeoutMs?: number;
  /** Default the platform's. */
  readonly clock?: Clock;
  /** Default the platform's. */
  readonly digest?: Digest;
  /** Default the platform's. */
  readonly random?: Random;
}
