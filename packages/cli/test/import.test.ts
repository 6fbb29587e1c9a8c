import { describe, expect, test } from "vitest";
import { linesOf, runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const POLICY = JSON.stringify({ bank: { pay: [[1, 0, { to: { enum: ["GB29", "SE35"] } }, 0]] } });
const BAD = JSON.stringify({ bank: { pay: [[1, 0, { to: { if: {} } }, 0]] } }, undefined, 1);
const TOOLS = JSON.stringify({
  tools: [{ name: "pay", inputSchema: { type: "object", properties: { to: { type: "string" } } } }],
});

async function importing(argv: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const cwd = await temporaryFolder({
    "p.json": POLICY,
    "bad.json": BAD,
    "tools.json": TOOLS,
    ...files,
  });
  return await runCli(["import", ...argv], { cwd });
}

test("writes the policy to standard output and notes to standard error", async () => {
  const { code, stdout, stderr } = await importing(["progent", "p.json"]);
  expect(code).toBe(0);
  expect(stdout).toContain("name: bank\n");
  expect(stdout).toContain(`when: '!has(args.to) || args.to in ["GB29","SE35"]'\n`);
  expect(stderr).toMatch(/^note: Every tool is of class `execute`/);
});

test("takes definitions of tools, a name and agents; what it writes has no problems", async () => {
  const flags = ["--tools", "tools.json", "--name", "bank2", "--agents", "a, b", "--suite", "bank"];
  const { stdout } = await importing(["progent", "p.json", ...flags]);
  expect(stdout).toContain("name: bank2\n");
  expect(stdout).toContain("agents: [a, b]\n");
  const cwd = await temporaryFolder({ "policy.yaml": stdout });
  expect(await runCli(["lint"], { cwd })).toMatchObject({ code: 0 });
});

test("json", async () => {
  const { code, stdout } = await importing(["progent", "p.json", "--json"]);
  expect(code).toBe(0);
  expect(linesOf(stdout)).toEqual([
    { ok: true, text: expect.any(String), notes: expect.any(Array), findings: [] },
  ]);
});

describe("what has no counterpart", () => {
  test("is shown with its line", async () => {
    const { code, stdout, stderr } = await importing(["progent", "bad.json"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^bad\.json:9:\d+ The keyword `if` has no counterpart/);
    expect(stderr).toContain('  9 |       "if": {}\n');
  });

  test.for([
    ["json", '"rule":"import-unsupported"'],
    ["sarif", '"ruleId": "import-unsupported"'],
    ["github", "::error file=bad.json,line=9,col="],
  ] as const)("%s", async ([format, text]) => {
    const { code, stdout } = await importing(["progent", "bad.json", "--format", format]);
    expect(code).toBe(1);
    expect(stdout).toContain(text);
  });
});

test.for([
  [["cedar", "p.json"], "There is one tool to import from"],
  [["progent", "none.json"], "cannot be read"],
  [["progent", "p.json", "--tools", "none.json"], "cannot be read"],
  [["progent", "p.json", "--agents", "a,,b"], "separated by commas"],
] as const)("refuses %j", async ([argv, message]) => {
  const { code, stderr } = await importing(argv);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
