/** One file that `portcullis init` writes. */
export interface InitFile {
  /** Name inside the folder. */
  readonly name: string;
  /** What it is for, in one line. */
  readonly purpose: string;
  readonly text: string;
}

const POLICY = `# yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy.v1.json
portcullis: 1
name: my-agent
# \`host\`: your own code states who acts, with trustedPrincipal({ ... }).
# Change it to \`token\` as soon as calls come from another process or service: then only a
# signed task token is an identity, and the word of the host is refused.
identity: host

# A call runs if a permit matches, no forbid matches and what a require demands is done.
# The order of the rules has no meaning.
rules:
  - id: no-root-delete
    effect: forbid
    tools: [rm]
    when: '!args.path.startsWith("/tmp/") || args.path.contains("..")'
    message: "Only files below /tmp may be deleted."
    hint: "Name a file below /tmp."
  - id: delete-temporary-files
    effect: permit
    agents: [assistant]
    tools: [rm]
  - id: small-refunds
    effect: permit
    agents: [assistant]
    tools: [refund]
    when: args.amount <= 500
  - id: large-refunds-need-a-person
    effect: require
    tools: [refund]
    when: args.amount > 100
    obligations:
      - approval: { queue: support, expires: 15m }
    message: "Refunds above 100 need a person."

# The catalogue: a tool that is not here is denied. Arguments that a schema does not name are refused.
tools:
  rm:
    class: delete
    input:
      type: object
      properties:
        path: { type: string, maxLength: 1024 }
      required: [path]
  refund:
    class: pay
    reversible: false
    input:
      type: object
      properties:
        order: { type: string, maxLength: 64 }
        amount: { type: number, minimum: 0 }
      required: [order, amount]

limits:
  - id: refunds-an-hour
    tools: [refund]
    per: [agent]
    rate: 20/h
`;

const POLICY_TEST = `# yaml-language-server: $schema=./node_modules/@portcullis/policy/schema/policy-test.v1.json
# Run with: npx portcullis test --coverage
portcullis: 1
now: "2026-11-20T09:00:00Z"

fixtures:
  principals:
    assistant: { agent: assistant, user: "user:ann" }
    stranger: { agent: someone-else, user: "user:ann" }
  calls:
    temporary-file: { tool: rm, args: { path: /tmp/report.txt } }
    root: { tool: rm, args: { path: / } }
    way-out: { tool: rm, args: { path: /tmp/../etc/passwd } }
    refund-of-100: { tool: refund, args: { order: A1, amount: 100 } }
    refund-of-101: { tool: refund, args: { order: A1, amount: 101 } }
    refund-of-501: { tool: refund, args: { order: A1, amount: 501 } }

tests:
  # A cell of the matrix that is not listed must be denied.
  - name: who may do what
    matrix:
      principals: [assistant, stranger]
      calls: [temporary-file, root, way-out, refund-of-100, refund-of-101, refund-of-501]
    expect:
      - { principal: assistant, call: temporary-file, outcome: permit }
      - { principal: assistant, call: root, outcome: deny, code: forbidden-by-rule }
      - { principal: assistant, call: refund-of-100, outcome: permit, rules: [small-refunds] }
      - principal: assistant
        call: refund-of-101
        outcome: approval-required
        obligations: [{ approval: { queue: support } }]
      - { principal: assistant, call: refund-of-501, outcome: deny, code: no-applicable-rule }

  - name: 20 refunds an hour
    principal: assistant
    given: [{ call: refund-of-100, times: 19 }]
    call: refund-of-100
    expect: { outcome: permit }
  - name: and no more
    principal: assistant
    given: [{ call: refund-of-100, times: 20 }]
    call: refund-of-100
    expect: { outcome: deny, code: limit-exceeded }
`;

const TEST = `// Run with: node --test
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPortcullis, trustedPrincipal } from "portcullis";

const guard = await createPortcullis({ policy: new URL("./policy.yaml", import.meta.url) });
const principal = trustedPrincipal({ agent: { id: "assistant" }, user: { id: "user:ann" } });

const cases = [
  ["rm", { path: "/tmp/report.txt" }, "permit"],
  ["rm", { path: "/" }, "deny", "forbidden-by-rule"],
  ["rm", { path: "/tmp/../etc/passwd" }, "deny", "forbidden-by-rule"],
  ["rm", { path: "/tmp/a", recursive: true }, "deny", "arguments-invalid"],
  ["refund", { order: "A1", amount: 40 }, "permit"],
  ["refund", { order: "A1", amount: 250 }, "approval-required", "approval-required"],
  ["refund", { order: "A1", amount: 9000 }, "deny", "no-applicable-rule"],
  ["format_disk", {}, "deny", "tool-unknown"],
];

for (const [tool, args, outcome, code] of cases) {
  test(\`\${tool} \${JSON.stringify(args)}: \${outcome}\`, async () => {
    const call = { callId: "test", tool, args };
    const decision = await guard.check(call, { principal, session: { id: "test", isNew: true } });
    assert.equal(decision.outcome, outcome);
    assert.equal(decision.outcome === "permit" ? undefined : decision.denial.code, code);
  });
}

test("another agent may do nothing", async () => {
  const other = trustedPrincipal({ agent: { id: "someone-else" } });
  const call = { callId: "test", tool: "rm", args: { path: "/tmp/report.txt" } };
  const decision = await guard.check(call, { principal: other });
  assert.equal(decision.outcome, "deny");
});
`;

const EXAMPLE = `// Run with: node example.mjs
import { createPortcullis, toModelText, trustedPrincipal } from "portcullis";

const guard = await createPortcullis({ policy: new URL("./policy.yaml", import.meta.url) });

// Who acts, and for whom. Your code knows this; a model never writes it.
const context = {
  principal: trustedPrincipal({ agent: { id: "assistant" }, user: { id: "user:ann" } }),
  session: { id: "example", isNew: true },
};

// Your tools. The guard runs them with the arguments that it decided on.
const tools = {
  rm: ({ path }) => \`deleted \${path}\`,
  refund: ({ order, amount }) => \`refunded \${amount} of \${order}\`,
};

// What a model may ask for.
const calls = [
  { callId: "1", tool: "rm", args: { path: "/tmp/report.txt" } },
  { callId: "2", tool: "rm", args: { path: "/" } },
  { callId: "3", tool: "refund", args: { order: "A1", amount: 250 } },
];

for (const call of calls) {
  const outcome = await guard.execute(call, context, (args) => tools[call.tool](args));
  if (outcome.kind === "completed") console.log(outcome.value);
  else if (outcome.kind === "failed") console.log("The tool failed:", outcome.error.message);
  else console.log("The model reads:", toModelText(outcome.denial));
}
`;

/** What `portcullis init` writes, in the order it is listed. */
export const INIT_FILES: readonly InitFile[] = [
  { name: "policy.yaml", purpose: "who may call which tool, and how", text: POLICY },
  { name: "policy_test.yaml", purpose: "its tests: npx portcullis test", text: POLICY_TEST },
  { name: "policy.test.mjs", purpose: "tests in code: node --test", text: TEST },
  { name: "example.mjs", purpose: "guarded tools: node example.mjs", text: EXAMPLE },
];
