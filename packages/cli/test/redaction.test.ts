import { join } from "node:path";
import { trustedPrincipal } from "@portcullis/core";
import { expect, test } from "vitest";
import { createPortcullis } from "../src/create-portcullis.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = `portcullis: 1
name: redaction
identity: host
tools:
  crm: { class: read, input: { type: object, properties: { q: { type: string } } } }
  pay:
    class: pay
    input: { type: object, properties: { card: { type: string } } }
    restore: [args.card]
rules:
  - { id: read, effect: permit, tools: [crm, pay] }
  - { id: no-keys, effect: forbid, tools: [crm], when: 'secrets(args.q).count > 0' }
  - id: hide
    effect: require
    tools: [crm]
    obligations:
      - redact: { result: true, kinds: [secret, pii] }
`;
const CARD = "4111 1111 1111 1111";
const KEY = `ghp_${"a1B2".repeat(9)}`;

test("a policy that redacts works as it is composed", async () => {
  const folder = await temporaryFolder({ "policy.yaml": POLICY });
  const policy = join(folder, "policy.yaml");
  const guard = await createPortcullis({ policy, logger: { warn() {} } });
  const context = {
    principal: trustedPrincipal({ agent: { id: "bot" } }),
    session: { id: "s", isNew: true },
  };
  const read = (q: string): ReturnType<typeof guard.execute> =>
    guard.execute({ callId: q, tool: "crm", args: { q } }, context, () => ({
      card: CARD,
      note: `mail ann@example.com, card ${CARD}`,
      password: "k7Wq2-pX9",
    }));
  const outcome = await read("ann");
  expect(outcome).toMatchObject({
    kind: "completed",
    value: {
      card: expect.stringMatching(/^\[REDACTED:card:[\w-]+\]$/),
      note: expect.stringMatching(
        /^mail \[REDACTED:email:[\w-]+\], card \[REDACTED:card:[\w-]+\]$/,
      ),
      password: expect.stringMatching(/^\[REDACTED:generic-password:[\w-]+\]$/),
    },
  });
  expect(await read(`my key is ${KEY}`)).toMatchObject({ denial: { code: "forbidden-by-rule" } });
  const { card } = (outcome as { readonly value: { readonly card: string } }).value;
  let got: unknown;
  await guard.execute({ callId: "p", tool: "pay", args: { card } }, context, (args) => {
    got = args;
  });
  expect(got).toEqual({ card: CARD });
  const prompt = [{ role: "user", content: `use ${KEY}` }];
  expect(await guard.redact(prompt, context)).toEqual([
    { role: "user", content: "use [REDACTED:github-token]" },
  ]);
});
