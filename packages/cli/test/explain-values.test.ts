import { expect, test } from "vitest";
import { linesOf, runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = `portcullis: 1
name: orders
identity: host
tools:
  look: { class: read, input: { type: object, properties: { order: { type: string } } }, result: { labels: [seen] } }
  refund: { class: pay, input: { type: object, required: [order], properties: { order: { type: string } } } }
rules:
  - { id: look, effect: permit, tools: [look] }
  - id: refund-what-was-looked-up
    effect: permit
    tools: [refund]
    when: session.calls.exists(c, c.args.order == args.order && c.outcome == "completed") && !("seen" in flow.of(args.order))
`;

test("what is read of values and earlier calls is explained as it was decided", async () => {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY });
  const calls = [
    'refund {"order":"A-1"}',
    'look {"order":"A-1"}',
    'refund {"order":"A-1"}',
    '"seen" in flow.of(args.order)',
    "session.calls.exists(c, c.args.order == args.order)",
  ];
  const { stdout } = await runCli(["repl", "--json"], { cwd, stdin: `${calls.join("\n")}\n` });
  const answers = linesOf(stdout);
  expect(answers.slice(0, 3).map(({ outcome }) => outcome)).toEqual(["deny", "permit", "permit"]);
  expect(answers[3]).toMatchObject({ condition: { result: "false" } });
  expect(answers[4]).toMatchObject({ condition: { result: "true" } });
  expect(stdout).not.toContain("error");
});
