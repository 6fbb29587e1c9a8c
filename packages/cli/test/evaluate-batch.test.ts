import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluateBatch } from "../src/evaluate-batch.ts";
import type { EvaluateBatchOptions } from "../src/evaluate-batch.ts";
import { BANK_POLICY } from "./support/bank-policy.ts";
import { collectAll } from "./support/collect-all.ts";
import { toStream } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

type Answer = Record<string, unknown>;

const AGENT = { agent: "banking-assistant", roles: ["assistant"], user: "alice" };
const pay = (amount: number, more: object = {}): object => ({
  id: `pay-${amount}`,
  principal: AGENT,
  tool: "send_money",
  args: { recipient: "GB29", amount },
  ...more,
});
const call = (tool: string, more: object = {}): object => ({
  id: tool,
  principal: AGENT,
  tool,
  args: {},
  ...more,
});

const read = (more: object): object => call("read_mail", { result: "hello", ...more });

async function evaluate(
  lines: readonly (object | string)[],
  options: Partial<EvaluateBatchOptions> = {},
): Promise<readonly Answer[]> {
  const cwd = await temporaryFolder({ "policy.yaml": BANK_POLICY });
  const text = lines
    .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
    .join("\n");
  const answers = evaluateBatch(toStream(`${text}\n`), { policy: "policy.yaml", cwd, ...options });
  return (await collectAll(answers)) as unknown as readonly Answer[];
}

const codes = (answers: readonly Answer[]): readonly string[] =>
  answers.map((answer) =>
    "error" in answer
      ? (answer["error"] as { code: string }).code
      : ((answer["code"] as string | null) ?? "permit"),
  );

test("answers with exactly the documented members, in their order", async () => {
  const [answer] = await evaluate([pay(10)]);
  expect(JSON.stringify(answer)).toBe(
    '{"id":"pay-10","outcome":"permit","code":null,"rules":["assistants-act"],"risk":50,"obligations":[],"args":{"amount":10,"recipient":"GB29"}}',
  );
});

test("the example of the documentation, with its nulls, is taken", async () => {
  const line =
    '{"id":"1","session":"s1","principal":{"agent":"banking-assistant","roles":["assistant"],"user":"alice"},"ceiling":["get_balance","send_money"],"tool":"send_money","args":{"recipient":"GB29...","amount":10},"prompt":"pay my rent","context":{},"usage":null,"definition":null,"result":null}';
  expect(codes(await evaluate([line]))).toEqual(["permit"]);
});

describe("outcomes", () => {
  test.for([
    ["a tool that nobody knows", call("format_disk"), "tool-unknown"],
    ["arguments that do not fit", pay(10, { args: { amount: 10 } }), "arguments-invalid"],
    ["arguments that are no object", pay(10, { args: [1] }), "arguments-invalid"],
    ["arguments that are null", pay(10, { args: null }), "arguments-invalid"],
    ["a reserved name", pay(1, { args: JSON.parse('{"__proto__":1}') }), "arguments-not-plain"],
    ["no identity", pay(10, { principal: null }), "context-missing"],
    ["a role that is not there", pay(10, { principal: { agent: "x" } }), "no-applicable-rule"],
    [
      "an agent that is another",
      pay(10, { principal: { agent: "x", roles: ["assistant"] } }),
      "permit",
    ],
    ["a tool beyond the ceiling", pay(10, { ceiling: ["get_balance"] }), "not-delegated"],
    ["an empty ceiling", pay(10, { ceiling: [] }), "not-delegated"],
    ["an unlimited ceiling", pay(10, { ceiling: "unlimited" }), "permit"],
    [
      "arguments beyond the ceiling",
      pay(10, {
        ceiling: [
          {
            tool: "send_money",
            args: { amount: { type: "range", max: 5 }, recipient: { type: "wildcard" } },
          },
        ],
      }),
      "not-delegated",
    ],
    [
      "arguments within the ceiling",
      pay(10, {
        ceiling: [
          {
            tool: "send_money",
            args: {
              amount: { type: "range", min: 1, max: 20 },
              recipient: { type: "one_of", values: ["GB29", "GB30"] },
            },
          },
        ],
      }),
      "permit",
    ],
    ["an approval", pay(900), "approval-required"],
    [
      "what the user said",
      call("ask_once", { args: { text: "rent" }, prompt: "pay my rent" }),
      "permit",
    ],
    [
      "what the user did not say",
      call("ask_once", { args: { text: "x" }, prompt: "rent" }),
      "forbidden-by-rule",
    ],
    ["no words of the user", call("ask_once", { args: { text: "rent" } }), "forbidden-by-rule"],
    ["a pinned tool without its definition", call("pinned"), "definition-unknown"],
    [
      "a pinned tool of another definition",
      call("pinned", { definition: { name: "pinned" } }),
      "definition-changed",
    ],
  ] as const)("%s: %s", async ([, line, code]) => {
    expect(codes(await evaluate([line]))).toEqual([code]);
  });

  test("clamped arguments are given back, with the obligation", async () => {
    const [answer] = await evaluate([pay(100)]);
    expect(answer).toMatchObject({
      outcome: "permit",
      obligations: ["clamp"],
      args: { amount: 50, recipient: "GB29" },
    });
  });

  test("an approval names its obligation and gives the arguments of the line", async () => {
    const [answer] = await evaluate([pay(900)]);
    expect(answer).toMatchObject({
      outcome: "approval-required",
      code: "approval-required",
      obligations: ["approval"],
      args: { amount: 900, recipient: "GB29" },
    });
  });

  test("arguments that the guard does not take are not given back", async () => {
    const deep = JSON.parse('{"a":'.repeat(100) + "1" + "}".repeat(100)) as object;
    expect(await evaluate([pay(1, { args: deep })])).toMatchObject([
      { code: "arguments-too-large", args: null },
    ]);
  });

  test("an id is given back as it came", async () => {
    const answers = await evaluate([
      pay(1, { id: 7 }),
      pay(1, { id: "" }),
      pay(1, { id: "ä\u0000" }),
    ]);
    expect(answers.map(({ id }) => id)).toEqual([7, "", "ä\u0000"]);
  });
});

describe("a session", () => {
  test("is new at its first line", async () => {
    expect(codes(await evaluate([pay(10, { session: "s" })]))).toEqual(["permit"]);
  });

  test("keeps labels, for its own lines alone", async () => {
    const answers = await evaluate([
      read({ session: "a" }),
      pay(1, { session: "b" }),
      pay(2, { session: "a" }),
      pay(3),
    ]);
    expect(codes(answers)).toEqual(["permit", "permit", "forbidden-by-rule", "permit"]);
  });

  test("is labelled by a permitted line without a result too, and not by a denied one", async () => {
    const answers = await evaluate([
      read({ session: "a", result: undefined }),
      pay(1, { session: "a" }),
      read({ session: "b", ceiling: [] }),
      pay(1, { session: "b" }),
    ]);
    expect(codes(answers)).toEqual(["permit", "forbidden-by-rule", "not-delegated", "permit"]);
  });

  test("is not unknown because its first line was refused early or malformed", async () => {
    const answers = await evaluate([
      call("format_disk", { session: "a" }),
      '{"session":"a"}',
      pay(1, { session: "a" }),
    ]);
    expect(codes(answers)).toEqual(["tool-unknown", "invalid-member", "permit"]);
  });

  test("is not unknown because token use was reported first", async () => {
    const usage = { inputTokens: 5, outputTokens: 7 };
    expect(codes(await evaluate([pay(1, { session: "a", usage })]))).toEqual(["permit"]);
  });

  test("shares limits, and no other session has them", async () => {
    const one = call("get_balance", { session: "a" });
    const other = call("get_balance", { session: "b" });
    const answers = await evaluate([one, one, other, one, one, other, other, other]);
    expect(codes(answers).join(" ")).toBe(
      "permit permit permit permit limit-exceeded permit permit limit-exceeded",
    );
    expect(answers[4]?.["rules"]).toContain("limit:three-reads");
  });

  test("without a name is the line's own", async () => {
    const answers = await evaluate([
      read({}),
      pay(1),
      ...Array.from({ length: 5 }, () => call("get_balance")),
    ]);
    expect(new Set(codes(answers))).toEqual(new Set(["permit"]));
  });

  test("of another person is another one", async () => {
    const answers = await evaluate([
      read({ session: "a" }),
      pay(1, { session: "a", principal: { ...AGENT, user: "bob" } }),
    ]);
    expect(codes(answers)).toEqual(["permit", "permit"]);
  });
});

describe("a line that cannot be answered", () => {
  const good = pay(1);
  const text = JSON.stringify(good);
  test.for([
    ["nothing", "", "not-json"],
    ["white space", "   ", "not-json"],
    ["half a line", text.slice(0, -1), "not-json"],
    ["a list", "[]", "invalid-member"],
    ["a text", '"x"', "invalid-member"],
    ["null", "null", "invalid-member"],
    ["an unknown key", { ...good, tol: 1 }, "unknown-key"],
    [
      "an unknown key in principal",
      pay(1, { principal: { ...AGENT, admin: true } }),
      "unknown-key",
    ],
    [
      "an unknown key in usage",
      pay(1, { usage: { inputTokens: 1, outputTokens: 1, x: 1 } }),
      "unknown-key",
    ],
    ["__proto__ as a key", text.replace("{", '{"__proto__":{"tool":"x"},'), "unknown-key"],
    ["a duplicate key", text.replace("{", '{"id":"0",'), "duplicate-key"],
    [
      "a duplicate key in args",
      text.replace('"amount":1', '"amount":1,"amount":1000'),
      "duplicate-key",
    ],
    ["a lone surrogate", text.replace("GB29", String.raw`\ud800`), "lone-surrogate"],
    ["a number beyond range", text.replace('"amount":1', '"amount":1e999'), "number-out-of-range"],
    ["a token beside a principal", pay(1, { token: "t" }), "invalid-member"],
    ["a token", { id: 1, tool: "send_money", args: {}, token: "t" }, "token-unavailable"],
    ["no id", { ...good, id: undefined }, "invalid-member"],
    ["an id that is an object", { ...good, id: {} }, "invalid-member"],
    ["no tool", { ...good, tool: undefined }, "invalid-member"],
    ["an empty tool", { ...good, tool: "" }, "invalid-member"],
    ["a ceiling that got lost", pay(1, { ceiling: null }), "invalid-member"],
    ["a ceiling of another kind", pay(1, { ceiling: "none" }), "invalid-member"],
    ["a ceiling without a principal", pay(1, { principal: null, ceiling: [] }), "invalid-member"],
    [
      "an unknown constraint",
      pay(1, { ceiling: [{ tool: "send_money", args: { amount: { type: "regex" } } }] }),
      "invalid-member",
    ],
    [
      "an unknown key in a grant",
      pay(1, { ceiling: [{ tool: "send_money", arg: {} }] }),
      "unknown-key",
    ],
    ["a principal without an agent", pay(1, { principal: { roles: [] } }), "invalid-member"],
    ["an agent without a name", pay(1, { principal: { agent: "" } }), "invalid-member"],
    [
      "roles that are no list",
      pay(1, { principal: { agent: "a", roles: "assistant" } }),
      "invalid-member",
    ],
    ["a prompt that is no text", pay(1, { prompt: ["x"] }), "invalid-member"],
    ["a context that is a list", pay(1, { context: [] }), "invalid-member"],
    ["a negative use", pay(1, { usage: { inputTokens: -1, outputTokens: 0 } }), "invalid-member"],
    ["half a use", pay(1, { usage: { inputTokens: 1 } }), "invalid-member"],
    ["a definition without a name", pay(1, { definition: {} }), "invalid-member"],
    ["a session with too long a name", pay(1, { session: "s".repeat(257) }), "invalid-member"],
    ["a line too long", pay(1, { prompt: "x".repeat(4 * 1024 * 1024) }), "line-too-long"],
  ] as const)("%s", async ([, line, code]) => {
    const answers = await evaluate([good, line, good]);
    expect(answers.map((answer) => Object.keys(answer)[0])).toEqual(["id", "line", "id"]);
    expect(answers[1]).toEqual({ line: 2, error: { code, message: expect.any(String) } });
  });

  test("says nothing of its values or of foreign names", async () => {
    const secret = "hunter2";
    const lines = [
      { ...good, [secret]: 1 },
      pay(1, { principal: { agent: "a", roles: [{ [secret]: secret }] } }),
      pay(1, { ceiling: [{ tool: "x", args: { [secret]: { type: secret } } }] }),
      pay(1, { ceiling: [{ tool: "x", args: { [secret]: { type: "wildcard", more: 1 } } }] }),
      pay(1, { principal: { agent: "a", [secret]: 1 } }),
      pay(1, { token: secret }),
      `{"id":"1","${secret}":${secret}}`,
      `{"${secret}":1,"${secret}":2}`,
      pay(1, { usage: secret }),
    ];
    const answers = await evaluate(lines);
    expect(answers).toHaveLength(lines.length);
    for (const answer of answers) expect(answer).toHaveProperty("error");
    expect(JSON.stringify(answers)).not.toContain(secret);
  });
});

describe("the clock", () => {
  const POLICY = BANK_POLICY.replace(
    "rules:\n",
    'rules:\n  - { id: not-before, effect: forbid, tools: [get_balance], when: now < timestamp("2030-01-01T00:00:00Z") }\n',
  );

  test("stands where it is set", async () => {
    const cwd = await temporaryFolder({ "policy.yaml": POLICY });
    const line = [call("get_balance")];
    expect(codes(await evaluate(line, { cwd, now: Date.UTC(2029, 1) }))).toEqual([
      "forbidden-by-rule",
    ]);
    expect(codes(await evaluate(line, { cwd, now: Date.UTC(2031, 1) }))).toEqual(["permit"]);
  });
});

describe("the policy", () => {
  test("must be signed in production", async () => {
    await expect(evaluate([pay(1)], { production: true })).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      message: expect.stringContaining("must be signed"),
    });
  });

  test("is refused whole when it is not valid", async () => {
    const cwd = await temporaryFolder({ "policy.yaml": `${BANK_POLICY}surprise: 1\n` });
    await expect(evaluate([pay(1)], { cwd })).rejects.toMatchObject({ code: "ERR_POLICY_INVALID" });
  });

  test("may be a folder", async () => {
    expect(codes(await evaluate([pay(1)], { policy: "." }))).toEqual(["permit"]);
  });

  test.for(["none.yaml", "policy.json", ""])("cannot be read: %s", async (policy) => {
    await expect(evaluate([pay(1)], { policy })).rejects.toMatchObject({
      code: "ERR_OPTIONS_INVALID",
      fields: { option: "policy" },
    });
  });
});

function isAnswerTo(answer: Answer, line: number): boolean {
  if ("error" in answer) return answer["line"] === line;
  return ["permit", "deny", "approval-required"].includes(String(answer["outcome"]));
}

const json = fc.jsonValue({ stringUnit: "binary" });
const hostileLine = fc
  .oneof(
    fc.string({ unit: "binary" }),
    json.map((value) => JSON.stringify(value)),
    fc
      .record(
        {
          id: fc.oneof(fc.string(), fc.integer(), json),
          session: fc.oneof(fc.constantFrom("a", "b", ""), json),
          principal: fc.oneof(fc.constant(AGENT), json),
          ceiling: fc.oneof(fc.constantFrom("unlimited", ["send_money"], []), json),
          tool: fc.oneof(
            fc.constantFrom("send_money", "read_mail", "get_balance", "__proto__"),
            json,
          ),
          args: fc.oneof(fc.record({ recipient: fc.string(), amount: fc.double() }), json),
          prompt: fc.oneof(fc.string(), json),
          context: fc.oneof(fc.dictionary(fc.string(), json), json),
          usage: fc.oneof(fc.record({ inputTokens: fc.integer(), outputTokens: fc.nat() }), json),
          definition: fc.oneof(fc.constant({ name: "x" }), json),
          result: json,
          token: fc.constantFrom("t", null),
        },
        { requiredKeys: [] },
      )
      .map((line) => JSON.stringify(line)),
  )
  .map((line) => line.replaceAll("\n", " "));

test("property: whatever comes in, exactly one answer goes out for each line, in order", async () => {
  const cwd = await temporaryFolder({ "policy.yaml": BANK_POLICY });
  await fc.assert(
    fc.asyncProperty(fc.array(hostileLine, { minLength: 1, maxLength: 20 }), async (lines) => {
      const marked = lines.flatMap((line, index) => [line, JSON.stringify(pay(index))]);
      const answers = await evaluate(marked, { cwd });
      expect(answers).toHaveLength(marked.length);
      expect(answers.filter((answer, index) => !isAnswerTo(answer, index + 1))).toEqual([]);
      const ids = answers.filter((_, index) => index % 2 === 1).map(({ id }) => id);
      expect(ids).toEqual(lines.map((_, index) => `pay-${index}`));
    }),
    { numRuns: 60 },
  );
});
