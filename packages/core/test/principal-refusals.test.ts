import { describe, expect, test } from "vitest";
import type { TrustedPrincipalInput } from "../src/principal.ts";
import { isTrustedPrincipal, trustedPrincipal } from "../src/principal.ts";

const agent = { id: "bot" };
const longest = "x".repeat(256);

describe("trustedPrincipal refuses", () => {
  test.for<readonly [string, string, object]>([
    ["an agent without a name", "agent", { agent: { id: "" } }],
    ["an agent whose name is no text", "agent", { agent: { id: 1 } }],
    ["an agent whose name is a list", "agent", { agent: { id: ["bot"] } }],
    ["a name that is too long", "agent", { agent: { id: `${longest}x` } }],
    ["a person without a name", "user", { agent, user: { id: "" } }],
    ["a delegator without a name", "delegators", { agent, delegators: [{ id: "" }] }],
    ["roles that are no list", "agent", { agent: { id: "bot", roles: "admin" } }],
    ["roles that are a set", "agent", { agent: { id: "bot", roles: new Set(["admin"]) } }],
    [
      "roles that look like a list",
      "agent",
      {
        agent: { id: "bot", roles: { every: () => true, [Symbol.iterator]: [][Symbol.iterator] } },
      },
    ],
    ["a role that is no text", "agent", { agent: { id: "bot", roles: ["a", 1] } }],
    ["an empty role", "user", { agent, user: { id: "user:ann", roles: [""] } }],
    ["a role that is too long", "agent", { agent: { id: "bot", roles: [`${longest}x`] } }],
    ["a ceiling that is no list", "ceiling", { agent, ceiling: "look" }],
    [
      "a ceiling that looks like a list",
      "ceiling",
      { agent, ceiling: { map: () => [{ tool: "look" }] } },
    ],
    ["a ceiling with an empty name", "ceiling", { agent, ceiling: [""] }],
    ["a ceiling with a number", "ceiling", { agent, ceiling: [{ tool: 1 }] }],
  ])("%s", ([, option, input]) => {
    expect(() => trustedPrincipal(input as TrustedPrincipalInput)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTIONS_INVALID",
        fields: { option },
        message: expect.stringContaining(`\`${option}`),
      }),
    );
  });

  test("but takes the longest names", () => {
    const made = trustedPrincipal({ agent: { id: longest, roles: [longest, "x"] } });
    expect(made.agent).toEqual({ id: longest, roles: [longest, "x"] });
  });
});

describe("what it makes", () => {
  test("is frozen to its depth, and later changes of the input do not reach it", () => {
    const value = { list: [1] };
    const args = { to: { type: "exact" as const, value } };
    const roles = ["support"];
    const delegators = [{ id: "root" }];
    const ceiling = [{ tool: "look", args }, "pay"];
    const made = trustedPrincipal({ agent: { id: "bot", roles }, delegators, ceiling });
    roles.push("admin");
    delegators.push({ id: "other" });
    ceiling.push("rm");
    Reflect.deleteProperty(args, "to");
    expect(made).toEqual({
      agent: { id: "bot", roles: ["support"] },
      chain: [
        { id: "bot", roles: ["support"] },
        { id: "root", roles: [] },
      ],
      ceiling: [
        { tool: "look", args: { to: { type: "exact", value: { list: [1] } } } },
        { tool: "pay" },
      ],
    });
    for (const part of everyObjectIn(made)) expect(Object.isFrozen(part)).toBe(true);
  });

  test("is frozen below what the host had frozen already", () => {
    const values = ["ann"];
    const args = Object.freeze({ to: Object.freeze({ type: "one_of" as const, values }) });
    trustedPrincipal({ agent, ceiling: [{ tool: "pay", args }] });
    expect(() => values.push("eve")).toThrow(TypeError);
  });

  test("counts as itself alone", () => {
    const made = trustedPrincipal({ agent });
    expect(isTrustedPrincipal(made)).toBe(true);
    for (const other of [{ ...made }, structuredClone(made), Object.create(made), null, "bot", 1]) {
      expect(isTrustedPrincipal(other)).toBe(false);
    }
  });
});

function everyObjectIn(value: unknown): readonly object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(everyObjectIn)];
}
