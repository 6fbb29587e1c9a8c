export { createTaskTokenMint } from "./create-task-token-mint.ts";
export { createTaskTokenVerifier } from "./create-task-token-verifier.ts";
export { isAttenuation } from "./constraints/is-attenuation.ts";
export { parseToolConstraints } from "./constraints/tool-constraints.ts";
export { validateArguments } from "./constraints/validate-arguments.ts";
export { createMemoryRevocationView, NOTHING_REVOKED } from "./memory-revocation-view.ts";
export { algorithmOf, parsePublicJwk, thumbprintOf } from "./public-jwk.ts";
export { createStaticKeySet } from "./static-key-set.ts";
export { CLAIMS, HEADER, LIMITS, MCP_META, SEPARATOR, THUMBPRINT_URI, TYPES } from "./claims.ts";

export type { Position } from "./claims.ts";
export type { AttenuationIssue } from "./constraints/is-attenuation.ts";
export type { ArgumentConstraints, ToolConstraints } from "./constraints/tool-constraints.ts";
export type { ArgumentValidation } from "./constraints/validate-arguments.ts";
export type {
  CallTokenOptions,
  DelegationOptions,
  GrantClaims,
  GrantIssuer,
  TaskTokenMint,
  TaskTokenMintOptions,
} from "./create-task-token-mint.ts";
export type { ChainInput } from "./internal/split-chain.ts";
export type {
  MemoryRevocationView,
  MemoryRevocationViewOptions,
  RevocationEvent,
  RevocationSnapshot,
} from "./memory-revocation-view.ts";
export type {
  ActorKeys,
  HolderKey,
  IssuerKey,
  KeySet,
  RevocationQuery,
  RevocationView,
  SignatureBackend,
  VerificationKey,
} from "./ports.ts";
export type { PublicJwk, TokenAlgorithm } from "./public-jwk.ts";
export type { StaticKeySet } from "./static-key-set.ts";
export type {
  ExpectedCall,
  ExpectedCaller,
  PermittedCall,
  TaskTokenVerifier,
  TaskTokenVerifierOptions,
  VerifiedChain,
  VerifiedTask,
} from "./task-token-verifier.ts";
export type { RevocationReason, TokenReason, TokenReasons } from "./token-error.ts";
