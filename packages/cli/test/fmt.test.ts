import { lstat, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "./support/fake-io.ts";
import { temporaryFolder } from "./support/temporary-folder.ts";

const UGLY =
  "portcullis:   1\nname: 'x'\ninclude: [ rules/a.yaml ]\ntools:\n    t: {class: read, input: {type: object}}\n";
const TIDY =
  'portcullis: 1\nname: "x"\ninclude: [rules/a.yaml]\ntools:\n  t: { class: read, input: { type: object } }\n';
const RULE = "rules:\n- {id: a,   effect: permit, tools: [t]}\n";
const TIDY_RULE = "rules:\n  - { id: a, effect: permit, tools: [t] }\n";
const TEST = "portcullis: 1\ntests:   []\n";
const FILES = {
  "policy.yaml": UGLY,
  "rules/a.yaml": RULE,
  "policy_test.yaml": TEST,
  "other.yaml": "a:   1\n",
};

test("lays out the policy of a folder, what it includes, and the tests beside it", async () => {
  const cwd = await temporaryFolder(FILES);
  const { code, stdout } = await runCli(["fmt"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toBe("changed policy.yaml\nchanged policy_test.yaml\nchanged rules/a.yaml\n");
  expect(await readFile(join(cwd, "policy.yaml"), "utf8")).toBe(TIDY);
  expect(await readFile(join(cwd, "rules/a.yaml"), "utf8")).toBe(TIDY_RULE);
  expect(await readFile(join(cwd, "policy_test.yaml"), "utf8")).toBe("portcullis: 1\ntests: []\n");
  expect(await readFile(join(cwd, "other.yaml"), "utf8")).toBe(FILES["other.yaml"]);
  expect(await runCli(["fmt", "--check"], { cwd })).toMatchObject({ code: 0, stdout: "" });
});

test("--check writes nothing and exits with 1", async () => {
  const cwd = await temporaryFolder(FILES);
  const { code, stdout } = await runCli(["fmt", "--check", "policy.yaml", "other.yaml"], { cwd });
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: "would change other.yaml\nwould change policy.yaml\n",
  });
  expect(await readFile(join(cwd, "policy.yaml"), "utf8")).toBe(UGLY);
});

test("--json says the state of each file", async () => {
  const cwd = await temporaryFolder({
    ...FILES,
    "bad.yaml": "a: 1\na: 2\n",
    "good.yaml": "a: 1\n",
  });
  const { code, stdout, stderr } = await runCli(
    ["fmt", "--json", "policy.yaml", "bad.yaml", "good.yaml"],
    { cwd },
  );
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    files: [
      { file: "bad.yaml", state: "refused", issues: [{ line: 2 }] },
      { file: "good.yaml", state: "unchanged" },
      { file: "policy.yaml", state: "changed" },
    ],
  });
  expect(stderr).toContain("bad.yaml:2:1 The key `a` occurs twice");
});

test.for([
  ["sarif", '"ruleId": "policy-layout"', '"ruleId": "policy-invalid"'],
  ["github", "::warning file=policy.yaml,line=1", "::error file=bad.yaml,line=2"],
  ["json", '"rule":"policy-layout"', '"rule":"policy-invalid"'],
] as const)("--check --format %s says what would change and what is refused", async (expected) => {
  const [format, layout, invalid] = expected;
  const cwd = await temporaryFolder({ ...FILES, "bad.yaml": "a: 1\na: 2\n" });
  const flags = ["--check", "--format", format];
  const both = await runCli(["fmt", "policy.yaml", "bad.yaml", ...flags], { cwd });
  expect(both.code).toBe(2);
  expect(both.stdout).toContain(layout);
  expect(both.stdout).toContain(invalid);
  const one = await runCli(["fmt", "policy.yaml", ...flags], { cwd });
  expect(one.code).toBe(1);
  expect(one.stdout).toContain(layout);
  expect(one.stdout).not.toContain(invalid);
});

test("a file that is refused is left alone", async () => {
  const cwd = await temporaryFolder({ "bad.yaml": "a:   1\nb: !x 2\n" });
  expect((await runCli(["fmt", "bad.yaml"], { cwd })).code).toBe(2);
  expect(await readFile(join(cwd, "bad.yaml"), "utf8")).toBe("a:   1\nb: !x 2\n");
});

test("a link stays a link", async () => {
  const cwd = await temporaryFolder({ "real/p.yaml": "a:   1\n" });
  await symlink(join(cwd, "real/p.yaml"), join(cwd, "p.yaml"));
  const { code, stdout } = await runCli(["fmt", "p.yaml", "real/p.yaml"], { cwd });
  expect({ code, stdout }).toEqual({ code: 0, stdout: "changed real/p.yaml\n" });
  expect((await lstat(join(cwd, "p.yaml"))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(cwd, "real/p.yaml"), "utf8")).toBe("a: 1\n");
});

describe("standard input", () => {
  test.for([
    ["is laid out to standard output", ["fmt", "-"], "a:   1\n", 0, "a: 1\n"],
    ["is only checked with --check", ["fmt", "--check", "-"], "a:   1\n", 1, ""],
    ["may be in order", ["fmt", "--check", "-"], "a: 1\n", 0, ""],
    ["may be no YAML", ["fmt", "-"], "a: [", 2, ""],
    ["stands alone", ["fmt", "-", "x.yaml"], "a: 1\n", 2, ""],
  ] as const)("%s", async ([, argv, stdin, code, stdout]) => {
    const cwd = await temporaryFolder();
    expect(await runCli(argv, { cwd, stdin })).toMatchObject({ code, stdout });
  });
});

test.for([
  ["a file that is not there", ["fmt", "nothing.yaml"]],
  ["a file that is no YAML", ["fmt", "a.json"]],
  ["a folder without a policy", ["fmt", "."]],
] as const)("%s is a usage error", async ([, argv]) => {
  const cwd = await temporaryFolder({ "a.json": "{}" });
  expect((await runCli(argv, { cwd })).code).toBe(2);
});
