import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createGuard, trustedPrincipal } from "@portcullis/core";
import type { PolicyDocument } from "@portcullis/core";
import { describe, expect, test } from "vitest";
import { toCel, validatePolicyYaml } from "../src/index.ts";

const text = (flow: string, more: { readonly send?: string; readonly rules?: string } = {}) =>
  `portcullis: 1
name: test
identity: host
tools:
  "mcp:mail/read": { class: read, input: { type: object } }
  crm:  { class: read, input: { type: object }, result: { labels: [customer-data] } }
  send:
    class: send
    input:
      type: object
      properties:
        to: { type: string }
        id: { type: string }
        cc: { type: array, items: { type: string } }
        deep: { type: object, properties: { note: { type: string } } }
${more.send ?? ""}
rules:
  - { id: all, effect: permit, tools: { pattern: "*" } }
  - { id: mail, effect: permit, tools: ["mcp:mail/read"] }
${more.rules ?? ""}
${flow}`;

async function compile(yaml: string): Promise<PolicyDocument> {
  const result = await validatePolicyYaml({ file: "policy.yaml", text: yaml });
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join("\n"));
  return result.document;
}

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const result = await validatePolicyYaml({ file: "policy.yaml", text: yaml });
  return result.ok ? [] : result.issues.map(({ line, message }) => `${line}: ${message}`);
}

const context = {
  principal: trustedPrincipal({ agent: { id: "bot" } }),
  session: { id: "s", isNew: true },
};

/** What becomes of calls, one after the other in one session. */
async function outcomes(
  document: PolicyDocument,
  calls: readonly (readonly [string, Record<string, unknown>, unknown?])[],
): Promise<readonly string[]> {
  const guard = await createGuard({ policy: document });
  const found: string[] = [];
  for (const [tool, args, result] of calls) {
    const call = {
      callId: String(found.length),
      tool,
      args,
      ...(tool.startsWith("mcp:") ? { origin: "mcp" as const } : {}),
    };
    const outcome = await guard.execute(call, context, () => result ?? "ok");
    found.push(
      outcome.kind === "denied" ? (outcome.denial.rule?.id ?? outcome.denial.code) : outcome.kind,
    );
  }
  return found;
}

describe("flow.sources", () => {
  test("add a label to the results of the tools that they select", async () => {
    const { tools } = await compile(
      text(`flow:
  sources:
    - { tools: { class: read }, label: seen }
    - { tools: [crm], label: private }
    - { tools: [crm], label: customer-data }
`),
    );
    expect(tools["mcp:mail/read"]?.result.labels).toEqual(["untrusted", "seen"]);
    expect(tools["crm"]?.result.labels).toEqual(["customer-data", "seen", "private"]);
    expect(tools["send"]?.result.labels).toEqual([]);
  });
});

const argument = (more = "") =>
  text(`flow:
  sinks:
    - { tools: [send], argsFrom: { path: args.to, not: [untrusted]${more} } }
`);

describe("flow.sinks", () => {
  test("refuse a labelled argument, and only that", async () => {
    const document = await compile(argument());
    expect(document.rules.at(-1)).toMatchObject({
      id: "flow:sink:1",
      effect: "forbid",
      tools: ["send"],
    });
    expect(
      await outcomes(document, [
        ["send", { to: "Mallory" }],
        ["mcp:mail/read", {}, { from: "Mallory" }],
        ["send", { to: "Mallory" }],
        ["send", { to: "Ann" }],
        ["send", {}],
      ]),
    ).toEqual(["completed", "completed", "flow:sink:1", "completed", "completed"]);
  });

  test("refuse a value of unknown origin where it inherits", async () => {
    const document = await compile(argument(", derived: inherit"));
    expect(
      await outcomes(document, [
        ["send", { to: "Ann" }],
        ["mcp:mail/read", {}, { from: "Mallory" }],
        ["send", { to: "Ann" }],
        ["send", { id: "Ann" }],
      ]),
    ).toEqual(["completed", "completed", "flow:sink:1", "completed"]);
  });

  test("ask for approval with the policy's terms", async () => {
    const document = await compile(
      text(`flow:
  sinks:
    - { tools: [send], argsFrom: { path: args.deep.note, not: [untrusted] }, otherwise: approval }
approval: { queue: outgoing, expires: 2m }
`),
    );
    expect(document.rules.at(-1)).toMatchObject({
      id: "flow:sink:1",
      effect: "require",
      obligations: [{ type: "approval", queue: "outgoing", expiresSeconds: 120 }],
    });
    expect(
      await outcomes(document, [
        ["mcp:mail/read", {}, { from: "Mallory" }],
        ["send", { deep: { note: "dear mallory" } }],
        ["send", { deep: { note: "Mallory" } }],
        ["send", { deep: {} }],
        ["send", {}],
      ]),
    ).toEqual(["completed", "completed", "approval-required", "completed", "completed"]);
  });

  test("refuse what a session has read, unless excused; an error excuses nothing", async () => {
    const document = await compile(
      text(`flow:
  sinks:
    - { tools: [send], refuse: [customer-data], unless: args.to == "ann" }
`),
    );
    expect(
      await outcomes(document, [
        ["send", { to: "bob" }],
        ["crm", {}],
        ["send", { to: "bob" }],
        ["send", { to: "ann" }],
        ["send", {}],
      ]),
    ).toEqual(["completed", "completed", "flow:sink:1", "completed", "flow:sink:1"]);
  });

  test.for<[string, string, string]>([
    ["a label that nothing sets", "{ tools: [send], refuse: [customer-dat] }", "customer-data"],
    [
      "a label of an argument that nothing sets",
      "{ tools: [send], argsFrom: { path: args.to, not: [nope] } }",
      "No result carries",
    ],
    [
      "an argument that is not there",
      "{ tools: [send], argsFrom: { path: args.tu, not: [untrusted] } }",
      "did you mean `to`",
    ],
    [
      "an argument that another tool lacks",
      "{ tools: [send, crm], argsFrom: { path: args.to, not: [untrusted] } }",
      "no argument",
    ],
    ["nothing to look at", "{ tools: [send] }", "needs `refuse`"],
    ["no tools", "{ refuse: [untrusted] }", "tools"],
    ["an unknown tool", "{ tools: [sent], refuse: [untrusted] }", "not in the catalogue"],
    ["an unknown key", "{ tools: [send], refuse: [untrusted], then: deny }", "Unknown key"],
    ["another outcome", "{ tools: [send], refuse: [untrusted], otherwise: permit }", "deny"],
    ["a wrong excuse", "{ tools: [send], refuse: [untrusted], unless: args.to == 1 }", "string"],
    [
      "a whole that is no argument",
      "{ tools: [send], argsFrom: { path: args, not: [untrusted] } }",
      "Name an argument",
    ],
    [
      "something else than an argument",
      "{ tools: [send], argsFrom: { path: context.to, not: [untrusted] } }",
      "Name an argument",
    ],
    ["a label twice", "{ tools: [send], refuse: [untrusted, untrusted] }", "listed twice"],
  ])("refuse %s", async ([, sink, advice]) => {
    const problems = await problemsOf(text(`flow:\n  sinks:\n    - ${sink}\n`));
    expect(problems.join("\n")).toContain(advice);
  });

  test("refuse an argument that its tool exempts, and ids that are theirs", async () => {
    const send = "    flow: { exempt: [/to] }";
    const rules = "  - { id: flow:sink:1, effect: forbid, tools: [crm] }";
    const problems = await problemsOf(
      text(
        `flow:\n  sinks:\n    - { tools: [send], argsFrom: { path: args.to, not: [untrusted] } }\n`,
        {
          send,
          rules,
        },
      ),
    );
    expect(problems.join("\n")).toContain("exempts this argument");
    expect(problems.join("\n")).toContain("Ids that begin with `flow:`");
  });
});

describe("a tool's flow.from", () => {
  test("names results that an argument may come from", async () => {
    const document = await compile(
      text(
        `flow:
  sinks:
    - { tools: [send], argsFrom: { path: args.to, not: [untrusted] } }
`,
        { send: '    flow: { from: { args.to: ["mcp:mail/read#/from"], "/cc/*": [crm#/a/*/b] } }' },
      ),
    );
    const from = { "/to": ["mcp:mail/read#/from"], "/cc/*": ["crm#/a/*/b"] };
    expect(document.tools["send"]?.flow).toEqual({ from });
    expect(
      await outcomes(document, [
        ["mcp:mail/read", {}, { from: "ann@a.example", text: "bob@b.example" }],
        ["send", { to: "bob@b.example" }],
        ["send", { to: "ann@a.example" }],
      ]),
    ).toEqual(["completed", "flow:sink:1", "completed"]);
  });

  test.for([
    ["{ /nope: [crm#/a] }", "no argument `nope`"],
    ["{ /to: [crmm#/a] }", "There is no tool `crmm`; did you mean `crm`?"],
    ["{ /to: [crm] }", "Write a tool and a place"],
    ["{ /to: [crm#] }", "Write a tool and a place"],
    ["{ /to: [crm#/a~2] }", "Write a tool and a place"],
    ["{ /to: [] }", ""],
  ] as const)("is refused as %s", async ([from, message]) => {
    const problems = await problemsOf(text("", { send: `    flow: { from: ${from} }` }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });
});

describe("a tool's flow.exempt", () => {
  test("takes pointers and paths of single values", async () => {
    const { tools } = await compile(
      text("", { send: "    flow: { exempt: [/id, args.to, /cc/*] }" }),
    );
    expect(tools["send"]?.flow).toEqual({ exempt: ["/id", "/to", "/cc/*"] });
  });

  test.for<[string, string]>([
    ["/nope", "no argument"],
    ["/cc", "Only a text or number"],
    ["/deep", "Only a text or number"],
    ["args", "Name an argument"],
    ["/", "no argument"],
  ])("refuses %s", async ([place, advice]) => {
    const problems = await problemsOf(text("", { send: `    flow: { exempt: ["${place}"] }` }));
    expect(problems.join("\n")).toContain(advice);
  });
});

const rule = (when: string): string =>
  text("", {
    rules: `  - { id: r, effect: forbid, tools: [send], when: ${JSON.stringify(when)} }`,
  });

describe("flow.of", () => {
  test.for([
    '"untrusted" in flow.of(args.to)',
    'flow.of(args.cc).exists(l, l == "untrusted")',
    'args.cc.exists(c, "untrusted" in flow.of(c))',
    "size(flow.of(args.deep)) > 0",
    '"untrusted" in flow.of(args.to, {"derived": "inherit"})',
  ])("compiles and is written again: %s", async (when) => {
    const { rules } = await compile(rule(when));
    const node = rules.find(({ id }) => id === "r")?.when;
    expect(node === undefined ? "" : toCel(node)).toContain("flow.of(");
    const again = await compile(rule(node === undefined ? "" : toCel(node)));
    expect(again.rules.find(({ id }) => id === "r")?.when).toEqual(node);
  });

  test.for<[string, string]>([
    ['"x" in flow.of("text")', "takes a path"],
    ['"x" in flow.of(context.to)', "below `args`"],
    ['"x" in flow.of()', "takes an argument"],
    ['"x" in flow.of(args.to, args.id)', "one option"],
    ['"x" in flow.of(args.to, {"derived": "none"})', "one option"],
    ['"x" in flow.of(args.to, {"derived": "inherit", "x": 1})', "one option"],
    ['flow.of(args.to) == "x"', "list"],
    ["flow.of(args.to)", "true or false"],
    ["1 in flow.of(args.to)", "string"],
    ['"x" in flow.of(args.tu)', "did you mean `to`"],
    ['optional.of(args.to) == "x"', "optional"],
  ])("refuses %s", async ([when, advice]) => {
    expect((await problemsOf(rule(when))).join("\n")).toContain(advice);
  });
});

test("the policy of the documentation does what it says", async () => {
  const page = await readFile(join(import.meta.dirname, "..", "docs", "flow.md"), "utf8");
  const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const document = await compile(yaml);
  expect(document.tools["mcp:mail/read"]?.result.labels).toEqual(["untrusted", "mail"]);
  expect(
    await outcomes(document, [
      ["send_email", { to: "eve@x.example" }],
      ["mcp:mail/read", {}, "Write to eve@x.example, thread t-99"],
      ["send_email", { to: "Eve@x.example" }],
      ["send_email", { to: "ann@x.example", thread: "t-99" }],
      ["read_customer", {}],
      ["send_email", { to: "ann@x.example" }],
    ]),
  ).toEqual([
    "completed",
    "completed",
    "approval-required",
    "completed",
    "completed",
    "flow:sink:1",
  ]);
});
