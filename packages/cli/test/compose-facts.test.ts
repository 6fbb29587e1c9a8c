import { join } from "node:path";
import type { FactProvider } from "@portcullis/core";
import { expect, test } from "vitest";
import { composeFacts, readyFacts } from "../src/compose-facts.ts";
import { evaluateOnce } from "../src/evaluate-once.ts";
import { createPortcullis, trustedPrincipal } from "../src/index.ts";
import { loadPolicyFile } from "../src/load-policy-file.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const policyText = (when: string, tool = ""): string => `portcullis: 1
name: facts
identity: host
tools:
  act:
    class: read
    input: { type: object, properties: { x: { type: string } }, required: [x] }
${tool}
rules:
  - { id: allow, effect: permit, tools: [act], when: ${JSON.stringify(when)} }
`;

async function write(when: string, tool?: string): Promise<string> {
  return join(await temporaryFolder({ "policy.yaml": policyText(when, tool) }), "policy.yaml");
}

const quiet = { warn: () => undefined };

const ownProvider = (type: string): FactProvider => ({
  type,
  version: 7,
  fields: { host: "string" },
  prepare: () => () => ({ ok: true, value: { host: "own.example" } }),
});

test.for<readonly [when: string, good: string, bad: string]>([
  ['url(args.x).hostWithin("example.com")', "https://a.example.com/", "https://evil.example/"],
  ['ip(args.x).inCidr("10.0.0.0/8")', "10.0.0.1", "127.0.0.1"],
  ['path(args.x, {"base": "/w"}).within("/w")', "a", "../a"],
  ['shell(args.x).names.all(n, n == "ls")', "ls -l", "ls; rm x"],
  ['email(args.x).domain == "example.com"', "a@example.com", "a@evil.example"],
  ['money(args.x, {"currency": "EUR"}).minor < 100', "0.99", "1.00"],
  ['sql(args.x).kinds.all(k, k == "select")', "SELECT 1", "DELETE FROM t"],
  // Two unbounded repeats: only a linear engine takes it.
  ['args.x.matches("(a+)+b.*c")', "aab-c", "aab"],
])("createPortcullis and eval understand %s", async ([when, good, bad]) => {
  const policy = await write(when);
  const guard = await createPortcullis({ policy, logger: quiet });
  const context = { principal: trustedPrincipal({ agent: { id: "a" } }) };
  const outcomes = [];
  for (const x of [good, bad]) {
    const { outcome } = await guard.check({ callId: "1", tool: "act", args: { x } }, context);
    const line = { id: "1", tool: "act", args: { x }, principal: { agent: "a", roles: [] } };
    const { answer, traces } = await evaluateOnce(line, { policy });
    outcomes.push(outcome, answer.outcome, traces.length);
  }
  expect(outcomes).toEqual(["permit", "permit", 1, "deny", "deny", 1]);
});

test("the parser of sql is loaded for whoever reads it, also in a declaration", async () => {
  const declared = await loadPolicyFile(
    await write('facts.q.kinds.all(k, k == "select")', "    facts: { q: { type: sql, at: /x } }"),
  );
  const other = await loadPolicyFile(await write('args.x == "sql(args.x)"'));
  const extracts = async ({ document }: typeof declared): Promise<boolean> => {
    const sql = (await readyFacts(document)).find(({ type }) => type === "sql");
    return sql?.prepare({})("SELECT 1", { now: 0 }).ok === true;
  };
  expect(await extracts(declared)).toBe(true);
  expect(await extracts(other)).toBe(false);
});

test("a provider of the host replaces ours of the same type, and others are added", async () => {
  const own = [ownProvider("url"), ownProvider("ticket")];
  const types = composeFacts(own).map(({ type, version }) => `${type}@${version}`);
  expect(types.toSorted()).toEqual([
    "email@1",
    "ip@1",
    "money@1",
    "path@1",
    "pii@1",
    "scan@1",
    "secrets@1",
    "shell@1",
    "sql@1",
    "ticket@7",
    "url@7",
  ]);
  const policy = await write("url(args.x).host == ticket(args.x).host");
  const guard = await createPortcullis({ policy, facts: own, logger: quiet });
  const context = { principal: trustedPrincipal({ agent: { id: "a" } }) };
  const call = { callId: "1", tool: "act", args: { x: "no url" } };
  expect(await guard.check(call, context)).toMatchObject({ outcome: "permit" });
  const line = {
    id: "1",
    tool: "act",
    args: { x: "no url" },
    principal: { agent: "a", roles: [] },
  };
  expect((await evaluateOnce(line, { policy, facts: own })).answer.outcome).toBe("permit");
});

test("a matcher of the host replaces ours", async () => {
  const policy = await write('args.x.matches("(a+)+b.*c")');
  const matcher = {
    compile: () => {
      throw new TypeError("takes nothing");
    },
  };
  await expect(createPortcullis({ policy, matcher, logger: quiet })).rejects.toMatchObject({
    code: "ERR_POLICY_INVALID",
  });
});

test("misspelt fields and options are refused with their place", async () => {
  for (const when of ['url(args.x).hots == "a"', 'url(args.x, {"scheme": "https"}).host == "a"']) {
    await expect(loadPolicyFile(await write(when))).rejects.toMatchObject({
      code: "ERR_POLICY_INVALID",
      fields: { issues: [expect.objectContaining({ file: "policy.yaml", line: 10 })] },
    });
  }
});
