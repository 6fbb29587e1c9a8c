import type { ApprovalTerms, PolicyDocument, Rule, ToolEntry } from "@portcullis/core";

const terms: ApprovalTerms = {
  queue: "ops",
  priority: "normal",
  expiresSeconds: 600,
  approvers: [{ roles: ["supervisor"], count: 1 }],
  scope: "once",
  editable: [],
};

const text = { type: "string", maxLength: 20_000 } as const;

/** A catalogue entry; `input` lists its arguments, all optional texts unless said otherwise. */
export function entry(more: Partial<ToolEntry> = {}): ToolEntry {
  return {
    class: "read",
    sensitivity: "internal",
    reversible: true,
    origin: "local",
    input: { type: "object", properties: { text, input: text }, additionalProperties: false },
    result: { labels: [] },
    ...more,
  };
}

const pay = entry({
  class: "pay",
  reversible: false,
  input: {
    type: "object",
    properties: { to: text, amount: { type: "number" }, currency: text },
    required: ["to", "amount"],
    additionalProperties: false,
  },
});

/** Tools of the tests: `echo` and `outer` are permitted, `rm` is forbidden, `pay` needs a person. */
const tools = {
  echo: entry(),
  outer: entry(),
  stream: entry(),
  ask: entry(),
  fail: entry(),
  unruled: entry(),
  rm: entry({ class: "delete" }),
  pay,
  refund: pay,
  "mcp:github/search": entry({ origin: "mcp" }),
} as const satisfies Record<string, ToolEntry>;

const rules: readonly Rule[] = [
  {
    id: "permit-harmless",
    effect: "permit",
    agents: ["bot"],
    tools: ["echo", "outer", "stream", "ask", "fail", "pay", "refund", "mcp:github/search"],
  },
  { id: "forbid-rm", effect: "forbid", tools: ["rm"], message: "Nothing may be removed." },
  {
    id: "person-for-payments",
    effect: "require",
    tools: ["pay", "refund"],
    obligations: [{ type: "approval", ...terms }],
    message: "A supervisor must approve payments.",
  },
];

/** The policy of the tests. */
export function policy(more: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    ast: 1,
    name: "tests",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: { supervisor: { users: [] } },
    tools,
    rules,
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

export { rules };
