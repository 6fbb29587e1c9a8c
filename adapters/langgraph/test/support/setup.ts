import { createHash, createHmac } from "node:crypto";
import {
  createGuard,
  createSharedKeyApprovalVerifier,
  signApproval,
  trustedPrincipal,
} from "@portcullis/core";
import type { ApprovalRecord, DecisionRecord, Digest, Guard, GuardOptions } from "@portcullis/core";
import { policy } from "./policy.ts";

const digest: Digest = {
  sha256: (text) => createHash("sha256").update(text).digest("base64url"),
  hmacSha256: (key, text) => createHmac("sha256", key).update(text).digest("base64url"),
};

const SUPERVISOR = { id: "user:eve", roles: ["supervisor"], key: "k".repeat(40) };

/** The identity of the tests. */
export const principal = trustedPrincipal({ agent: { id: "bot" }, user: { id: "user:ann" } });

/** What the tools of the tests did. */
export interface Probe {
  readonly runs: { readonly tool: string; readonly args: unknown }[];
  ran(tool: string, args: unknown): void;
  count(tool: string): number;
}

export function createProbe(): Probe {
  const runs: { tool: string; args: unknown }[] = [];
  return {
    runs,
    ran: (tool, args) => runs.push({ tool, args }),
    count: (tool) => runs.filter((run) => run.tool === tool).length,
  };
}

/** A real guard with its decision log and a supervisor who can answer. */
export interface Setup {
  readonly guard: Guard;
  readonly log: DecisionRecord[];
  /** Answers pending requests as the supervisor, all of them unless told which. */
  readonly answerAll: (
    answer?: "grant" | "refuse",
    which?: (request: ApprovalRecord) => boolean,
  ) => Promise<void>;
}

export async function setup(options: Partial<GuardOptions> = {}): Promise<Setup> {
  const log: DecisionRecord[] = [];
  const guard = await createGuard({
    policy: policy(),
    approvalVerifier: createSharedKeyApprovalVerifier({ digest, approvers: [SUPERVISOR] }),
    sink: {
      write: async (record) => {
        log.push(record);
      },
    },
    ...options,
  });
  return {
    guard,
    log,
    async answerAll(answer = "grant", which = () => true) {
      for (const { id, version, argsDigest } of (await guard.listApprovals()).filter(which)) {
        const proof = await signApproval(
          { id, version, argsDigest, answer },
          { digest, id: SUPERVISOR.id, key: SUPERVISOR.key },
        );
        await guard.answerApproval({ id, version, answer, proof });
      }
    },
  };
}
