import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGuard } from "../src/create-guard.ts";
import type { PolicyDocument, Rule } from "../src/policy-document.ts";
import { trustedPrincipal } from "../src/principal.ts";
import { fixturePolicy } from "./support/fixture-policy.ts";

const look = { callId: "c", tool: "look", args: {} };
const permits = (more: Partial<Rule>): Rule => ({
  id: "p",
  effect: "permit",
  tools: ["look"],
  ...more,
});
const policyOf = (...rules: readonly Rule[]): PolicyDocument =>
  fixturePolicy({ roles: { support: {}, supervisor: { users: ["user:sue"] } }, rules });

/** Roles of a host that may change from one call to the next. */
async function setUp(policy: PolicyDocument) {
  const roles = new Map<string, readonly string[]>();
  const guard = await createGuard({
    policy,
    roles: { resolve: async (kind, id) => roles.get(`${kind} ${id}`) ?? [] },
  });
  const runs = async (chain: readonly string[], user?: string): Promise<boolean> => {
    const [agent = "bot", ...delegators] = chain;
    const principal = trustedPrincipal({
      agent: { id: agent },
      delegators: delegators.map((id) => ({ id })),
      ...(user === undefined ? {} : { user: { id: user } }),
    });
    const context = { principal, session: { id: "s", isNew: true } };
    return (await guard.execute(look, context, () => "ok")).kind === "completed";
  };
  return { roles, runs };
}

describe("roles from the host's resolver", () => {
  test("count from the next call on, and are gone at the one after they were taken", async () => {
    const { roles, runs } = await setUp(policyOf(permits({ agents: ["role:support"] })));
    expect(await runs(["bot"])).toBe(false);
    roles.set("agent bot", ["support"]);
    expect(await runs(["bot"])).toBe(true);
    roles.delete("agent bot");
    expect(await runs(["bot"])).toBe(false);
  });

  test("are those of the agent or of the user, not of one who is called the same", async () => {
    const { roles, runs } = await setUp(policyOf(permits({ users: ["role:supervisor"] })));
    roles.set("agent ann", ["supervisor"]);
    expect(await runs(["ann"], "ann")).toBe(false);
    roles.set("user ann", ["supervisor"]);
    expect(await runs(["ann"], "ann")).toBe(true);
  });

  test("stand beside those of the policy", async () => {
    const { roles, runs } = await setUp(policyOf(permits({ users: ["role:supervisor"] })));
    expect(await runs(["bot"], "user:sue")).toBe(true);
    roles.set("user user:sue", ["support"]);
    expect(await runs(["bot"], "user:sue")).toBe(true);
  });
});

test("rights are those that the user and every actor of the chain have", async () => {
  const ids = ["a", "b", "c"] as const;
  const users = ["ann", "bob"] as const;
  const held = fc.record({
    a: fc.boolean(),
    b: fc.boolean(),
    c: fc.boolean(),
    ann: fc.boolean(),
    bob: fc.boolean(),
  });
  const both = permits({ agents: ["role:support"], users: ["role:supervisor"] });
  await fc.assert(
    fc.asyncProperty(
      held,
      fc.subarray([...ids], { minLength: 1 }),
      fc.constantFrom(undefined, ...users),
      async (has, chain, user) => {
        const { roles, runs } = await setUp(policyOf(both));
        for (const id of ids) if (has[id]) roles.set(`agent ${id}`, ["support"]);
        for (const id of users) if (has[id]) roles.set(`user ${id}`, ["supervisor"]);
        const expected = chain.every((id) => has[id]) && user !== undefined && has[user];
        expect(await runs(chain, user)).toBe(expected);
      },
    ),
  );
});
