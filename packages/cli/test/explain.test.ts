import { describe, expect, test } from "vitest";
import type { Explanation } from "../src/explanation.ts";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = `portcullis: 1
name: x
identity: host
roles: { support: {} }
tools:
  pay:
    class: pay
    input:
      type: object
      properties:
        to: { type: string }
        amount: { type: integer }
        tags: { type: array, items: { type: string } }
        more: { type: object, additionalProperties: true }
      required: [to, amount]
rules:
  - { id: a-permit, effect: permit, agents: [bot], tools: [pay], when: '"support" in principal.user.roles && args.amount < 500' }
  - { id: b-other, effect: permit, agents: [someone], tools: [pay] }
  - { id: c-tags, effect: forbid, tools: [pay], when: 'args.tags.exists(t, t == "hidden") || !(args.to == "x" && context.desk == "d")' }
  - { id: d-more, effect: require, tools: [pay], when: 'size(args.more) > 1', obligations: [{ approval: { queue: desk } }] }
  - { id: e-shadow, effect: forbid, mode: shadow, tools: [pay] }
  - { id: f-user, effect: forbid, users: [eve], tools: [pay] }
risk: { add: [{ when: args.amount > 10, points: 7, factor: large }] }
`;

const CALL = ["--tool", "pay", "--agent", "bot", "--user", "ann", "--user-roles", "support"];
const args = (extra: object = {}) =>
  JSON.stringify({ to: "secret-account", amount: 40, tags: ["alpha", "beta"], ...extra });

async function explain(argv: readonly string[]) {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY });
  return await runCli(["explain", ...argv], { cwd });
}

async function explainJson(argv: readonly string[]): Promise<Explanation> {
  return JSON.parse((await explain([...argv, "--json"])).stdout) as Explanation;
}

test("shows every rule, why it applies or not, its clauses and what they read", async () => {
  const { code, stdout } = await explain([
    ...CALL,
    "--args",
    args(),
    "--context",
    '{"desk":"left"}',
  ]);
  expect(code).toBe(0);
  expect(stdout).toBe(`DENY forbidden-by-rule
  A rule forbids this call.

applies  permit   a-permit  policy.yaml:17:72
         its condition holds
           true   all of
             true   "support" in principal.user.roles
                      principal.user.roles = ["support"]
             true   args.amount < 500
                      args.amount = 40
not      permit   b-other  policy.yaml:18:11
         it is not about this agent
applies  forbid   c-tags  policy.yaml:19:55
         its condition holds
           true   any of
             false  args.tags.exists(t, t == "hidden")
                      args.tags = ["<text of 5 characters>","<text of 4 characters>"]
             true   not
               false  all of
                 false  args.to == "x"
                          args.to = "<text of 14 characters>"
                 false  context.desk == "d"
                          context.desk = "<text of 4 characters>"
applies  require  d-more  policy.yaml:20:56
         its condition erred, and such a require applies
           error  size(args.more) > 1
                    args.more = error
applies  forbid   e-shadow  policy.yaml:21:11
         it has no condition; it is in shadow mode and never counts
not      forbid   f-user  policy.yaml:22:11
         it is not about this user

risk  57
   50  class:pay
    7  large
`);
});

test("shows the obligations with their terms", async () => {
  const more = { to: "x", more: { a: 1, b: "secret" } };
  const argv = [...CALL, "--args", args(more), "--context", '{"desk":"d"}'];
  const { outcome, obligations, rules } = await explainJson(argv);
  expect(outcome).toBe("approval-required");
  expect(obligations).toMatchObject([{ type: "approval", queue: "desk", expiresSeconds: 900 }]);
  expect(rules[3]?.condition?.reads).toEqual([
    { text: "args.more", value: "<object of 2 members>" },
  ]);
});

describe("texts", () => {
  const call = [...CALL, "--args", args({ more: { "secret-key": "secret-value" } })];

  test.for([["pretty"], ["json"]] as const)("are masked in %s", async ([format]) => {
    const context = ["--context", '{"desk":"secret-desk"}'];
    const { stdout } = await explain([...call, ...context, "--format", format]);
    expect(stdout).toContain("args.to");
    expect(stdout).not.toMatch(/secret-|alpha|beta/);
  });

  test("are shown with --show-values", async () => {
    const { stdout } = await explain([...call, "--show-values"]);
    expect(stdout).toContain('args.to = "secret-account"');
    expect(stdout).toContain('args.tags = ["alpha","beta"]');
  });
});

test("says so where no rule was asked", async () => {
  const { code, stdout } = await explain(["--tool", "nothing"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^DENY tool-unknown\n/);
  expect(stdout).toContain("No rule was asked.");
});

test("needs a tool", async () => {
  expect((await explain([])).code).toBe(2);
});
