import { compilePolicy } from "@portcullis/core";
import { expect, test } from "vitest";
import { compileText } from "./support/compile.ts";

const MINIMAL = `portcullis: 1
name: minimal
tools:
  look: { class: read, input: { type: object } }
  "mcp:crm/export": { class: send, input: { type: object, properties: { rows: { type: array } } } }
`;

test("fills in the defaults of what may be absent", async () => {
  const approval = {
    queue: "default",
    priority: "normal",
    expiresSeconds: 900,
    approvers: [{ roles: [], count: 1 }],
    scope: "once",
    editable: [],
  };
  expect(await compileText(MINIMAL)).toEqual({
    ast: 1,
    name: "minimal",
    serial: 0,
    identity: "token",
    mode: "enforce",
    roles: {},
    tools: {
      look: {
        class: "read",
        sensitivity: "internal",
        reversible: false,
        origin: "local",
        input: { type: "object" },
        result: { labels: [] },
      },
      "mcp:crm/export": {
        class: "send",
        sensitivity: "internal",
        reversible: false,
        origin: "mcp",
        input: { type: "object", properties: { rows: { type: "array" } } },
        result: { labels: ["untrusted"] },
      },
    },
    rules: [],
    limits: [],
    risk: {
      base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
      add: [],
      approval: [],
    },
    approval,
    audit: { level: "basic" },
  });
});

const WHOLE = `# yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy.v1.json
portcullis: 1
name: support
identity: host
mode: shadow
context: { type: object, properties: { ticket: { type: object, properties: { customer_id: { type: string } } } } }
roles:
  supervisor: { users: ["user:ann"] }
  support: { agents: [bot] }
  admin: {}
tools:
  read_customer:
    class: read
    sensitivity: confidential
    reversible: true
    input: &customer { type: object, properties: { customer_id: { type: string } }, required: [customer_id] }
    resource: { type: customer, id: args.customer_id }
    result: { labels: [customer-data, customer-data], maxBytes: 65536 }
    pin: sha256:${"A".repeat(43)}
  read_orders: { class: read, input: *customer }
  refund:
    class: pay
    input: { type: object, properties: { amount: { type: number }, rows: { type: array } } }
rules:
  - id: reads
    effect: permit
    agents: [bot]
    roles: [support]
    users: ["role:admin", "user:ann"]
    tools: { class: read, pattern: "read_*" }
    when: args.customer_id == context.ticket.customer_id
    message: "Only the customer of the ticket."
    hint: "Ask for the ticket."
    mode: enforce
  - id: guarded
    effect: require
    tools: [refund]
    obligations:
      - approval: { queue: security, priority: high, expires: 2h, approvers: { roles: [supervisor], count: 2 }, editable: [rows] }
      - approval: {}
      - clamp: { path: args.amount, max: 10, min: 1 }
      - clamp: { path: /amount, oneOf: [1, 2] }
      - redact: { args: true, result: true, kinds: [secret, pii] }
      - notify: { channel: ops, priority: low, required: true }
      - notify: { channel: log }
limits:
  - id: rate
    tools: { class: read }
    per: [tool, agent]
    rate: [100/min, 5000/h]
  - { id: burst, per: [tenant], rate: 10/s, burst: 3, concurrent: 2 }
  - id: budget
    tools: [refund]
    per: [user]
    budget: { unit: usd, amount: 500, window: 24h, cost: args.amount, soft: { at: 0.8, require: approval } }
  - { id: calls, per: [session], budget: { unit: calls, amount: 10, window: 1d, cost: 2 } }
risk:
  base: { read: 7 }
  add:
    - { when: tool.sensitivity == "restricted", points: 20, factor: sensitive }
  thresholds:
    approval: [{ from: 60, queue: security }, { from: 30, expires: 2m }]
    deny: { from: 80, notify: { channel: security } }
approval: { queue: support, approvers: { roles: [supervisor] } }
audit: { level: strict, sink: decisions }
`;

test("compiles every member of a policy", async () => {
  const document = await compileText(WHOLE);
  const defaults = {
    queue: "support",
    priority: "normal",
    expiresSeconds: 900,
    approvers: [{ roles: ["supervisor"], count: 1 }],
    scope: "once",
    editable: [],
  };
  expect(document.identity).toBe("host");
  expect(document.mode).toBe("shadow");
  expect(document.audit).toEqual({ level: "strict", sink: "decisions" });
  expect(document.approval).toEqual(defaults);
  expect(document.roles).toEqual({
    supervisor: { users: ["user:ann"] },
    support: { agents: ["bot"] },
    admin: {},
  });
  expect(document.tools["read_customer"]).toEqual({
    class: "read",
    sensitivity: "confidential",
    reversible: true,
    origin: "local",
    input: {
      type: "object",
      properties: { customer_id: { type: "string" } },
      required: ["customer_id"],
    },
    resource: {
      type: "customer",
      id: { op: "var", t: "string", name: "args", path: ["customer_id"] },
    },
    result: { labels: ["customer-data"], maxBytes: 65536 },
    pin: `sha256:${"A".repeat(43)}`,
  });
  expect(document.tools["read_orders"]?.input).toEqual(document.tools["read_customer"]?.input);
  expect(document.rules).toEqual([
    {
      id: "reads",
      effect: "permit",
      agents: ["bot", "role:support"],
      users: ["role:admin", "user:ann"],
      tools: ["read_customer", "read_orders"],
      when: {
        op: "eq",
        t: "bool",
        a: { op: "var", t: "string", name: "args", path: ["customer_id"] },
        b: { op: "var", t: "string", name: "context", path: ["ticket", "customer_id"] },
      },
      message: "Only the customer of the ticket.",
      hint: "Ask for the ticket.",
      mode: "enforce",
      at: "p.yaml:31:11",
      text: "args.customer_id == context.ticket.customer_id",
    },
    {
      id: "guarded",
      effect: "require",
      tools: ["refund"],
      obligations: [
        {
          type: "approval",
          queue: "security",
          priority: "high",
          expiresSeconds: 7200,
          approvers: [{ roles: ["supervisor"], count: 2 }],
          scope: "once",
          editable: ["rows"],
        },
        { type: "approval", ...defaults },
        { type: "clamp", path: "/amount", min: 1, max: 10 },
        { type: "clamp", path: "/amount", oneOf: [1, 2] },
        { type: "redact", target: "args", kinds: ["secret", "pii"] },
        { type: "redact", target: "result", kinds: ["secret", "pii"] },
        { type: "notify", channel: "ops", priority: "low", required: true },
        { type: "notify", channel: "log", priority: "normal", required: false },
      ],
      at: "p.yaml:35:9",
    },
  ]);
  expect(document.limits).toEqual([
    {
      id: "rate",
      tools: ["read_customer", "read_orders"],
      per: ["agent", "tool"],
      rates: [
        { count: 100, windowSeconds: 60 },
        { count: 5000, windowSeconds: 3600 },
      ],
      at: "p.yaml:47:9",
    },
    {
      id: "burst",
      per: ["tenant"],
      rates: [{ count: 10, windowSeconds: 1, burst: 3 }],
      concurrent: 2,
      at: "p.yaml:51:11",
    },
    {
      id: "budget",
      tools: ["refund"],
      per: ["user"],
      budget: {
        unit: "usd",
        amount: 500,
        windowSeconds: 86_400,
        cost: { op: "var", t: "double", name: "args", path: ["amount"] },
        soft: { at: 0.8 },
      },
      at: "p.yaml:52:9",
    },
    {
      id: "calls",
      per: ["session"],
      budget: {
        unit: "calls",
        amount: 10,
        windowSeconds: 86_400,
        cost: { op: "lit", t: "int", value: 2 },
      },
      at: "p.yaml:56:11",
    },
  ]);
  expect(document.risk.base.read).toBe(7);
  expect(document.risk.base.pay).toBe(50);
  expect(document.risk.add).toMatchObject([
    {
      points: 20,
      factor: "sensitive",
      at: "p.yaml:60:15",
      text: 'tool.sensitivity == "restricted"',
    },
  ]);
  expect(
    document.risk.approval.map(({ from, queue, expiresSeconds }) => [from, queue, expiresSeconds]),
  ).toEqual([
    [30, "support", 120],
    [60, "security", 900],
  ]);
  expect(document.risk.deny).toEqual({ from: 80, notify: { channel: "security" } });
  expect(() => compilePolicy(document)).not.toThrow();
});

test.for([
  ["a number", "50", [50]],
  ["a level", "{ from: 40, queue: q }", [40]],
] as const)("takes %s as an approval threshold", async ([, written, froms]) => {
  const document = await compileText(
    `${MINIMAL}risk: { thresholds: { approval: ${written}, deny: 90 } }\n`,
  );
  expect(document.risk.approval.map(({ from }) => from)).toEqual(froms);
  expect(document.risk.deny).toEqual({ from: 90 });
});

test("a rule without tools is about all of them, and its condition fits each", async () => {
  const document = await compileText(
    `${MINIMAL}rules:\n  - { id: all, effect: forbid, when: has(args.rows) && size(args.rows) > 3 }\n`,
  );
  expect(document.rules[0]?.tools).toBeUndefined();
});
