import { describe, expect, test } from "vitest";
import { INIT_FILES } from "../src/init-files.ts";
import { BANK_POLICY } from "./support/bank-policy.ts";
import { linesOf, runCli } from "./support/fake-io.ts";
import type { FakeOptions } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

async function repl(
  lines: readonly string[],
  options: FakeOptions & { readonly flags?: readonly string[] } = {},
) {
  const cwd = await temporaryFolder({
    "policy.yaml": INIT_FILES[0]?.text ?? "",
    "bank.yaml": BANK_POLICY,
  });
  const { flags = [], ...rest } = options;
  return await runCli(["repl", ...flags], { cwd, stdin: `${lines.join("\n")}\n`, ...rest });
}

async function answers(lines: readonly string[], flags: readonly string[] = []) {
  const { code, stdout } = await repl(lines, { flags: ["--json", ...flags] });
  expect(code).toBe(0);
  return linesOf(stdout);
}

const BANK = ["--policy", "bank.yaml", "--roles", "assistant"];

test("decides calls and evaluates conditions against the last one", async () => {
  const { code, stdout, stderr } = await repl([
    'rm {"path":"/tmp/a"}',
    'args.path.startsWith("/tmp")',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(`PERMIT delete-temporary-files policy.yaml:18:9
  18 |   - id: delete-temporary-files
     |         ^
  risk  60 (class:delete 60)
true   args.path.startsWith("/tmp")
         args.path = "<text of 6 characters>"
`);
});

test("calls add up: limits, history and labels of the session", async () => {
  const calls = Array.from({ length: 4 }, () => "get_balance");
  const outcomes = (await answers([...calls, ".session", "get_balance"], BANK)).map(
    ({ outcome, code }) => outcome ?? code,
  );
  expect(outcomes).toEqual(["permit", "permit", "permit", "deny", undefined, "permit"]);
  const labelled = await answers(
    ["read_mail", 'send_money {"recipient":"a","amount":1}', '"untrusted" in flow.session'],
    BANK,
  );
  expect(labelled[1]).toMatchObject({
    outcome: "deny",
    rules: ["assistants-act", "no-payment-after-mail"],
  });
  expect(labelled[2]).toMatchObject({
    condition: { result: "true", reads: [{ text: "flow.session", value: ["untrusted"] }] },
  });
});

test("principal, prompt, context and ceiling can be set", async () => {
  const ask = 'ask_once {"text":"hello"}';
  const lines = await answers(
    [
      ask,
      ".prompt say hello",
      ask,
      '.ceiling ["get_balance"]',
      ask,
      ".ceiling",
      ask,
      '.principal {"agent":"other","user":"ann","userRoles":["admin"]}',
      ask,
      'principal.user.id == "ann"',
      '.context {"desk":"d"}',
      "get_balance",
      'context.desk == "d"',
    ],
    BANK,
  );
  expect(lines.map(({ outcome, code, condition }) => code ?? outcome ?? condition)).toEqual([
    "forbidden-by-rule",
    undefined,
    "permit",
    undefined,
    "not-delegated",
    undefined,
    "permit",
    undefined,
    "no-applicable-rule",
    expect.objectContaining({ result: "true" }),
    undefined,
    "no-applicable-rule",
    expect.objectContaining({ result: "true" }),
  ]);
});

test(".explain shows every rule about the last call, .values their texts", async () => {
  const lines = ['rm {"path":"/tmp/a"}', ".explain", ".values on", ".explain"];
  const [, masked, , shown] = await answers(lines);
  expect(JSON.stringify(masked)).not.toContain("/tmp/a");
  expect(JSON.stringify(shown)).toContain("/tmp/a");
  expect(masked).toMatchObject({
    outcome: "permit",
    rules: [{ id: "delete-temporary-files" }, { id: "no-root-delete" }],
  });
});

describe("what cannot be answered is said, and the run goes on", () => {
  test.for([
    ["a condition before any call", "args.path == 'a'", /no call yet/],
    [".explain before any call", ".explain", /no call yet/],
    ["an unknown command", ".nothing", /\.nothing is not known/],
    ["arguments that are no JSON", "rm {path}", /not-json/],
    ["a principal that is none", '.principal {"name":"x"}', /./],
    ["a principal that is no object", ".principal 5", /object/],
    ["a context that is no object", ".context []", /./],
    ["a null ceiling", ".ceiling null", /./],
    ["values neither on nor off", ".values maybe", /not known/],
  ] as const)("%s", async ([, line, message]) => {
    const [first, second] = await answers([line, 'rm {"path":"/tmp/a"}']);
    expect(first).toEqual({ error: expect.stringMatching(message) });
    expect(second).toMatchObject({ outcome: "permit" });
  });

  test("a condition that does not compile, with its column", async () => {
    const { stdout } = await repl(['rm {"path":"/tmp/a"}', "args.paht == 'a'"]);
    expect(stdout).toContain(
      "error: condition:1:6 `args` has no member `paht`; did you mean `path`",
    );
  });

  test("a line that is not UTF-8", async () => {
    const stdin = Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from('rm {"path":"/tmp/a"}\n')]);
    const { code, stdout } = await repl([], { stdin, flags: ["--json"] });
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([{ error: expect.any(String) }, { outcome: "permit" }]);
  });
});

test("a tool that there is not is denied, not taken for a condition", async () => {
  expect(await answers(['format {"disk":1}', "true"])).toMatchObject([
    { outcome: "deny", code: "tool-unknown" },
    { error: "No rule was asked about the last call." },
  ]);
});

test(".quit ends; comments and empty lines are nothing", async () => {
  expect(await answers(["", "# note", ".tools", ".quit", "rm"])).toEqual([
    { text: "" },
    { text: "" },
    { text: "refund  pay, internal\nrm  delete, internal\n" },
  ]);
});

test("asks for lines on a terminal only", async () => {
  const piped = await repl([".tools"]);
  expect(piped.stdout).not.toContain("> ");
  const terminal = await repl([".tools"], { isTerminal: true, env: { NO_COLOR: "1" } });
  expect(terminal.stdout.startsWith("> refund")).toBe(true);
  expect(terminal.stderr).toContain(".explain");
});
