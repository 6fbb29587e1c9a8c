import { canonicalize } from "../canonical-json.ts";
import { PortcullisConfigError } from "../errors.ts";
import type { ApprovalStatement, ApprovalVerifier } from "../ports/approval-store.ts";
import type { Digest } from "../ports/runtime.ts";
import { toBase64UrlText } from "./base64url-text.ts";
import { isEqualInConstantTime } from "./constant-time.ts";

/** A person who may answer, with the key that proves it. */
export interface SharedKeyApprover {
  /** Id of the person, never of an agent. */
  readonly id: string;
  /** Roles that the person holds as an approver. */
  readonly roles: readonly string[];
  /** Secret of this person alone, at least 32 characters. */
  readonly key: string;
}

/** Parts of {@link createSharedKeyApprovalVerifier}. */
export interface SharedKeyApprovalVerifierOptions {
  readonly digest: Digest;
  readonly approvers: readonly SharedKeyApprover[];
}

/** Who signs in {@link signApproval}. */
export interface ApprovalSigner {
  readonly digest: Digest;
  /** Id as the verifier knows it. */
  readonly id: string;
  /** The person's secret. */
  readonly key: string;
}

const DOMAIN = "portcullis.approval-answer.v1\n";
const LEAST_KEY_LENGTH = 32;
const MOST_PROOF_LENGTH = 2048;

/**
 * Creates an `ApprovalVerifier` for people whose keys this process knows.
 *
 * A proof is `<approver id, base64url>.<HMAC over the canonical statement and that id>`, as
 * {@link signApproval} makes it. Whoever can read the keys can answer: keep them from every tool.
 *
 * @throws {PortcullisError} `ERR_OPTIONS_INVALID` when an id or key occurs twice, a key is shorter
 * than 32 characters, or an id or role is not a non-empty text.
 *
 * @example
 * ```ts
 * declare const digest: Digest;
 * declare const keyOfAnn: string;
 * const verifier = createSharedKeyApprovalVerifier({
 *   digest,
 *   approvers: [{ id: "user:ann", roles: ["supervisor"], key: keyOfAnn }],
 * });
 * ```
 */
export function createSharedKeyApprovalVerifier(
  options: SharedKeyApprovalVerifierOptions,
): ApprovalVerifier {
  const { digest, approvers } = options;
  const known = new Map<string, SharedKeyApprover>();
  const keys = new Set<string>();
  for (const approver of approvers) {
    const { id, roles, key } = checkApprover(approver);
    const name = toBase64UrlText(id);
    if (known.has(name)) throw refuse("Every approver must have an id of its own.");
    if (keys.has(key)) throw refuse("Every approver must have a key of its own.");
    keys.add(key);
    known.set(name, { id, roles: Object.freeze([...roles]), key });
  }
  return {
    async verify(statement, proof) {
      if (typeof proof !== "string" || proof.length > MOST_PROOF_LENGTH) return undefined;
      const [name = "", mac = "", ...more] = proof.split(".");
      const approver = known.get(name);
      if (approver === undefined || more.length > 0) return undefined;
      const expected = await macOf(statement, { digest, id: approver.id, key: approver.key });
      if (!isEqualInConstantTime(mac, expected)) return undefined;
      return { id: approver.id, roles: approver.roles };
    },
  };
}

/**
 * Makes the proof of an answer.
 *
 * @throws {PortcullisError} `ERR_ARGUMENTS_INVALID` when the statement is not plain JSON.
 *
 * @example
 * ```ts
 * declare const guard: Guard;
 * declare const digest: Digest;
 * declare const keyOfAnn: string;
 * declare const request: ApprovalRecord;
 * const { id, version, argsDigest } = request;
 * const statement = { id, version, argsDigest, answer: "grant" } as const;
 * const proof = await signApproval(statement, { digest, id: "user:ann", key: keyOfAnn });
 * await guard.answerApproval({ id, version, answer: "grant", proof });
 * ```
 */
export async function signApproval(
  statement: ApprovalStatement,
  signer: ApprovalSigner,
): Promise<string> {
  return `${toBase64UrlText(signer.id)}.${await macOf(statement, signer)}`;
}

async function macOf(
  { id, version, argsDigest, answer }: ApprovalStatement,
  signer: ApprovalSigner,
): Promise<string> {
  const signed = canonicalize({ approver: signer.id, id, version, argsDigest, answer });
  return signer.digest.hmacSha256(signer.key, DOMAIN + signed.text);
}

function checkApprover(approver: SharedKeyApprover): SharedKeyApprover {
  const { id, roles, key } = approver;
  if (typeof key !== "string" || key.length < LEAST_KEY_LENGTH) {
    throw refuse("Every approver's key must have at least 32 characters.");
  }
  if (!isName(id) || !Array.isArray(roles) || !roles.every(isName)) {
    throw refuse("Every approver needs an id and a list of roles.");
  }
  return { id, roles, key };
}

function isName(value: unknown): value is string {
  if (typeof value !== "string" || value.length === 0 || value.length > 256) return false;
  return !/\p{Surrogate}/u.test(value);
}

function refuse(message: string): PortcullisConfigError {
  return new PortcullisConfigError("approvers", message);
}
