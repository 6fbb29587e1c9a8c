import type { PolicyDocument } from "@portcullis/core";
import { beforeAll, describe, expect, test } from "vitest";
import { runPolicyTests, validatePolicyTests } from "../src/index.ts";
import type { PolicyTestReport } from "../src/index.ts";
import { compileText } from "./support/compile.ts";

const POLICY = `portcullis: 1
name: refunds
roles: { support: {} }
context: { type: object, properties: { desk: { type: string } } }
tools:
  refund:
    class: pay
    input:
      type: object
      properties: { order: { type: string }, amount: { type: number, minimum: 0 } }
      required: [order, amount]
  look_up: { class: read, input: { type: object, properties: {} }, result: { labels: [untrusted] } }
  export: { class: send, input: { type: object, properties: { rows: { type: integer } } } }
  slow: { class: execute, input: { type: object, properties: {} } }
  close: { class: write, input: { type: object, properties: { word: { type: string } }, required: [word] } }
rules:
  - { id: support-refunds, effect: permit, tools: [refund], when: '"support" in principal.user.roles' }
  - id: large
    effect: require
    tools: [refund]
    when: args.amount > 100 && args.amount <= 1000
    obligations: [{ approval: { queue: support, priority: high, expires: 10m } }]
  - { id: cap, effect: forbid, tools: [refund], when: args.amount > 1000 }
  - { id: look, effect: permit, agents: [bot], tools: [look_up] }
  - { id: send, effect: permit, agents: [bot], tools: [export] }
  - id: batches
    effect: require
    tools: [export]
    when: has(args.rows) && args.rows > 100
    obligations: [{ clamp: { path: args.rows, max: 100 } }, { notify: { channel: data } }]
  - { id: clean, effect: forbid, tools: [export], when: '"untrusted" in flow.session' }
  - { id: run, effect: permit, agents: [bot], tools: [slow] }
  - id: orderly
    effect: permit
    tools: [close]
    when: session.calls.exists(c, c.tool == "look_up" && c.outcome == "completed")
  - { id: said, effect: permit, tools: [close], when: 'flow.userSaid(args.word) && context.desk == "a"' }
  - { id: late, effect: forbid, tools: [close], when: now >= timestamp("2026-11-21T00:00:00Z") }
limits:
  - { id: calm, tools: [look_up], per: [agent], rate: 3/min }
  - { id: two, tools: [slow], per: [agent], concurrent: 2 }
  - { id: day, tools: [refund], per: [user], budget: { unit: eur, amount: 100, window: 24h, cost: args.amount } }
`;

const HEAD = `portcullis: 1
now: "2026-11-20T09:00:00Z"
fixtures:
  principals:
    support: { agent: bot, user: "user:ana", userRoles: [support] }
    intern: { agent: bot, user: "user:bo" }
  calls:
    small: { tool: refund, args: { order: A1, amount: 40 } }
    large: { tool: refund, args: { order: A1, amount: 900 } }
    look: { tool: look_up }
    export: { tool: export, args: { rows: 500 } }
    slow: { tool: slow }
    close: { tool: close, args: { word: close } }
defaults: { principal: support }
tests:
`;

let policy: PolicyDocument;
beforeAll(async () => {
  policy = await compileText(POLICY);
});

async function run(tests: string): Promise<PolicyTestReport> {
  return runPolicyTests({ policy, tests: [{ file: "policy_test.yaml", text: HEAD + tests }] });
}

const PASSING: readonly (readonly [string, string])[] = [
  ["a permit", "{ name: t, call: small, expect: { outcome: permit, rules: [support-refunds] } }"],
  [
    "a permit says its risk and arguments",
    "{ name: t, call: small, expect: { outcome: permit, risk: 50, args: { amount: 40, order: A1 } } }",
  ],
  [
    "an approval",
    "{ name: t, call: large, expect: { outcome: approval-required, rules: [large, support-refunds], obligations: [approval] } }",
  ],
  [
    "an approval with its terms",
    "{ name: t, call: large, expect: { outcome: approval-required, obligations: [{ approval: { queue: support, priority: high, expires: 10m } }] } }",
  ],
  [
    "a deny with its code",
    "{ name: t, principal: intern, call: small, expect: { outcome: deny, code: no-applicable-rule, rules: [] } }",
  ],
  [
    "a principal and a call in place",
    "{ name: t, principal: { agent: bot, roles: [support] }, call: { tool: refund, args: { order: a, amount: 1001 } }, expect: { outcome: deny, rules: [cap] } }",
  ],
  [
    "clamped arguments, with other obligations in any order",
    "{ name: t, call: export, expect: { outcome: permit, args: { rows: 100 }, obligations: [{ notify: { channel: data } }, clamp], notified: [data] } }",
  ],
  [
    "a call of which nobody is told, after one of which somebody is",
    "{ name: t, given: [{ call: export }], call: look, expect: { outcome: permit, notified: [] } }",
  ],
  [
    "a tool that there is not",
    "{ name: t, call: { tool: nothing }, expect: { outcome: deny, code: tool-unknown } }",
  ],
  [
    "arguments that the schema refuses",
    "{ name: t, call: { tool: refund, args: [1] }, expect: { outcome: deny, code: arguments-invalid } }",
  ],
  [
    "a ceiling",
    "{ name: t, call: small, ceiling: [look_up], expect: { outcome: deny, code: not-delegated } }",
  ],
  [
    "a ceiling with constraints",
    "{ name: t, call: small, ceiling: [{ tool: refund, args: { order: { type: exact, value: A1 }, amount: { type: range, max: 39 } } }], expect: { outcome: deny, code: not-delegated } }",
  ],
  [
    "every delegator must be permitted, too",
    "{ name: t, principal: { agent: bot, delegators: [{ agent: boss }] }, call: look, expect: { outcome: deny } }",
  ],
  [
    "prompt and context",
    "{ name: t, prompt: please close it, context: { desk: a }, call: close, expect: { outcome: permit, rules: [said] } }",
  ],
  [
    "prompt and context of the call go before",
    "{ name: t, prompt: please, context: { desk: b }, call: { tool: close, args: { word: it }, prompt: close it, context: { desk: a } }, expect: { outcome: permit } }",
  ],
  [
    "a clock of its own",
    '{ name: t, now: "2026-11-21T00:00:00Z", prompt: close it, context: { desk: a }, call: close, expect: { outcome: deny, rules: [late, said] } }',
  ],
  [
    "the third call of a rate",
    "{ name: t, given: [{ call: look, times: 2 }], call: look, expect: { outcome: permit } }",
  ],
  [
    "the fourth call of a rate",
    '{ name: t, given: [{ call: look, times: 3 }], call: look, expect: { outcome: deny, code: limit-exceeded, rules: ["limit:calm", look] } }',
  ],
  [
    "a rate after a while",
    "{ name: t, given: [{ call: look, times: 3 }, { wait: 20s }], call: look, expect: { outcome: permit } }",
  ],
  [
    "a rate one moment before",
    "{ name: t, given: [{ call: look, times: 3 }, { wait: 19s }, { wait: 999ms }], call: look, expect: { outcome: deny } }",
  ],
  [
    "calls at intervals",
    "{ name: t, given: [{ call: look, times: 50, every: 20s }], call: look, expect: { outcome: permit } }",
  ],
  [
    "a budget",
    "{ name: t, given: [{ call: small, times: 2 }], call: small, expect: { outcome: deny, code: limit-exceeded } }",
  ],
  [
    "a limit of another user",
    "{ name: t, given: [{ call: small, times: 2, principal: { agent: bot, user: other, userRoles: [support] } }], call: small, expect: { outcome: permit } }",
  ],
  [
    "a limit over sessions",
    "{ name: t, given: [{ call: look, times: 3, session: other }], call: look, expect: { outcome: deny } }",
  ],
  [
    "labels of a result",
    "{ name: t, given: [{ call: look, result: hello }], call: export, expect: { outcome: deny, rules: [batches, clean, send] } }",
  ],
  [
    "labels stay in their session",
    "{ name: t, given: [{ call: look, session: other }], call: export, expect: { outcome: permit } }",
  ],
  [
    "history",
    "{ name: t, given: [{ call: look }], call: close, expect: { outcome: permit, rules: [orderly] } }",
  ],
  [
    "history of a call that failed",
    "{ name: t, given: [{ call: look, fails: true }], call: close, expect: { outcome: deny } }",
  ],
  [
    "a step that is meant to be denied",
    "{ name: t, given: [{ call: small, principal: intern, outcome: deny }, { usage: { inputTokens: 1, outputTokens: 1 } }], call: small, expect: { outcome: permit } }",
  ],
  [
    "one running call",
    "{ name: t, given: [{ call: slow, running: true }], call: slow, expect: { outcome: permit } }",
  ],
  [
    "two running calls",
    "{ name: t, given: [{ call: slow, running: true, times: 2 }], call: slow, expect: { outcome: deny, code: limit-exceeded } }",
  ],
  [
    "a running call in the history",
    "{ name: t, given: [{ call: look, running: true }], call: close, expect: { outcome: deny } }",
  ],
  [
    "a matrix",
    "{ name: t, matrix: { principals: [support, intern], calls: [small, large] }, expect: [{ principal: support, call: small, outcome: permit }, { principal: support, call: large, outcome: approval-required }] }",
  ],
  [
    "a matrix without expectations",
    "{ name: t, matrix: { principals: [intern], calls: [small, large] } }",
  ],
];

test.for(PASSING)("passes: %s", async ([, text]) => {
  const report = await run(`  - ${text}\n`);
  expect(report.results.flatMap(({ failures }) => failures)).toEqual([]);
  expect(report.ok).toBe(true);
  expect(report.results.length).toBeGreaterThan(0);
});

interface Failing {
  readonly name: string;
  readonly text: string;
  /** Line and column below the head, then the message. */
  readonly at: readonly [number, number];
  readonly message: RegExp;
}

// Each of these would pass if the part of the judgement that it is about were missing.
const FAILING: readonly Failing[] = [
  {
    name: "another outcome",
    text: "{ name: t, call: large, expect: { outcome: permit } }",
    at: [1, 48],
    message: /^Expected `permit`, but it is `approval-required` by `large`, `support-refunds`\.$/,
  },
  {
    name: "a deny that is a permit",
    text: "{ name: t, call: small, expect: { outcome: deny } }",
    at: [1, 48],
    message: /^Expected `deny`, but it is `permit` by `support-refunds`\.$/,
  },
  {
    name: "another code",
    text: "{ name: t, principal: intern, call: small, expect: { outcome: deny, code: forbidden-by-rule } }",
    at: [1, 79],
    message: /^Expected the code `forbidden-by-rule`, but it is `no-applicable-rule`\.$/,
  },
  {
    name: "a rule that did not apply",
    text: "{ name: t, call: small, expect: { outcome: permit, rules: [support-refunds, large] } }",
    at: [1, 63],
    message: /^Rules: `large` missing\.$/,
  },
  {
    name: "a rule that is not listed",
    text: "{ name: t, call: large, expect: { outcome: approval-required, rules: [large] } }",
    at: [1, 74],
    message: /^Rules: `support-refunds` not expected\.$/,
  },
  {
    name: "a missing obligation",
    text: "{ name: t, call: small, expect: { outcome: permit, obligations: [approval] } }",
    at: [1, 69],
    message: /^Obligations: `approval` missing\.$/,
  },
  {
    name: "an obligation that is not listed",
    text: "{ name: t, call: export, expect: { outcome: permit, obligations: [clamp] } }",
    at: [1, 70],
    message:
      /^Obligations: `\{"notify":\{"channel":"data","priority":"normal"\}\}` not expected\.$/,
  },
  ...(["queue: other", "priority: low", "expires: 11m"] as const).map((member): Failing => ({
    name: `an approval with ${member}`,
    text: `{ name: t, call: large, expect: { outcome: approval-required, obligations: [{ approval: { ${member} } }] } }`,
    at: [1, 80],
    message:
      /missing, `\{"approval":\{"queue":"support","priority":"high","expires":"600s"\}\}` not/,
  })),
  ...(["channel: other", "priority: low"] as const).map((member): Failing => ({
    name: `a notification with ${member}`,
    text: `{ name: t, call: export, expect: { outcome: permit, obligations: [clamp, { notify: { ${member} } }] } }`,
    at: [1, 70],
    message: /missing, `\{"notify"/,
  })),
  {
    name: "arguments that were clamped",
    text: "{ name: t, call: export, expect: { outcome: permit, args: { rows: 500 } } }",
    at: [1, 63],
    message: /^Expected the arguments \{"rows":500\}, but they are \{"rows":100\}\.$/,
  },
  {
    name: "a channel that is told",
    text: "{ name: t, call: export, expect: { outcome: permit, notified: [] } }",
    at: [1, 67],
    message: /^Channels that were told: `data` not expected\.$/,
  },
  {
    name: "a channel that is not told",
    text: "{ name: t, call: look, expect: { outcome: permit, notified: [data] } }",
    at: [1, 65],
    message: /^Channels that were told: `data` missing\.$/,
  },
  {
    name: "another risk",
    text: "{ name: t, call: small, expect: { outcome: permit, risk: 49 } }",
    at: [1, 62],
    message: /^Expected the risk 49, but it is 50\.$/,
  },
  {
    name: "a cell without expectation that is permitted",
    text: "{ name: t, matrix: { principals: [support], calls: [small] } }",
    at: [1, 24],
    message: /^Expected `deny`, but it is `permit`/,
  },
  {
    name: "a step that was denied, so that an edge is never reached",
    text: "{ name: t, given: [{ call: look, times: 4 }], call: look, expect: { outcome: deny } }",
    at: [1, 24],
    message: /^Call 4 of 4 is `deny` with `limit-exceeded` by `limit:calm`, `look`, not `permit`/,
  },
  {
    name: "a step that was permitted",
    text: "{ name: t, given: [{ call: look, outcome: deny }], call: look, expect: { outcome: permit } }",
    at: [1, 24],
    message: /^The call is `permit` by `look`, not `deny`/,
  },
  {
    name: "a running step that was denied",
    text: "{ name: t, given: [{ call: slow, running: true, times: 3 }], call: look, expect: { outcome: permit } }",
    at: [1, 24],
    message: /^Call 3 of 3 is `deny` with `limit-exceeded`/,
  },
];

test.for(FAILING)("fails: $name", async ({ text, at: [line, column], message }) => {
  const report = await run(`  - ${text}\n`);
  expect(report.ok).toBe(false);
  const [failure] = report.results.flatMap(({ failures }) => failures);
  expect(failure).toEqual({
    file: "policy_test.yaml",
    line: line + HEAD.split("\n").length - 1,
    column,
    message: expect.stringMatching(message),
  });
});

test("cases stand alone: limits, sessions and clocks begin anew", async () => {
  const one =
    "{ name: NAME, given: [{ call: look, times: 2 }, { wait: 1s }], call: look, expect: { outcome: permit } }";
  const report = await run(`  - ${one.replace("NAME", "a")}\n  - ${one.replace("NAME", "b")}\n`);
  expect(report.results.map(({ ok }) => ok)).toEqual([true, true]);
});

test("a verdict does not rest on the mode or on who vouches for a principal", async () => {
  const shadow: PolicyDocument = { ...policy, mode: "shadow", identity: "token" };
  const text = `${HEAD}  - { name: t, call: { tool: refund, args: { order: a, amount: 5000 } }, expect: { outcome: deny, rules: [cap, support-refunds] } }\n`;
  const report = await runPolicyTests({ policy: shadow, tests: [{ file: "t.yaml", text }] });
  expect(report.results.flatMap(({ failures }) => failures)).toEqual([]);
});

test("only the cases that are asked for run", async () => {
  const text = `${HEAD}  - { name: one, call: small, expect: { outcome: deny } }\n  - { name: two, call: small, expect: { outcome: permit } }\n`;
  const report = await runPolicyTests({
    policy,
    tests: [{ file: "t.yaml", text }],
    only: (name) => name === "two",
  });
  expect(report).toMatchObject({ ok: true, skipped: 1, results: [{ name: "two" }] });
});

describe("refused, with the place", () => {
  const cases: readonly (readonly [string, string, readonly [number, number], RegExp])[] = [
    [
      "an unknown key",
      "{ name: t, cal: small, expect: { outcome: permit } }",
      [1, 16],
      /^Unknown key `cal`; did you mean `call`\?/,
    ],
    [
      "a key twice",
      "{ name: t, name: u, call: small, expect: { outcome: permit } }",
      [1, 16],
      /occurs twice/,
    ],
    [
      "an unknown key of an expectation",
      "{ name: t, call: small, expect: { outcome: permit, rule: a } }",
      [1, 56],
      /^Unknown key `rule`; did you mean `rules`\?/,
    ],
    [
      "an unknown outcome",
      "{ name: t, call: small, expect: { outcome: allow } }",
      [1, 48],
      /must be one of `permit`, `deny`, `approval-required`/,
    ],
    [
      "an unknown principal",
      "{ name: t, principal: suport, call: small, expect: { outcome: permit } }",
      [1, 27],
      /^There is no principal in `fixtures` `suport`; did you mean `support`\?/,
    ],
    [
      "an unknown call",
      "{ name: t, call: smal, expect: { outcome: permit } }",
      [1, 22],
      /^There is no call in `fixtures` `smal`; did you mean `small`\?/,
    ],
    [
      "an unknown call in a step",
      "{ name: t, given: [{ call: x }], call: small, expect: { outcome: permit } }",
      [1, 32],
      /^There is no call/,
    ],
    [
      "an unknown code",
      "{ name: t, call: small, expect: { outcome: deny, code: forbiden-by-rule } }",
      [1, 60],
      /did you mean `forbidden-by-rule`\?/,
    ],
    [
      "an unknown rule",
      "{ name: t, call: small, expect: { outcome: permit, rules: [large, smal] } }",
      [1, 71],
      /^There is no rule or limit `smal`/,
    ],
    [
      "a rule twice",
      "{ name: t, call: small, expect: { outcome: permit, rules: [large, large] } }",
      [1, 71],
      /listed twice/,
    ],
    [
      "no principal",
      "{ name: t, call: small, expect: { outcome: permit } }",
      [1, 5],
      /^`principal` is missing/,
    ],
    ["no expectation of a single call", "{ name: t, call: small }", [1, 5], /^`expect` is missing/],
    [
      "neither call nor matrix",
      "{ name: t, expect: { outcome: permit } }",
      [1, 5],
      /^A test has a `call` or a `matrix`/,
    ],
    ["a list for a single call", "{ name: t, call: small, expect: [] }", [1, 37], /one mapping/],
    [
      "a mapping for a matrix",
      "{ name: t, matrix: { principals: [support], calls: [small] }, expect: { outcome: permit } }",
      [1, 75],
      /expects a list/,
    ],
    [
      "a principal beside a matrix",
      "{ name: t, principal: support, matrix: { principals: [support], calls: [small] } }",
      [1, 27],
      /names its `principals` itself/,
    ],
    [
      "a cell outside the matrix",
      "{ name: t, matrix: { principals: [support], calls: [small] }, expect: [{ principal: intern, call: small, outcome: permit }] }",
      [1, 89],
      /^There is no principal of the matrix `intern`/,
    ],
    [
      "a call outside the matrix",
      "{ name: t, matrix: { principals: [support], calls: [small] }, expect: [{ principal: support, call: large, outcome: permit }] }",
      [1, 104],
      /^There is no call of the matrix `large`/,
    ],
    [
      "a cell twice",
      "{ name: t, matrix: { principals: [support], calls: [small] }, expect: [{ principal: support, call: small, outcome: permit }, { principal: support, call: small, outcome: deny }] }",
      [1, 130],
      /has an expectation already/,
    ],
    [
      "a principal twice in a matrix",
      "{ name: t, matrix: { principals: [support, support], calls: [small] } }",
      [1, 48],
      /listed twice/,
    ],
    [
      "a permit with a code",
      "{ name: t, call: small, expect: { outcome: permit, code: forbidden-by-rule } }",
      [1, 62],
      /^A permit has no code/,
    ],
    [
      "a deny with obligations",
      "{ name: t, call: small, expect: { outcome: deny, obligations: [approval] } }",
      [1, 67],
      /^A deny has no obligations/,
    ],
    [
      "a deny with arguments",
      "{ name: t, call: small, expect: { outcome: deny, args: {} } }",
      [1, 60],
      /^Only a permit has arguments/,
    ],
    [
      "an unknown obligation",
      "{ name: t, call: small, expect: { outcome: permit, obligations: [clap] } }",
      [1, 70],
      /did you mean `clamp`\?|must be/,
    ],
    [
      "a step with nothing",
      "{ name: t, given: [{ times: 2 }], call: small, expect: { outcome: permit } }",
      [1, 24],
      /exactly one of `call`, `wait` and `usage`/,
    ],
    [
      "a step with two things",
      "{ name: t, given: [{ call: small, wait: 1s }], call: small, expect: { outcome: permit } }",
      [1, 24],
      /exactly one of/,
    ],
    [
      "a repeated wait",
      "{ name: t, given: [{ wait: 1s, times: 2 }], call: small, expect: { outcome: permit } }",
      [1, 43],
      /belongs to a `call`/,
    ],
    [
      "a step that is denied and has a result",
      "{ name: t, given: [{ call: small, outcome: deny, result: 1 }], call: small, expect: { outcome: permit } }",
      [1, 48],
      /does not run/,
    ],
    [
      "a result of a call that fails",
      "{ name: t, given: [{ call: small, fails: true, result: 1 }], call: small, expect: { outcome: permit } }",
      [1, 24],
      /at most one of/,
    ],
    [
      "too many times",
      "{ name: t, given: [{ call: small, times: 100001 }], call: small, expect: { outcome: permit } }",
      [1, 46],
      /at most 100000/,
    ],
    [
      "no length of time",
      "{ name: t, given: [{ wait: 5 min }], call: small, expect: { outcome: permit } }",
      [1, 32],
      /write `5m`/,
    ],
    [
      "no date",
      "{ name: t, now: tomorrow, call: small, expect: { outcome: permit } }",
      [1, 21],
      /^Write a date/,
    ],
    [
      "a date without a zone",
      '{ name: t, now: "2026-11-20T09:00:00", call: small, expect: { outcome: permit } }',
      [1, 21],
      /^Write a date/,
    ],
    [
      "user roles without a user",
      "{ name: t, principal: { agent: bot, userRoles: [support] }, call: small, expect: { outcome: deny } }",
      [1, 52],
      /needs a `user`/,
    ],
    [
      "a null ceiling",
      "{ name: t, ceiling: null, call: small, expect: { outcome: permit } }",
      [1, 25],
      /`ceiling`/,
    ],
  ];

  test.for(cases)("%s", ([name, text, [line, column], message]) => {
    const head = name === "no principal" ? HEAD.replace(/defaults:.*\n/, "") : HEAD;
    const file = { file: "policy_test.yaml", text: `${head}  - ${text}\n` };
    const result = validatePolicyTests(file, policy);
    if (result.ok) throw new Error("It is accepted.");
    expect(result.issues.map((issue) => issue.message).join("\n")).toMatch(
      new RegExp(message.source, "m"),
    );
    const issue = result.issues.find((found) => message.test(found.message));
    expect([issue?.file, issue?.line, issue?.column]).toEqual([
      "policy_test.yaml",
      line + head.split("\n").length - 1,
      column,
    ]);
  });

  test.for([
    ["an empty file", "", /^The file is empty/],
    ["a list", "[]", /is a mapping/],
    ["no tests", "portcullis: 1\n", /^`tests` is missing/],
    ["an empty list of tests", "portcullis: 1\ntests: []\n", /at least one entry/],
    [
      "another version",
      "portcullis: 2\ntests: [{ name: a, matrix: { principals: [a], calls: [a] } }]\n",
      /version 1/,
    ],
  ] as const)("%s", ([, text, message]) => {
    const result = validatePolicyTests({ file: "policy_test.yaml", text }, policy);
    if (result.ok) throw new Error("It is accepted.");
    expect(result.issues[0]?.message).toMatch(message);
  });

  test("all problems at once, and nothing runs", async () => {
    const text = `${HEAD}  - { name: a, call: x, expect: { outcome: permit } }\n  - { name: a, call: small, expect: { outcome: deny, code: y } }\n`;
    const error: unknown = await runPolicyTests({
      policy,
      tests: [{ file: "policy_test.yaml", text }],
    }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "ERR_POLICY_INVALID", fields: { issues: { length: 3 } } });
  });
});

test("names the cases of a file", () => {
  const text = `${HEAD}  - { name: a, call: small, expect: { outcome: permit } }\n  - { name: b, matrix: { principals: [intern], calls: [small, large] } }\n`;
  expect(validatePolicyTests({ file: "t.yaml", text }, policy)).toEqual({
    ok: true,
    names: ["a", "b: intern, small", "b: intern, large"],
  });
});
