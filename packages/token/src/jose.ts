export { createJoseSignatureBackend } from "./jose/signature-backend.ts";
export { createJwksKeySet } from "./jose/jwks-key-set.ts";
export { createJwksSource } from "./jose/jwks-source.ts";
export { createTokenExchangeHandler } from "./jose/token-exchange.ts";
export { verifyJws } from "./jose/verify-jws.ts";

export type { JwksKeySet } from "./jose/jwks-key-set.ts";
export type { JwksSource, JwksSourceOptions } from "./jose/jwks-source.ts";
export type {
  CeilingDecision,
  CeilingRequest,
  SubjectRecord,
  TokenExchangeOptions,
} from "./jose/exchange-options.ts";
export type { TrustedIssuer } from "./jose/verify-foreign-jwt.ts";
export type { JwsRefusal, JwsResult } from "./jose/verify-jws.ts";
