import { hash } from "node:crypto";
import { canonicalize, createGuard, trustedPrincipal } from "@portcullis/core";
import type { ContextInput, Digest, Guard, Json, JsonObject, ToolCall } from "@portcullis/core";
import { createDocument, createRules, REQUESTS } from "./decision-load.ts";

/** Core's own digest on Node, for the parts that are timed alone. */
export const DIGEST: Pick<Digest, "sha256"> = {
  sha256: (text: string) => hash("sha256", text, "base64url"),
};

/** Schema of {@link createFields}: 15 properties of the kinds that tools have. */
export const FIELDS_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    recipient: { type: "string", minLength: 5, maxLength: 34 },
    amount: { type: "number", minimum: 0.01, maximum: 100_000 },
    currency: { enum: ["EUR", "USD", "GBP", "JPY"] },
    date: { type: "string", format: "date" },
    reference: { type: "string", pattern: "^[A-Z]{2}-[0-9]{1,10}$" },
    subject: { type: "string", maxLength: 140 },
    urgent: { type: "boolean" },
    retries: { type: "integer", minimum: 0, maximum: 5 },
    category: { enum: ["rent", "invoice", "salary", "other"] },
    account: { type: "string", minLength: 1, maxLength: 64 },
    country: { type: "string", minLength: 2, maxLength: 2 },
    tags: { type: "array", items: { type: "string", maxLength: 32 }, maxItems: 10 },
    notify: { type: "boolean" },
    fee: { type: "number", minimum: 0 },
    contact: {
      type: "object",
      properties: { name: { type: "string" }, email: { type: "string" } },
      required: ["name", "email"],
    },
  },
  required: ["recipient", "amount", "currency", "date", "reference"],
};

/** Distinct arguments with 15 fields, about 400 bytes each. */
export function createFields(): readonly JsonObject[] {
  return Array.from({ length: REQUESTS }, (_, index) => ({
    recipient: `GB29NWBK6016133192${6000 + index}`,
    amount: 19.95 + index,
    currency: "EUR",
    date: `2026-11-${String((index % 28) + 1).padStart(2, "0")}`,
    reference: `RF-${100_000 + index}`,
    subject: `Rent of the flat number ${index} for December`,
    urgent: index % 2 === 0,
    retries: index % 5,
    category: "rent",
    account: `savings-${index}`,
    country: "DE",
    tags: ["flat", `month-${index % 12}`],
    notify: true,
    fee: index / 100,
    contact: { name: `Ann Example ${index}`, email: `ann${index}@example.com` },
  }));
}

/** Schema of {@link createNested}, with what the rules of the decision benches read. */
export const NESTED_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    path: { type: "string", maxLength: 256 },
    amount: { type: "integer", minimum: 0, maximum: 1_000_000 },
    title: { type: "string", maxLength: 200 },
    body: { type: "string", maxLength: 4096 },
    priority: { enum: ["low", "normal", "high"] },
    labels: { type: "array", items: { type: "string", maxLength: 64 }, maxItems: 20 },
    assignee: {
      type: "object",
      properties: { id: { type: "string" }, name: { type: "string" }, team: { type: "string" } },
      required: ["id"],
    },
    items: {
      type: "array",
      maxItems: 50,
      items: {
        type: "object",
        properties: {
          sku: { type: "string", maxLength: 32 },
          quantity: { type: "integer", minimum: 1 },
          price: { type: "number", minimum: 0 },
          note: { type: ["string", "null"] },
        },
        required: ["sku", "quantity", "price"],
      },
    },
  },
  required: ["path", "amount", "title", "body"],
};

/** Distinct nested arguments of 1 KB of JSON each; `path` and `amount` as given. */
export function createNested(
  requests: readonly { readonly path: string; readonly amount: number }[],
): readonly JsonObject[] {
  return requests.map(({ path, amount }, index) => {
    const args = {
      title: `Replace the broken lamps of order ${index}`,
      path,
      amount,
      body: "",
      priority: "normal",
      labels: ["warehouse", "returns", `batch-${index}`],
      assignee: { id: `user:${index}`, name: "Zoë Müller", team: "returns-emea" },
      items: Array.from({ length: 4 }, (__, item) => ({
        sku: `LAMP-${item}-${index}`,
        quantity: item + 1,
        price: 19.95 * (item + 1),
        note: item === 0 ? null : `shelf ${item}, box ${index}`,
      })),
    };
    const missing = 1024 - JSON.stringify(args).length;
    return { ...args, body: SENTENCE.repeat(20).slice(0, missing) };
  });
}

const SENTENCE = "The customer says that two of the lamps arrived broken and asks for new ones. ";

/** A guarded call that the policy permits. */
export interface GuardedCall {
  readonly call: ToolCall;
  readonly context: ContextInput;
}

/** The rules behind the guard of {@link createGuardedCalls}. */
export const GUARD_RULES = 1000;

/**
 * A guard of {@link GUARD_RULES} rules with in-memory stores, without scanner and chained log, and
 * calls with arguments of 1 KB, each permitted by one rule.
 */
export async function createGuardedCalls(): Promise<{
  readonly guard: Guard;
  readonly calls: readonly GuardedCall[];
}> {
  const rules = createRules(GUARD_RULES);
  const document = createDocument(rules);
  const tools = Object.entries(document.tools).map(([name, entry]) => {
    return [name, { ...entry, input: NESTED_SCHEMA }] as const;
  });
  const guard = await createGuard({ policy: { ...document, tools: Object.fromEntries(tools) } });
  const used = Array.from({ length: REQUESTS }, (_, index) => rules[(index * 7) % rules.length]!);
  const args = createNested(
    used.map(({ prefix }, index) => ({
      path: `${prefix}report-${index}.txt`,
      amount: index % 100,
    })),
  );
  const calls = used.map(({ tool, agent, role }, index) => ({
    call: { callId: `call-${index}`, tool, args: args[index]! },
    context: {
      principal: trustedPrincipal({ agent: { id: agent, roles: [role] } }),
      session: { id: `session-${index}`, isNew: true },
    },
  }));
  return { guard, calls };
}

/** Canonical form and digest of arguments, as stage 3 makes them. */
export function digestArgs(args: Json): string | PromiseLike<string> {
  return DIGEST.sha256(canonicalize(args).text);
}
