import { expect, test } from "vitest";
import { compilePolicyYaml, toCel } from "../src/index.ts";

async function compile(when: string) {
  const document = await compilePolicyYaml({
    file: "policy.yaml",
    text: `portcullis: 1
name: x
roles: { admin: {} }
tools:
  t:
    class: read
    input:
      type: object
      properties:
        s: { type: string }
        n: { type: number }
        i: { type: integer }
        b: { type: boolean }
        l: { type: array, items: { type: string } }
        o: { type: object, properties: { "a-b": { type: string } } }
      required: [s, n, i, b, l, o]
rules:
  - { id: r, effect: permit, tools: [t], when: ${JSON.stringify(when)} }
`,
  });
  const node = document.rules[0]?.when;
  if (node === undefined) throw new Error("The rule has no condition.");
  return node;
}

test.for([
  'args.s == "a\\"b"',
  "args.n <= 5 && (args.i > 3 || !args.b)",
  'args.s.startsWith("x") || args.s.endsWith("y") || args.s.contains("z")',
  'args.s.matches("^[a-z]+$")',
  "size(args.l) >= 2",
  'args.l.all(x, x == "a") && args.l.exists(x, x != "b") && args.l.exists_one(x, x == "c")',
  '"admin" in principal.user.roles',
  'args.o["a-b"] == "c"',
  'has(context.ticket) && context.?ticket.orValue("x") == "T-1"',
  "(args.i + 1) * 2 - args.i / 2 > args.i % 3",
  "-args.n < 0.5",
  "args.b ? args.n > 1 : args.n < 2",
  "flow.userSaid(args.s)",
  "anomaly(args.n) > 3.5",
  'now < timestamp("2030-01-01T00:00:00Z")',
  "double(args.i) > 1.5",
] as const)("%s reads back as the same condition", async (when) => {
  const node = await compile(when);
  expect(await compile(toCel(node))).toEqual(node);
});
