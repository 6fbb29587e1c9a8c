import type { PolicyDocument } from "../../src/policy-document.ts";
import { APPROVAL, documentOf, lit, path, rule, toolEntry } from "./policy-builders.ts";

/** A valid document with every member that there is. */
export const FULL: PolicyDocument = documentOf({
  tools: {
    act: toolEntry({
      resource: { type: "thing", id: path("args.id", "string") },
      pin: `sha256:${"A".repeat(43)}`,
      facts: {
        dest: { type: "url@1", at: "/url", options: { schemes: ["https"] }, optional: true },
      },
      flow: { exempt: ["/id"] },
      effects: { files: 1 },
      result: { labels: ["untrusted"], maxBytes: 100 },
    }),
    "mcp:crm/export": toolEntry({ origin: "mcp", class: "send" }),
  },
  roles: { admin: { users: ["user:ann"] }, support: { agents: ["bot"] }, empty: {} },
  rules: [
    rule("reads", "permit", {
      agents: ["bot", "role:support"],
      users: ["role:admin"],
      when: lit(true),
    }),
    rule("never", "forbid", { message: "No.", hint: "Ask.", mode: "shadow" }),
    rule("ask", "require", {
      at: "policy.yaml:46:11",
      text: "true",
      obligations: [
        { type: "clamp", path: "/n", min: 0, max: 10, oneOf: [1, 2] },
        { type: "redact", target: "args", kinds: ["secret"] },
        {
          type: "approval",
          ...APPROVAL,
          approvers: [{ roles: ["admin"], count: 2 }],
          editable: ["n"],
        },
        { type: "dryRun", demand: { minAssurance: "high" } },
        { type: "notify", channel: "security", priority: "high", required: true },
      ],
    }),
  ],
  limits: [
    {
      id: "rate",
      tools: ["act"],
      per: ["agent", "tenant"],
      rates: [{ count: 100, windowSeconds: 60, burst: 10 }],
      budget: {
        unit: "usd",
        amount: 500,
        windowSeconds: 86_400,
        cost: path("args.n"),
        soft: { at: 0.8 },
      },
      concurrent: 2,
      at: "policy.yaml:60:3",
    },
    { id: "tokens", per: ["agent"], budget: { unit: "tokens", amount: 1000, windowSeconds: 0 } },
  ],
  risk: {
    ...documentOf().risk,
    add: [
      { when: lit(true), points: 20, factor: "sensitive", at: "policy.yaml:70:5", text: "true" },
    ],
    approval: [
      { ...APPROVAL, from: 30 },
      { ...APPROVAL, from: 60 },
    ],
    deny: { from: 80, notify: { channel: "security" } },
  },
  audit: { level: "strict", sink: "decisions" },
  context: { type: "object" },
});
