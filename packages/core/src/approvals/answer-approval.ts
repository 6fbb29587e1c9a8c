import { PortcullisError } from "../errors.ts";
import type { ApprovalAnswer } from "../guard.ts";
import type { Approvers } from "../policy-document.ts";
import type {
  ApprovalRecord,
  ApprovalVerifier,
  ApprovalVote,
  ProvenApprover,
} from "../ports/approval-store.ts";
import type { ApprovalVault } from "./approval-vault.ts";
import { countVotes } from "./approver-demands.ts";

/** Why an answer does not count; `fields.reason` of `ERR_APPROVAL_INVALID`. */
type AnswerFault =
  | "answer"
  | "unknown"
  | "no-verifier"
  | "unproven"
  | "version"
  | "closed"
  | "late"
  | "requester"
  | "role"
  | "repeated"
  | "not-needed";

const TEXTS: Readonly<Record<AnswerFault, string>> = {
  answer: "An answer to an approval is `grant` or `refuse`.",
  unknown: "There is no approval request with this id.",
  "no-verifier": "No approval verifier is composed, so no answer can be proven.",
  unproven: "The proof of this answer does not hold.",
  version: "The approval request has changed; answer its current version.",
  closed: "The approval request is no longer open.",
  late: "The approval request has expired.",
  requester: "Who asks for an approval may not answer it.",
  role: "The approver has none of the roles that may answer.",
  repeated: "The approver has answered this request already.",
  "not-needed": "The request waits for approvers of other roles.",
};

/**
 * Records a proven answer to the version of the request that the approver saw.
 *
 * A grant counts as one vote; the request is granted when distinct people meet every demand. Each
 * vote makes a new version. A refusal is final, also from someone who granted before.
 *
 * @throws {PortcullisError} `ERR_APPROVAL_INVALID` with an {@link AnswerFault} as reason.
 */
export async function answerApproval(
  vault: ApprovalVault,
  verifier: ApprovalVerifier | undefined,
  answer: ApprovalAnswer,
): Promise<ApprovalRecord> {
  const { id, version, answer: verdict, proof } = answer;
  if (verdict !== "grant" && verdict !== "refuse") throw fault("answer");
  const record = await vault.read(id);
  if (record === undefined) throw fault("unknown");
  const approver = await prove(vault, verifier, {
    statement: { id, version, argsDigest: record.argsDigest, answer: verdict },
    proof,
  });
  if (record.version !== version) throw fault("version");
  if (record.state !== "pending") throw fault("closed");
  const now = vault.now();
  const next = { ...withoutMac(record), version: record.version + 1 };
  if (!(now < record.expiresAt)) {
    await vault.write({ ...next, state: "expired" }, version);
    throw fault("late");
  }
  const vote = toVote(record, approver, now);
  const written = await vault.write({ ...next, ...toOutcome(record, vote, verdict) }, version);
  if (written === undefined) throw fault("version");
  return written;
}

async function prove(
  vault: ApprovalVault,
  verifier: ApprovalVerifier | undefined,
  asked: {
    readonly statement: Parameters<ApprovalVerifier["verify"]>[0];
    readonly proof: string;
  },
): Promise<ProvenApprover> {
  if (verifier === undefined) throw fault("no-verifier");
  if (typeof asked.proof !== "string") throw fault("unproven");
  let approver: ProvenApprover | undefined;
  try {
    approver = await vault.wait(() => verifier.verify(asked.statement, asked.proof));
  } catch (cause) {
    throw fault("unproven", cause);
  }
  if (!isSound(approver)) throw fault("unproven");
  return approver;
}

function isSound(approver: ProvenApprover | undefined): approver is ProvenApprover {
  if (typeof approver !== "object" || approver === null) return false;
  const { id, roles } = approver;
  if (typeof id !== "string" || id === "" || !Array.isArray(roles)) return false;
  return roles.every((role) => typeof role === "string");
}

function toVote(record: ApprovalRecord, approver: ProvenApprover, now: number): ApprovalVote {
  const { id, roles } = approver;
  if (record.requesters.includes(id)) throw fault("requester");
  const vote = { approver: id, roles: [...roles], at: new Date(now).toISOString() };
  const { approvers } = record.terms;
  const mayAnswer = (demand: Approvers): boolean =>
    countVotes([vote], [{ ...demand, count: 1 }]).filled > 0;
  if (approvers.length > 0 && !approvers.some(mayAnswer)) throw fault("role");
  return vote;
}

function toOutcome(
  record: ApprovalRecord,
  vote: ApprovalVote,
  verdict: "grant" | "refuse",
): Pick<ApprovalRecord, "state" | "votes"> {
  const votes = [...record.votes, vote];
  if (verdict === "refuse") return { state: "refused", votes };
  if (record.votes.some(({ approver }) => approver === vote.approver)) throw fault("repeated");
  const before = countVotes(record.votes, record.terms.approvers);
  const after = countVotes(votes, record.terms.approvers);
  if (after.filled === before.filled) throw fault("not-needed");
  return { state: after.filled === after.places ? "granted" : "pending", votes };
}

function withoutMac(record: ApprovalRecord): Omit<ApprovalRecord, "mac"> {
  const { mac: _mac, ...rest } = record;
  return rest;
}

function fault(reason: AnswerFault, cause?: unknown): PortcullisError {
  return new PortcullisError("ERR_APPROVAL_INVALID", TEXTS[reason], { cause, fields: { reason } });
}
