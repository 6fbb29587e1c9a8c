import { createGuard, trustedPrincipal } from "@portcullis/core";
import { compilePolicyYaml } from "@portcullis/policy";
import { expect, test } from "vitest";
import { sqlFacts, typedFacts } from "../src/index.ts";
import { permitWhen } from "./support/policy.ts";

const facts = [...typedFacts(), await sqlFacts()];

test("every provider has its own type, a version and fields of known types", () => {
  expect(facts.map(({ type, version }) => `${type}@${version}`)).toEqual([
    "url@1",
    "ip@1",
    "path@1",
    "shell@1",
    "email@1",
    "money@1",
    "secrets@1",
    "pii@1",
    "scan@1",
    "sql@1",
  ]);
  for (const { fields, predicates } of facts) {
    for (const predicate of Object.values(predicates ?? {})) {
      expect(fields[predicate.field]).toBe("string");
    }
  }
});

test.for<readonly [when: string, value: string, expected: boolean]>([
  ['url(args.x).hostWithin("example.com")', "https://a.example.com/", true],
  ['url(args.x).hostWithin("example.com")', "https://aexample.com/", false],
  ['ip(args.x).inCidr("10.0.0.0/8")', "10.1.2.3", true],
  ['ip(args.x).inCidr("10.0.0.1/8")', "10.1.2.3", false],
  ['!ip(args.x).inCidr("10.0.0.1/8")', "10.1.2.3", false],
  ['path(args.x, {"base": "/w"}).within("/w/a")', "a/b", true],
  ['path(args.x, {"base": "/w"}).within("/w/a")', "ab", false],
  ['!path(args.x, {"base": "/w"}).within("a")', "b", false],
  ['email(args.x).domainWithin("example.com")', "a@b.example.com", true],
  ['money(args.x, {"currency": "EUR"}).minor < 1000', "9.99", true],
  ['money(args.x, {"currency": "EUR"}).minor < 1000', "9.999", false],
  ['shell(args.x).names.exists(n, n == "ls")', "ls | wc", true],
  ['sql(args.x).tables.exists(t, t.name == "a")', "SELECT * FROM a", true],
  // The range of a name is absent, which is an error and no empty text.
  ['url(args.x).range == "unicast"', "https://8.8.8.8/", true],
  ['url(args.x).range != "loopback"', "https://example.com/", false],
  // So is the value of an argument that is not known.
  ['shell(args.x).commands.all(c, c.argv.all(a, a.value != "-rf"))', "rm $x", false],
])("%s permits %s: %s", async ([when, value, expected]) => {
  const permits = await permitWhen(when, facts);
  expect(await permits(value)).toBe(expected);
});

test.for<readonly [when: string, value: string]>([
  ['url(args.x).host == "a.example"', "not a url"],
  ["path(args.x).hidden", "relative"],
  ["shell(args.x).hasPipe", "eval x"],
  ["sql(args.x).hasLimit", "SELEC 1"],
  ['email(args.x).tag == "x"', "a,b"],
  ["ip(args.x).isPublic", "1.1"],
  ['money(args.x, {"currency": "EUR"}).minor == 1', "1e0"],
])("a forbid of %s applies to what cannot be read", async ([when, x]) => {
  const policy = await compilePolicyYaml(
    {
      file: "policy.yaml",
      text: JSON.stringify({
        portcullis: 1,
        name: "forbids",
        identity: "host",
        tools: {
          act: {
            class: "read",
            input: { type: "object", properties: { x: { type: "string" } }, required: ["x"] },
          },
        },
        rules: [
          { id: "all", effect: "permit", tools: ["act"] },
          { id: "none", effect: "forbid", tools: ["act"], when },
        ],
      }),
    },
    { facts },
  );
  const guard = await createGuard({ policy, facts });
  const context = { principal: trustedPrincipal({ agent: { id: "agent" } }) };
  const decision = await guard.check({ callId: "1", tool: "act", args: { x } }, context);
  expect(decision).toMatchObject({ outcome: "deny", denial: { code: "forbidden-by-rule" } });
  // Neither the value nor what is wrong with it reaches the model.
  expect(JSON.stringify(decision.outcome === "deny" ? decision.denial : {})).not.toContain(x);
});
