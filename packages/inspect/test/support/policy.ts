import type { FactProvider, Json } from "@portcullis/core";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import { linearMatcher } from "../../src/index.ts";

/** Schema of the argument `x` where it is not a text. */
export const MONEY_SCHEMA: Json = {
  type: "object",
  properties: {
    amount: { anyOf: [{ type: "string" }, { type: "number" }] },
    currency: { type: "string" },
  },
  required: ["amount", "currency"],
};

/** Tells whether a policy permits a value. */
export type Permits = (value: Json) => Promise<boolean>;

/**
 * A guard whose only permit has the condition; the condition passes through the whole way of CEL,
 * rule AST, loader and evaluator.
 */
export async function permitWhen(
  when: string,
  facts: readonly FactProvider[],
  schema: Json = { type: "string" },
): Promise<Permits> {
  const text = JSON.stringify({
    portcullis: 1,
    name: "allow-list",
    identity: "host",
    tools: {
      act: {
        class: "read",
        input: { type: "object", properties: { x: schema }, required: ["x"] },
      },
    },
    rules: [{ id: "allow", effect: "permit", tools: ["act"], when }],
  });
  const policy = await compilePolicyYaml({ file: "policy.yaml", text }, { facts });
  const guard = await createGuard({ policy, facts, matcher: linearMatcher() });
  const context = { principal: trustedPrincipal({ agent: { id: "agent" } }) };
  return async (x) => {
    const decision = await guard.check({ callId: "1", tool: "act", args: { x } }, context);
    return decision.outcome === "permit";
  };
}

/** The values that slip through a policy; must be none. */
export async function permitted(
  values: readonly Json[],
  permits: Permits,
): Promise<readonly Json[]> {
  const found: Json[] = [];
  for (const value of values) if (await permits(value)) found.push(value);
  return found;
}
