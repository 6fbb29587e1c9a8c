import type { Node } from "../../src/rule-ast.ts";
import type { ApprovalTerms, PolicyDocument, Rule, ToolEntry } from "../../src/policy-document.ts";

export const TERMS: ApprovalTerms = {
  queue: "default",
  priority: "normal",
  expiresSeconds: 900,
  approvers: [{ roles: ["supervisor"], count: 1 }],
  scope: "once",
  editable: [],
};

export function tool(overrides: Partial<ToolEntry> = {}): ToolEntry {
  return {
    class: "read",
    sensitivity: "internal",
    reversible: false,
    origin: "local",
    input: {
      type: "object",
      properties: { to: { type: "string" }, amount: { type: "number" } },
    },
    result: { labels: [] },
    ...overrides,
  };
}

export function permit(id: string, tools: readonly string[], when?: Node): Rule {
  return { id, effect: "permit", tools, ...(when === undefined ? {} : { when }) };
}

export const amountAtMost = (most: number): Node => ({
  op: "le",
  t: "bool",
  a: { op: "var", t: "double", name: "args", path: ["amount"] },
  b: { op: "lit", t: "double", value: most },
});

export function fixturePolicy(overrides: Partial<PolicyDocument> = {}): PolicyDocument {
  return {
    ast: 1,
    name: "fixture",
    serial: 0,
    identity: "host",
    mode: "enforce",
    roles: { supervisor: { users: ["user:sue"] }, support: {} },
    tools: { pay: tool({ class: "pay" }), look: tool() },
    rules: [permit("look-freely", ["look"]), permit("pay-little", ["pay"], amountAtMost(100))],
    limits: [],
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [],
      approval: [],
    },
    approval: TERMS,
    audit: { level: "basic" },
    ...overrides,
  };
}
