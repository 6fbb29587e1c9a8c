/**
 * Media types (`typ`) of the three tokens, one for each position (RFC 8725 §3.11). All names of the
 * wire format are in this file, so that a rename in the draft is a change of one line.
 */
export const TYPES = {
  grant: "task-grant+jwt",
  delegation: "task-delegation+jwt",
  call: "task-call+jwt",
} as const;

/** A token's place in the chain. */
export type Position = keyof typeof TYPES;

/** Prefix of `iss` of whatever a holder signs, before its key's thumbprint (RFC 9278). */
export const THUMBPRINT_URI = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:";

/** `type` of the one entry of `authorization_details` (RFC 9396 §2). */
export const CAPABILITY = "attenuating_agent_token";

/** Joins the tokens of a chain. */
export const SEPARATOR = "~";

/** Name of the HTTP request header that carries a chain. */
export const HEADER = "Task-Token";

/** Name of the member of MCP's `params._meta` that carries a chain. */
export const MCP_META = "portcullis/task-token";

/** Bounds of the format. */
export const LIMITS = {
  /** Most characters of one token. */
  token: 16_384,
  /** Most characters of a chain. */
  chain: 65_536,
  /** Most delegations below the grant. */
  depth: 8,
  /** Longest life of a grant or delegation, in seconds. */
  linkSeconds: 900,
  /** Longest life of a call token or permit, in seconds. */
  callSeconds: 5,
  /** Most tools of one token. */
  tools: 256,
  /** Most audiences of one token. */
  audiences: 8,
} as const;

type Presence = "required" | "optional";

/** Which claims a token must and may have at its position; any other is refused. */
export const CLAIMS: Readonly<Record<Position, Readonly<Record<string, Presence>>>> = {
  grant: {
    iss: "required",
    sub: "required",
    sub_ver: "optional",
    aud: "required",
    txn: "required",
    jti: "required",
    iat: "required",
    exp: "required",
    act: "required",
    may_act: "optional",
    origin_act: "optional",
    cnf: "required",
    del_depth: "required",
    del_max_depth: "required",
    authorization_details: "required",
    delegate_only: "optional",
    policy: "optional",
    purpose: "optional",
    request_s256: "optional",
  },
  delegation: {
    iss: "required",
    sub: "required",
    aud: "required",
    txn: "required",
    jti: "required",
    iat: "required",
    exp: "required",
    act: "required",
    may_act: "optional",
    cnf: "required",
    del_depth: "required",
    del_max_depth: "required",
    par_hash: "required",
    authorization_details: "required",
    delegate_only: "optional",
  },
  call: {
    iss: "required",
    aud: "required",
    jti: "required",
    iat: "required",
    exp: "required",
    par_hash: "required",
    aat_id: "required",
    aat_tool: "required",
    args_s256: "required",
    approval: "optional",
    dry_run: "optional",
  },
};
