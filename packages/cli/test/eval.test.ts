import { describe, expect, test } from "vitest";
import type { CliOutput } from "../src/cli-io.ts";
import { INIT_FILES } from "../src/init-files.ts";
import { BANK_POLICY } from "./support/bank-policy.ts";
import { linesOf, runCli } from "./support/fake-io.ts";
import type { FakeOptions } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = INIT_FILES[0]?.text ?? "";

async function evaluate(argv: readonly string[], options: FakeOptions = {}) {
  const cwd = await temporaryFolder({ "policy.yaml": POLICY, "bank.yaml": BANK_POLICY });
  return await runCli(["eval", ...argv], { cwd, ...options });
}

const rm = (path: string) => ["--tool", "rm", "--args", JSON.stringify({ path })];
const refund = (amount: number) => [
  "--tool",
  "refund",
  "--args",
  JSON.stringify({ order: "A1", amount }),
];

const line = (amount: number): string =>
  JSON.stringify({
    id: amount,
    principal: { agent: "assistant" },
    tool: "refund",
    args: { order: "A", amount },
  });

describe("one call for people", () => {
  test.for([
    ["a permit", rm("/tmp/x"), 0, "PERMIT delete-temporary-files policy.yaml:"],
    ["a forbid", rm("/"), 1, "DENY no-root-delete policy.yaml:15:11\n"],
    ["no rule", refund(9000), 1, "DENY no-applicable-rule\n"],
    ["an approval", refund(200), 1, "APPROVAL-REQUIRED large-refunds-need-a-person policy.yaml:"],
    ["an unknown tool", ["--tool", "rn"], 1, "DENY tool-unknown\n"],
    ["wrong arguments", ["--tool", "rm"], 1, "DENY arguments-invalid\n"],
    ["another agent", ["--agent", "x", ...rm("/tmp/x")], 1, "DENY no-applicable-rule\n"],
  ] as const)("%s", async ([, argv, code, text]) => {
    const printed = await evaluate(argv);
    expect(printed.code).toBe(code);
    expect(printed.stdout.startsWith(text)).toBe(true);
    expect(printed.stderr).toContain("NOT SIGNED");
    expect(printed.stderr).not.toContain("internal error");
  });

  test("a forbid shows its line, a caret, its clauses, its text and its hint", async () => {
    const { stdout } = await evaluate(rm("/"));
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "DENY no-root-delete policy.yaml:15:11",
      `  15 |     when: '!args.path.startsWith("/tmp/") || args.path.contains("..")'`,
      "     |           ^",
    ]);
    expect(stdout.split("\n").slice(3, 6)).toEqual([
      "  true   any of",
      '  true     !args.path.startsWith("/tmp/")',
      '  false    args.path.contains("..")',
    ]);
    expect(stdout).toContain("Only files below /tmp may be deleted.");
    expect(stdout).toContain("Name a file below /tmp.");
  });

  test("without a rule it says why each permit does not apply", async () => {
    const { stdout } = await evaluate(["--agent", "x", ...refund(9000)]);
    expect(stdout).toContain("small-refunds policy.yaml:");
    expect(stdout).toContain("not about this agent");
    const other = await evaluate(refund(9000));
    expect(other.stdout).toMatch(/false +args\.amount <= 500/);
  });

  test("an argument that is wrong is named, not shown", async () => {
    const { stdout } = await evaluate(["--tool", "rm", "--args", '{"path":5,"secret":"hunter2"}']);
    expect(stdout).toContain("/path");
    expect(stdout).not.toContain("hunter2");
  });

  test("roles, user, words and facts are those of the flags", async () => {
    const bank = ["--policy", "bank.yaml", "--tool", "ask_once", "--args", '{"text":"rent"}'];
    const who = ["--agent", "x", "--roles", "a, assistant", "--user", "ann", "--user-roles", "b"];
    const { code } = await evaluate([...bank, "--prompt", "pay my rent"]);
    expect(code).toBe(1);
    const roles = ["--roles=assistant", "--prompt=pay my rent", '--context={"tenant":"t"}'];
    expect((await evaluate([...bank, ...roles])).code).toBe(0);
    expect((await evaluate([...bank, ...who, "--prompt=rent"])).code).toBe(0);
    expect((await evaluate([...bank, ...who, "--prompt=other"])).code).toBe(1);
  });

  test("arguments come from standard input with a hyphen", async () => {
    const { code } = await evaluate(["--tool", "rm", "--args", "-"], {
      stdin: '{"path":"/tmp/x"}',
    });
    expect(code).toBe(0);
  });

  test("colour is for terminals, and never with NO_COLOR", async () => {
    const colour = "\u001B[31m";
    expect((await evaluate(rm("/"), { isTerminal: true })).stdout).toContain(colour);
    expect((await evaluate(rm("/"))).stdout).not.toContain("\u001B");
    for (const env of [{ NO_COLOR: "1" }, { NO_COLOR: "0" }, { TERM: "dumb" }]) {
      const { stdout } = await evaluate(rm("/"), { isTerminal: true, env });
      expect(stdout).not.toContain("\u001B");
    }
  });
});

describe("one call for programs", () => {
  test.for([["--json"], ["--format", "json"], ["--format=json", "--json"]])("%s", async (flags) => {
    const { code, stdout, stderr } = await evaluate([...rm("/"), ...flags]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: "deny",
      code: "forbidden-by-rule",
      rules: ["delete-temporary-files", "no-root-delete"],
      args: { path: "/" },
      rule: { id: "no-root-delete", source: "policy.yaml:15:11" },
      hint: "Name a file below /tmp.",
    });
  });
});

describe("JSON Lines", () => {
  test("0 when every line was answered, whatever the answers", async () => {
    const stdin = `${line(1)}\n{\n${line(9000)}`;
    const { code, stdout, stderr } = await evaluate(["--format", "jsonl"], { stdin });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(linesOf(stdout)).toMatchObject([
      { id: 1, outcome: "permit" },
      { line: 2, error: { code: "not-json" } },
      { id: 9000, outcome: "deny" },
    ]);
  });

  test("no line is answered before the one ahead was taken", async () => {
    let answered = 0;
    let taken = 0;
    async function* lines(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 20; index += 1) {
        expect(answered - taken).toBeLessThanOrEqual(1);
        yield Buffer.from(`${line(1)}\n`);
      }
    }
    const stdout: CliOutput = {
      isTerminal: false,
      async write() {
        answered += 1;
        await new Promise((resolve) => setImmediate(resolve));
        taken += 1;
      },
    };
    await evaluate(["--format", "jsonl"], { stdin: lines(), stdout });
    expect(taken).toBe(20);
  });

  test("a reader that goes away ends the run quietly, and not with 0", async () => {
    let written = 0;
    const stdout: CliOutput = {
      isTerminal: false,
      async write() {
        written += 1;
        if (written > 2) throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
        await Promise.resolve();
      },
    };
    const stdin = `${line(1)}\n`.repeat(100);
    const printed = await evaluate(["--format", "jsonl"], { stdin, stdout });
    expect(printed).toMatchObject({ code: 3, stderr: "" });
    expect(written).toBe(3);
  });
});

describe("used wrongly", () => {
  test.for([
    ["no tool", [], "--tool"],
    ["a tool in a batch", ["--format", "jsonl", "--tool", "rm"], "--tool does not belong to"],
    ["an agent in a batch", ["--format", "jsonl", "--agent", "x"], "--agent does not belong to"],
    ["arguments that are not JSON", ["--tool", "rm", "--args", "{hunter2"], "--args is not taken"],
    ["a name twice", ["--tool", "rm", "--args", '{"hunter2":1,"hunter2":2}'], "duplicate-key"],
    [
      "a context that is a list",
      ["--tool", "rm", "--context", "[]"],
      "--context takes a JSON object",
    ],
    ["a date that is none", ["--tool", "rm", "--now", "soon"], "--now takes a date"],
    ["a date that never was", ["--tool", "rm", "--now", "2026-13-01"], "--now takes a date"],
    ["an agent without a name", ["--tool", "rm", "--agent="], "`agent.id`"],
    ["no such policy", ["--tool", "rm", "--policy", "none.yaml"], "cannot be read (ENOENT)"],
    ["production", ["--production", ...rm("/tmp/x")], "must be signed"],
    ["production in a batch", ["--production", "--format", "jsonl"], "must be signed"],
  ] as const)("%s", async ([, argv, text]) => {
    const { code, stdout, stderr } = await evaluate(argv, { stdin: "" });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr).not.toContain("hunter2");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("production by the environment", async () => {
    const env = { NODE_ENV: "production" };
    const { code, stderr } = await evaluate(rm("/tmp/x"), { env });
    expect(code).toBe(2);
    expect(stderr).toContain("must be signed");
  });

  test("a policy with mistakes shows each with its place", async () => {
    const cwd = await temporaryFolder({
      "policy.yaml": POLICY.replace("effect: forbid", "effect: forbidden").replace(
        "<= 500",
        "<= x",
      ),
    });
    const { code, stderr } = await runCli(["eval", ...rm("/")], { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/policy\.yaml:13:\d+/);
    expect(stderr).toMatch(/policy\.yaml:26:\d+/);
    // The lines themselves, with a caret below what is meant.
    expect(stderr).toMatch(/\n {2}\d+ \| .*\n +\| +\^/);
  });
});
