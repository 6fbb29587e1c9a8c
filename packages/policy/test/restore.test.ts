import { expect, test } from "vitest";
import { validatePolicyYaml } from "../src/index.ts";

const text = (restore: string): string => `portcullis: 1
name: test
identity: host
tools:
  pay:
    class: pay
    input:
      type: object
      properties:
        card: { type: string }
        cards: { type: array, items: { type: string } }
    restore: ${restore}
`;

test("names the arguments in which placeholders are put back", async () => {
  const result = await validatePolicyYaml({
    file: "policy.yaml",
    text: text('[args.card, "/cards/*"]'),
  });
  expect(result).toMatchObject({
    ok: true,
    document: { tools: { pay: { restore: ["/card", "/cards/*"] } } },
  });
});

test.for([
  ["an argument that there is not", "[args.nobody]"],
  ["a list", "[args.cards]"],
  ["all arguments", "[args]"],
  ["one twice", "[args.card, args.card]"],
  ["no list", "args.card"],
] as const)("refuses %s", async ([, restore]) => {
  expect(await validatePolicyYaml({ file: "policy.yaml", text: text(restore) })).toMatchObject({
    ok: false,
  });
});
