import { canonicalize } from "../canonical-json.ts";
import type { ApprovalTerms } from "../policy-document.ts";
import type { Digest } from "../ports/runtime.ts";

/** What an approval is bound to: it authorises nothing else. */
export interface ApprovalBinding {
  /** Id of the acting agent. */
  readonly agent: string;
  /** Id of the person behind it, if any. */
  readonly user: string | undefined;
  /** Ids of all actors, newest first. */
  readonly chain: readonly string[];
  readonly tool: string;
  readonly argsDigest: string;
  /** Digest of the session key. */
  readonly session: string;
  readonly policyDigest: string;
}

/** One call that needs the approval. */
export interface ApprovalUse {
  /** What the policy demands of this call now. */
  readonly terms: ApprovalTerms;
  /** The framework's call id: a grant that a suspension gave back is for this call alone. */
  readonly callId: string;
}

/**
 * Derives the id of an approval, base64url SHA-256 of the canonical binding (RFC 8785): asking twice
 * is asking once. The id is no capability.
 */
export async function toApprovalId(binding: ApprovalBinding, digest: Digest): Promise<string> {
  const { agent, user, chain, tool, argsDigest, session, policyDigest } = binding;
  const principal = user === undefined ? { agent, chain } : { agent, user, chain };
  const named = { principal, tool, argsDigest, session, policyDigest };
  return digest.sha256(canonicalize(named).text);
}

/** Ids of all who may not answer: the person and every actor, sorted. */
export function toRequesters({ agent, user, chain }: ApprovalBinding): readonly string[] {
  const ids = new Set([agent, ...chain, ...(user === undefined ? [] : [user])]);
  return Object.freeze([...ids].toSorted());
}
