import { describe, expect, test } from "vitest";
import { withPolicyRoles } from "../src/evaluate/policy-roles.ts";
import type { PolicyDocument } from "../src/policy-document.ts";
import * as b from "./support/policy-builders.ts";

const { party } = b;

const roles = (more: PolicyDocument["roles"]): Pick<PolicyDocument, "roles"> => ({ roles: more });

describe("withPolicyRoles", () => {
  test("adds roles by id to every party, after those of the host", () => {
    const principal = b.principalOf([party("bot", "x"), party("planner")], {
      user: party("user:ann", "y"),
    });
    const result = withPolicyRoles(
      principal,
      roles({ helper: { agents: ["bot", "planner"] }, boss: { users: ["user:ann"] }, none: {} }),
    );
    expect(result.agent).toEqual(party("bot", "x", "helper"));
    expect(result.chain).toEqual([party("bot", "x", "helper"), party("planner", "helper")]);
    expect(result.user).toEqual(party("user:ann", "y", "boss"));
    expect(result.ceiling).toBe("unlimited");
  });

  test("tells agents from users of the same id", () => {
    const principal = b.principalOf([party("same")], { user: party("same") });
    const result = withPolicyRoles(
      principal,
      roles({ a: { agents: ["same"] }, u: { users: ["same"] } }),
    );
    expect(result.agent.roles).toEqual(["a"]);
    expect(result.user?.roles).toEqual(["u"]);
  });

  test("keeps a role once", () => {
    const result = withPolicyRoles(
      b.principalOf([party("bot", "a")]),
      roles({ a: { agents: ["bot"] } }),
    );
    expect(result.agent.roles).toEqual(["a"]);
  });

  test.for<readonly [string, PolicyDocument["roles"]]>([
    ["no roles", {}],
    ["no members", { a: {} }],
    ["other members", { a: { agents: ["bob"], users: ["user:bob"] } }],
    ["inherited names", { a: { agents: ["constructor", "__proto__"] } }],
  ])("gives the same principal back with %s", ([, declared]) => {
    const principal = b.principalOf();
    expect(withPolicyRoles(principal, roles(declared))).toBe(principal);
  });

  test("makes no person up", () => {
    const result = withPolicyRoles(
      b.withoutUser(),
      roles({ a: { agents: ["bot"], users: ["bot"] } }),
    );
    expect(result).not.toHaveProperty("user");
    expect(result.agent.roles).toEqual(["a"]);
  });

  test("gives frozen parties and leaves the given ones alone", () => {
    const principal = b.principalOf([party("bot")]);
    const result = withPolicyRoles(principal, roles({ a: { agents: ["bot"] } }));
    expect(principal.agent.roles).toEqual([]);
    for (const part of [result, result.agent, result.agent.roles, result.chain]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
