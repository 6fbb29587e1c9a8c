import { createGuard, createMemoryDecisionSink, trustedPrincipal } from "@portcullis/core";
import type { Json, PolicyDocument } from "@portcullis/core";
import { PortcullisError } from "@portcullis/core/errors";

const input: Json = { type: "object", properties: { amount: { type: "number", maximum: 10 } } };
const approvers = [{ roles: [], count: 1 }];
const policy: PolicyDocument = {
  ast: 1,
  name: "consumer",
  serial: 0,
  identity: "host",
  mode: "enforce",
  roles: {},
  tools: {
    pay: {
      class: "pay",
      sensitivity: "internal",
      reversible: false,
      origin: "local",
      input,
      result: { labels: [] },
    },
  },
  rules: [{ id: "p", effect: "permit", tools: ["pay"] }],
  limits: [],
  risk: {
    base: { read: 5, write: 30, delete: 60, execute: 60, send: 40, pay: 50, delegate: 20 },
    add: [],
    approval: [],
  },
  approval: {
    queue: "default",
    priority: "normal",
    expiresSeconds: 900,
    approvers,
    scope: "once",
    editable: [],
  },
  audit: { level: "basic" },
};
const sink = createMemoryDecisionSink();
const guard = await createGuard({ policy, sink });
const context = { principal: trustedPrincipal({ agent: { id: "bot" } }) };
const pay = (amount: number): Promise<string> =>
  guard
    .execute({ callId: "1", tool: "pay", args: { amount } }, context, () => "paid")
    .then(({ kind }) => kind);

const kinds = [await pay(1), await pay(100)];
if (kinds.join() !== "completed,denied") throw new Error(`the guard answered ${kinds.join()}`);
if (sink.records.length !== 3) throw new Error("the decision log is not complete");
const refused = await createGuard({ policy: { ...policy, name: "" } }).catch((error) => error);
if (!PortcullisError.isInstance(refused)) throw new Error("a broken policy was taken");
if (PortcullisError.isInstance(new Error("not ours"))) throw new Error("brand too wide");
