import { PortcullisError } from "@portcullis/core";

/** Why a token was refused, by the code that is thrown. */
export interface TokenReasons {
  readonly ERR_TOKEN_INVALID:
    | "malformed"
    | "too-large"
    | "chain-length"
    | "header"
    | "wrong-type"
    | "claims"
    | "confirmation-key"
    | "constraint"
    | "algorithm"
    | "algorithm-key-mismatch"
    | "unknown-key"
    | "wrong-issuer"
    | "signature"
    | "wrong-delegator"
    | "broken-link"
    | "context-changed"
    | "actor-chain"
    | "may-act"
    | "duplicate-id"
    | "root"
    | "wrong-tool"
    | "wrong-arguments"
    | "wrong-mode"
    | "wrong-approval"
    | "wrong-request"
    | "tool-not-granted"
    | "arguments-not-granted"
    | "wrong-bundle";
  readonly ERR_TOKEN_EXPIRED: "expired" | "issued-in-future" | "lifetime";
  readonly ERR_TOKEN_AUDIENCE: "wrong-audience";
  readonly ERR_DELEGATION_TOO_DEEP: "depth";
  readonly ERR_DELEGATION_WIDENED:
    | "tool-added"
    | "argument-keys"
    | "constraint-widened"
    | "lifetime-widened"
    | "audience-widened";
  readonly ERR_TOKEN_REVOKED:
    | "token"
    | "key"
    | "actor"
    | "subject-disabled"
    | "subject-changed"
    | "entitlements-changed"
    | "signals-silent";
  readonly ERR_TOKEN_REPLAYED: "replayed";
  readonly ERR_TOKEN_UNAVAILABLE:
    | "keys"
    | "replay-store"
    | "replay-store-full"
    | "replay-store-cold"
    | "revocation";
}

/** Why a token was refused, for logs and tests; never sent to a remote caller or a model. */
export type TokenReason = TokenReasons[keyof TokenReasons];

/** Why a token counts as revoked. */
export type RevocationReason = TokenReasons["ERR_TOKEN_REVOKED"];

const CODES: Readonly<Record<TokenReason, keyof TokenReasons>> = {
  malformed: "ERR_TOKEN_INVALID",
  "too-large": "ERR_TOKEN_INVALID",
  "chain-length": "ERR_TOKEN_INVALID",
  header: "ERR_TOKEN_INVALID",
  "wrong-type": "ERR_TOKEN_INVALID",
  claims: "ERR_TOKEN_INVALID",
  "confirmation-key": "ERR_TOKEN_INVALID",
  constraint: "ERR_TOKEN_INVALID",
  algorithm: "ERR_TOKEN_INVALID",
  "algorithm-key-mismatch": "ERR_TOKEN_INVALID",
  "unknown-key": "ERR_TOKEN_INVALID",
  "wrong-issuer": "ERR_TOKEN_INVALID",
  signature: "ERR_TOKEN_INVALID",
  "wrong-delegator": "ERR_TOKEN_INVALID",
  "broken-link": "ERR_TOKEN_INVALID",
  "context-changed": "ERR_TOKEN_INVALID",
  "actor-chain": "ERR_TOKEN_INVALID",
  "may-act": "ERR_TOKEN_INVALID",
  "duplicate-id": "ERR_TOKEN_INVALID",
  root: "ERR_TOKEN_INVALID",
  "wrong-tool": "ERR_TOKEN_INVALID",
  "wrong-arguments": "ERR_TOKEN_INVALID",
  "wrong-mode": "ERR_TOKEN_INVALID",
  "wrong-approval": "ERR_TOKEN_INVALID",
  "wrong-request": "ERR_TOKEN_INVALID",
  "tool-not-granted": "ERR_TOKEN_INVALID",
  "arguments-not-granted": "ERR_TOKEN_INVALID",
  "wrong-bundle": "ERR_TOKEN_INVALID",
  expired: "ERR_TOKEN_EXPIRED",
  "issued-in-future": "ERR_TOKEN_EXPIRED",
  lifetime: "ERR_TOKEN_EXPIRED",
  "wrong-audience": "ERR_TOKEN_AUDIENCE",
  depth: "ERR_DELEGATION_TOO_DEEP",
  "tool-added": "ERR_DELEGATION_WIDENED",
  "argument-keys": "ERR_DELEGATION_WIDENED",
  "constraint-widened": "ERR_DELEGATION_WIDENED",
  "lifetime-widened": "ERR_DELEGATION_WIDENED",
  "audience-widened": "ERR_DELEGATION_WIDENED",
  token: "ERR_TOKEN_REVOKED",
  key: "ERR_TOKEN_REVOKED",
  actor: "ERR_TOKEN_REVOKED",
  "subject-disabled": "ERR_TOKEN_REVOKED",
  "subject-changed": "ERR_TOKEN_REVOKED",
  "entitlements-changed": "ERR_TOKEN_REVOKED",
  "signals-silent": "ERR_TOKEN_REVOKED",
  replayed: "ERR_TOKEN_REPLAYED",
  keys: "ERR_TOKEN_UNAVAILABLE",
  "replay-store": "ERR_TOKEN_UNAVAILABLE",
  "replay-store-full": "ERR_TOKEN_UNAVAILABLE",
  "replay-store-cold": "ERR_TOKEN_UNAVAILABLE",
  revocation: "ERR_TOKEN_UNAVAILABLE",
};

// One text for each code: what was wrong in detail would help whoever forges tokens.
const MESSAGES: Readonly<Record<keyof TokenReasons, string>> = {
  ERR_TOKEN_INVALID: "The task token is not valid for this call.",
  ERR_TOKEN_EXPIRED: "The task token is outside its life.",
  ERR_TOKEN_AUDIENCE: "The task token is for another audience.",
  ERR_DELEGATION_TOO_DEEP: "The task was delegated more often than it may be.",
  ERR_DELEGATION_WIDENED: "A delegation grants more than its parent.",
  ERR_TOKEN_REVOKED: "The task token was revoked.",
  ERR_TOKEN_REPLAYED: "The task token was used before.",
  ERR_TOKEN_UNAVAILABLE: "The task token could not be verified now.",
};

/** Makes the error of a reason; `depth` is the hop (root 0), `claim` a claim's name. */
export function tokenError(
  reason: TokenReason,
  detail: { readonly depth?: number; readonly claim?: string; readonly cause?: unknown } = {},
): PortcullisError {
  const { cause, ...fields } = detail;
  const code = CODES[reason];
  return new PortcullisError(code, MESSAGES[code], {
    ...(cause === undefined ? {} : { cause }),
    fields: { reason, ...fields },
  });
}
