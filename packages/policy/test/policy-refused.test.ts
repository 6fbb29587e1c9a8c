import { PortcullisError } from "@portcullis/core";
import { expect, test } from "vitest";
import { compilePolicyYaml, validatePolicyYaml } from "../src/index.ts";
import { issuesOf } from "./support/compile.ts";

const HEAD = `portcullis: 1
name: test
roles: { support: {} }
tools:
  pay: { class: pay, input: { type: object, properties: { amount: { type: number }, note: { type: string } } } }
  "mcp:crm/x": { class: read, input: { type: object } }
`;
// HEAD has six lines; what is appended begins at line 7.
const rule = (members: string): string =>
  `${HEAD}rules:\n  - { id: r, effect: forbid, ${members} }\n`;
const requiring = (obligation: string): string =>
  `${HEAD}rules:\n  - { id: r, effect: require, tools: [pay], obligations: [${obligation}] }\n`;
const limit = (members: string): string =>
  `${HEAD}limits:\n  - { id: l, per: [agent], ${members} }\n`;
const tool = (members: string): string => `portcullis: 1\nname: t\ntools:\n  a: { ${members} }\n`;
const INPUT = "input: { type: object, properties: { id: { type: string } } }";

test.for<readonly [string, string, string, string]>([
  // YAML.
  ["a duplicate key", "portcullis: 1\nname: a\nname: b\ntools: {}\n", "3:1", "`name` occurs twice"],
  [
    "a duplicate key deep inside",
    `${HEAD}rules:\n  - { id: r, id: s }\n`,
    "8:14",
    "`id` occurs twice",
  ],
  ["a second document", `${HEAD}---\na: 1\n`, "7:1", "second document"],
  ["a tag", "portcullis: 1\nname: !!str a\ntools: {}\n", "2:7", "Tags"],
  ["a custom tag", "portcullis: 1\nname: !x a\ntools: {}\n", "2:7", "Tags"],
  ["a tab as indentation", "portcullis: 1\nroles:\n\ta: {}\n", "3:1", "A tab indents"],
  ["a merge key", `portcullis: 1\nroles: { a: &a {}, b: { <<: *a } }\n`, "2:25", "Merge keys"],
  ["an unknown alias", "portcullis: 1\nname: *x\n", "2:7", "No anchor"],
  [
    "an alias within itself",
    "portcullis: 1\nroles: &r { a: *r }\n",
    "2:16",
    "within what it repeats",
  ],
  ["__proto__", 'portcullis: 1\n"__proto__": 1\n', "2:1", "`__proto__` cannot be a key"],
  [
    "__proto__ in a schema",
    tool("class: read, input: { type: object, properties: { __proto__: {} } }"),
    "4:58",
    "`__proto__` cannot be a key",
  ],
  ["a key that is no text", "portcullis: 1\nroles: { 12: {} }\n", "2:10", "not a text in YAML"],
  ["a null key", "portcullis: 1\nroles: { ~: {} }\n", "2:10", "not a text in YAML"],
  ["a key that is a list", "portcullis: 1\n? [a]\n: 1\n", "2:3", "plain text"],
  ["another YAML version", "%YAML 1.1\n---\nportcullis: 1\n", "1:1", "YAML 1.2"],
  ["another directive", "%TAG ! x\n---\nportcullis: 1\n", "1:1", "YAML 1.2"],
  [
    "a list and what follows from it",
    "portcullis: 1\nname: a\nx: a: b\ny: }\nz: }\n",
    "3:4",
    "quotes",
  ],
  ["an unclosed list", "portcullis: 1\nname: [a\n", "3:1", "Not YAML"],
  ["a colon in a plain text", "portcullis: 1\nname: a: b\n", "2:7", "in quotes"],
  ["an inexact number", "portcullis: 90071992547409930\n", "1:13", "too large to be exact"],
  ["infinity", "portcullis: .inf\n", "1:13", "not finite"],
  ["half a surrogate pair", 'portcullis: 1\nname: "\\ud800"\n', "2:7", "surrogate"],
  ["a direction control", "portcullis: 1\nname: a\u202Eb\n", "2:8", "U+202E"],
  ["a control character", "portcullis: 1\nname: a\u0000b\n", "2:8", "U+0000"],
  ["a zero-width character", "portcullis: 1\nname: a\u200Bb\n", "2:8", "U+200B"],
  ["an empty file", "", "1:1", "empty"],
  ["a comment only", "# nothing\n", "1:1", "empty"],
  ["a list", "- a\n", "1:1", "is a mapping"],
  [
    "nesting",
    `portcullis: 1\nname: ${"[".repeat(60)}${"]".repeat(60)}\n`,
    "2:54",
    "nested more than 48",
  ],
  [
    "nesting that would exhaust a stack",
    `portcullis: 1\nname: ${"[".repeat(100_000)}`,
    "2:54",
    "nested more than 48",
  ],
  // The document.
  ["another version", "portcullis: 2\nname: a\ntools: {}\n", "1:13", "`portcullis: 1`"],
  ["no version", "name: a\ntools: {}\n", "1:1", "`portcullis` is missing"],
  ["no name", "portcullis: 1\ntools: {}\n", "1:1", "`name` is missing"],
  ["no tools", "portcullis: 1\nname: a\n", "1:1", "`tools` is missing"],
  ["an unknown key", `${HEAD}rulez: []\n`, "7:1", "did you mean `rules`?"],
  ["a look-alike key", `${HEAD}rul\u0435s: []\n`, "7:1", "did you mean `rules`?"],
  ["alerts", `${HEAD}alerts: []\n`, "7:1", "not supported"],
  ["retention", `${HEAD}audit: { retention: 200d }\n`, "7:10", "Retention is not supported"],
  ["a wrong identity", `${HEAD}identity: hots\n`, "7:11", "did you mean `host`?"],
  ["a name with a line break", 'portcullis: 1\nname: "a\\nb"\ntools: {}\n', "2:7", "printable"],
  // Roles.
  [
    "a role that is a list",
    "portcullis: 1\nname: a\nroles: { a: [] }\ntools: {}\n",
    "3:13",
    "must be a mapping, not a list",
  ],
  [
    "a member listed twice",
    'portcullis: 1\nname: a\nroles: { a: { users: ["x", "x"] } }\ntools: {}\n',
    "3:28",
    "listed twice",
  ],
  // Tools.
  ["no class", tool(INPUT), "4:6", "`class` is missing; write one of"],
  ["no input", tool("class: read"), "4:6", "`input` is missing; write a text or a mapping"],
  ["a wrong class", tool(`class: raed, ${INPUT}`), "4:15", "did you mean `read`?"],
  ["input that is no object", tool("class: read, input: { type: string }"), "4:28", "type: object"],
  [
    "an unknown keyword",
    tool("class: read, input: { type: object, propertys: {} }"),
    "4:55",
    "keyword",
  ],
  ["a file without a reader", tool("class: read, input: a.json"), "4:28", "no reader was given"],
  ["an address", tool('class: read, input: "https://x/a.json"'), "4:28", "nothing is fetched"],
  ["a path outside", tool("class: read, input: ../a.json"), "4:28", "leaves the policy's folder"],
  ["an absolute path", tool("class: read, input: /a.json"), "4:28", "relative path"],
  ["effects", tool(`class: read, ${INPUT}, effects: {}`), "4:84", "dry runs"],
  ["a tool's flow", tool(`class: read, ${INPUT}, flow: { form: {} }`), "4:92", "from"],
  [
    "a fact without a provider",
    tool(`class: read, ${INPUT}, facts: { d: { type: url, at: /id } }`),
    "4:104",
    "No fact provider `url`",
  ],
  ["a wrong pin", tool(`class: read, ${INPUT}, pin: "sha256:abc"`), "4:89", "43 base64url"],
  [
    "an undeclared resource id",
    tool(`class: read, ${INPUT}, resource: { type: c, id: args.ids }`),
    "4:109",
    "did you mean `id`?",
  ],
  [
    "a resource id that is no path",
    tool(`class: read, ${INPUT}, resource: { type: c, id: '"x"' }`),
    "4:109",
    "Name an argument",
  ],
  [
    "an MCP name without a server",
    'portcullis: 1\nname: a\ntools: { "mcp:x": { class: read, input: { type: object } } }\n',
    "3:10",
    "mcp:<configured server>/<tool>",
  ],
  [
    "a tool name with a space",
    'portcullis: 1\nname: a\ntools: { "a b": { class: read, input: { type: object } } }\n',
    "3:10",
    "without white space",
  ],
  [
    "a name that objects inherit",
    "portcullis: 1\nname: a\ntools: { constructor: { class: read, input: { type: object } } }\n",
    "3:23",
    "inherits",
  ],
  [
    "names that look alike",
    "portcullis: 1\nname: a\ntools: { Pay: { class: read, input: { type: object } }, pay: { class: read, input: { type: object } } }\n",
    "3:62",
    "looks like",
  ],
  // Rules.
  ["a rule without id", `${HEAD}rules:\n  - { effect: forbid }\n`, "8:5", "`id` is missing"],
  [
    "an id twice",
    `${HEAD}rules:\n  - { id: r, effect: forbid }\n  - { id: r, effect: forbid }\n`,
    "9:11",
    "first at p.yaml:8:11",
  ],
  ["an unknown tool", rule("tools: [payy]"), "8:38", "did you mean `pay`?"],
  ["a pattern in a list", rule('tools: ["pa*"]'), "8:38", 'tools: { pattern: "pa*" }'],
  ["a tool twice", rule("tools: [pay, pay]"), "8:43", "listed twice"],
  ["no tools", rule("tools: []"), "8:37", "at least one"],
  ["a selector of nothing", rule("tools: { class: delete }"), "8:37", "selects no tool"],
  [
    "a selector that would cross a slash",
    rule('tools: { pattern: "mcp:*" }'),
    "8:37",
    "selects no tool",
  ],
  ["an empty selector", rule("tools: {}"), "8:37", "at least one of"],
  ["a wrong selector", rule("tools: { clas: pay }"), "8:39", "did you mean `class`?"],
  ["tools as text", rule("tools: pay"), "8:37", "a list or a mapping, not a text"],
  ["an unknown role", rule("roles: [suport]"), "8:38", "did you mean `support`?"],
  ["an unknown role of an agent", rule('agents: ["role:x"]'), "8:39", "`x` is not declared"],
  ["an unknown role of a user", rule('users: ["role:x"]'), "8:38", "`x` is not declared"],
  [
    "a permit without tools",
    `${HEAD}rules:\n  - { id: r, effect: permit }\n`,
    "8:5",
    "needs `tools`",
  ],
  [
    "obligations of a forbid",
    rule("obligations: [{ notify: { channel: a } }]"),
    "8:43",
    "Only a require rule",
  ],
  [
    "a require without obligations",
    `${HEAD}rules:\n  - { id: r, effect: require }\n`,
    "8:5",
    "needs `obligations`",
  ],
  ["a message with a line break", rule('message: "a\\nb"'), "8:39", "one line"],
  ["a condition that is no text", rule("when: true"), "8:36", "must be a text"],
  ["an unknown member", rule("unless: x"), "8:30", "Unknown key `unless`"],
  // Obligations.
  [
    "two in one entry",
    requiring("{ notify: { channel: a }, approval: {} }"),
    "8:59",
    "exactly one of",
  ],
  ["none in an entry", requiring("{}"), "8:59", "exactly one of"],
  ["dryRun", requiring("{ dryRun: {} }"), "8:61", "Dry runs are not supported"],
  ["a limit", requiring("{ limit: {} }"), "8:61", "under `limits`"],
  [
    "an unknown approver",
    requiring("{ approval: { approvers: { roles: [x] } } }"),
    "8:94",
    "`x` is not declared",
  ],
  ["a wide scope", requiring("{ approval: { scope: session } }"), "8:80", "Only `once`"],
  ["a wrong time", requiring("{ approval: { expires: 15 min } }"), "8:82", "write `15m`"],
  ["a long time", requiring("{ approval: { expires: 40d } }"), "8:82", "at most `31d`"],
  [
    "an unknown editable argument",
    requiring("{ approval: { editable: [amont] } }"),
    "8:84",
    "did you mean `amount`?",
  ],
  ["a clamp of a text", requiring("{ clamp: { path: args.note, max: 3 } }"), "8:76", "is a string"],
  [
    "a clamp of nothing",
    requiring("{ clamp: { path: /nope, max: 3 } }"),
    "8:76",
    "no argument `nope`",
  ],
  [
    "a clamp without bounds",
    requiring("{ clamp: { path: args.amount } }"),
    "8:68",
    "`min`, `max` or both",
  ],
  [
    "a clamp with both forms",
    requiring("{ clamp: { path: args.amount, min: 1, oneOf: [1] } }"),
    "8:68",
    "or else `oneOf`",
  ],
  [
    "a clamp upside down",
    requiring("{ clamp: { path: args.amount, min: 3, max: 1 } }"),
    "8:94",
    "above `max`",
  ],
  [
    "a redaction of nothing",
    requiring("{ redact: { kinds: [pii] } }"),
    "8:69",
    "Say what to redact",
  ],
  [
    "a wrong kind",
    requiring("{ redact: { args: true, kinds: [secrets] } }"),
    "8:91",
    "did you mean `secret`?",
  ],
  // Limits.
  ["no scope", `${HEAD}limits:\n  - { id: l, per: [], rate: 1/s }\n`, "8:19", "at least one"],
  ["a rate in words", limit("rate: five/min"), "8:34", "write `5/min`"],
  ["another unit", limit("rate: 5/minute"), "8:34", "write `5/min`"],
  ["a rate of nothing", limit("rate: 0/min"), "8:34", "Not a rate"],
  ["a rate in a list", limit("rate: [1/s, 5/sec]"), "8:40", "write `5/s`"],
  ["a burst beside two rates", limit("rate: [1/s, 5/min], burst: 1"), "8:55", "exactly one `rate`"],
  ["a burst above the rate", limit("rate: 1/s, burst: 2"), "8:46", "at most the count"],
  ["a burst alone", limit("burst: 1, concurrent: 1"), "8:35", "exactly one `rate`"],
  ["nothing", `${HEAD}limits:\n  - { id: l, per: [agent] }\n`, "8:5", "at least one of `rate`"],
  [
    "a cost of tokens",
    limit("budget: { unit: tokens, amount: 1, window: 1h, cost: 2 }"),
    "8:81",
    "takes no cost",
  ],
  [
    "tokens of a tool",
    `${HEAD}limits:\n  - { id: l, per: [agent, tool], budget: { unit: tokens, amount: 1, window: 1h } }\n`,
    "8:19",
    "belong to no tool",
  ],
  [
    "a soft budget of one request",
    limit(
      "budget: { unit: tokens, amount: 1, window: request, soft: { at: 0.5, require: approval } }",
    ),
    "8:86",
    "no soft threshold",
  ],
  [
    "a request window",
    limit("budget: { unit: usd, amount: 1, window: request }"),
    "8:68",
    "Only a budget of tokens",
  ],
  [
    "a wrong window",
    limit("budget: { unit: usd, amount: 1, window: 1 hour }"),
    "8:68",
    "write `1h`",
  ],
  [
    "a cost that is no number",
    limit("tools: [pay], budget: { unit: usd, amount: 1, window: 1h, cost: args.note }"),
    "8:92",
    "must be a number",
  ],
  [
    "a cost of something else",
    limit("tools: [pay], budget: { unit: usd, amount: 1, window: 1h, cost: args.cost }"),
    "8:97",
    "no member `cost`",
  ],
  [
    "a negative cost",
    limit("budget: { unit: usd, amount: 1, window: 1h, cost: -1 }"),
    "8:78",
    "must be at least 0",
  ],
  [
    "an amount of nothing",
    limit("budget: { unit: usd, amount: 0, window: 1h }"),
    "8:57",
    "more than 0",
  ],
  [
    "an id twice",
    `${HEAD}limits:\n  - { id: l, per: [agent], concurrent: 1 }\n  - { id: l, per: [agent], concurrent: 1 }\n`,
    "9:11",
    "occurs twice",
  ],
  // Risk and approval.
  [
    "points as a fraction",
    `${HEAD}risk: { add: [{ when: "true", points: 1.5, factor: x }] }\n`,
    "7:39",
    "a whole number",
  ],
  [
    "points above 100",
    `${HEAD}risk: { add: [{ when: "true", points: 101, factor: x }] }\n`,
    "7:39",
    "at most 100",
  ],
  [
    "an addition that does not fit every tool",
    `${HEAD}risk: { add: [{ when: args.amount > 3, points: 1, factor: x }] }\n`,
    "7:28",
    "mcp:crm/x",
  ],
  [
    "two levels at one score",
    `${HEAD}risk: { thresholds: { approval: [{ from: 3 }, { from: 3 }] } }\n`,
    "7:55",
    "same score",
  ],
  [
    "a level above the refusal",
    `${HEAD}risk: { thresholds: { approval: { from: 90 }, deny: 80 } }\n`,
    "7:41",
    "every call is refused",
  ],
  ["an unknown class", `${HEAD}risk: { base: { reed: 3 } }\n`, "7:17", "did you mean `read`?"],
  [
    "an unknown approver",
    `${HEAD}approval: { approvers: { roles: [x] } }\n`,
    "7:34",
    "`x` is not declared",
  ],
  ["a queue with a plus", `${HEAD}approval: { queue: a+b }\n`, "7:20", "`+`"],
])("refuses %s", async ([, text, place, message]) => {
  const issues = await issuesOf(text);
  const found = issues.filter((issue) => issue.message.includes(message));
  expect(
    issues.map((issue) => `${issue.line}:${issue.column} ${issue.message}`).join("\n"),
  ).toContain(message);
  expect(found.map((issue) => `${issue.line}:${issue.column}`)).toContain(place);
  for (const issue of issues)
    expect(issue).toMatchObject({ file: "p.yaml", path: expect.any(String) });
});

test("throws one error with all problems, in order", async () => {
  const text = `${HEAD}mod: enforce\nrules:\n  - { id: a, effect: prmit, tools: [payy], when: args.x > 1 }\n  - { id: b, effect: forbid, tools: [pay], when: args.x > 1 && args.y > 1 }\nlimits:\n  - { id: l, per: [], rate: 5/sec }\n`;
  const error = await compilePolicyYaml({ file: "p.yaml", text }).catch((cause: unknown) => cause);
  if (!PortcullisError.isInstance(error)) throw new Error("no PortcullisError");
  expect(error.code).toBe("ERR_POLICY_INVALID");
  expect(error.message).toContain("7 problems: p.yaml:7:1 Unknown key `mod`");
  expect(error.fields.issues?.map(({ path, line, column }) => [path, line, column])).toEqual([
    ["/mod", 7, 1],
    ["/rules/0/effect", 9, 22],
    ["/rules/0/tools/0", 9, 37],
    ["/rules/1/when", 10, 55],
    ["/rules/1/when", 10, 69],
    ["/limits/0/per", 12, 19],
    ["/limits/0/rate", 12, 29],
  ]);
});

test("what only follows from a mistake is not listed", async () => {
  const lost = await issuesOf("portcullis: 1\nname: a\nx: a: b\ny: }\nz: }\n");
  expect(lost.map(({ line, column }) => [line, column])).toEqual([[3, 4]]);
  const unread = await validatePolicyYaml({
    file: "p.yaml",
    text: `portcullis: 1
name: a
include: [tools.yaml]
roles: {}
rules:
  - { id: r, effect: permit, roles: [x], tools: [there] }
  - { id: s, effect: permit, tools: { class: read } }
styles:
  - { tool: there, argument: q, roots: [/a] }
`,
    read: () => Promise.resolve("tools: a: b\n"),
  });
  expect(unread.ok ? [] : unread.issues.map(({ file, line }) => [file, line])).toEqual([
    ["tools.yaml", 1],
  ]);
});
