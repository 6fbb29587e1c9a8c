import type { ApprovalTerms, Rule } from "@portcullis/core";

/** Terms of every approval in the vectors: one supervisor, within ten minutes. */
export const APPROVAL_TERMS: ApprovalTerms = {
  queue: "vectors",
  priority: "normal",
  expiresSeconds: 600,
  approvers: [{ roles: ["supervisor"], count: 1 }],
  scope: "once",
  editable: [],
};

/** Permits these tools to the vectors' agent. */
export function permits(...tools: readonly string[]): Rule {
  return { id: "permit-listed", effect: "permit", agents: ["bot"], tools };
}

/** Forbids these tools to everybody. */
export function forbids(...tools: readonly string[]): Rule {
  return { id: "forbid-listed", effect: "forbid", tools, message: "This tool may not be used." };
}

/** Requires a supervisor's approval for these tools. */
export function requiresApproval(...tools: readonly string[]): Rule {
  return {
    id: "approval-for-listed",
    effect: "require",
    tools,
    obligations: [{ type: "approval", ...APPROVAL_TERMS }],
  };
}
