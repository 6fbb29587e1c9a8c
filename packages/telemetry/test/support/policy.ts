import type { ApprovalTerms, PolicyDocument, ToolEntry } from "@portcullis/core";

const terms: ApprovalTerms = {
  queue: "ops",
  priority: "normal",
  expiresSeconds: 600,
  approvers: [{ roles: ["supervisor"], count: 1 }],
  scope: "once",
  editable: [],
};

const entry: ToolEntry = {
  class: "read",
  sensitivity: "internal",
  reversible: true,
  origin: "local",
  input: { type: "object", properties: { note: { type: "string" } }, additionalProperties: false },
  result: { labels: [] },
};

/** `read` is permitted, `rm` forbidden, `pay` needs a person, `idle` has no rule. */
export function policy(more: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    ast: 1,
    name: "support",
    serial: 7,
    identity: "host",
    mode: "enforce",
    roles: { supervisor: { users: [] } },
    tools: { read: entry, rm: entry, pay: entry, idle: entry },
    rules: [
      {
        id: "permit-some",
        effect: "permit",
        agents: ["bot", "root"],
        tools: ["read", "rm", "pay"],
      },
      { id: "forbid-rm", effect: "forbid", tools: ["rm"] },
      {
        id: "person",
        effect: "require",
        tools: ["pay"],
        obligations: [{ type: "approval", ...terms }],
      },
    ],
    limits: [],
    risk: {
      base: { read: 0, write: 10, delete: 20, execute: 20, send: 20, pay: 20, delegate: 10 },
      add: [],
      approval: [],
    },
    approval: terms,
    audit: { level: "basic" },
    ...more,
  };
}
